/*
 * log.h: structured logs, one line an event, to standard error.
 *
 * A line is logfmt: ts=<RFC 3339> level=<level> app=<name> event=<event> key=value ... . Values
 * with blanks, quotes or control bytes are quoted and escaped, so that no input can forge a line.
 * Safe from any thread; a line is one write(2). Lines longer than KT_LOG_LINE_MAX end in "...".
 */
#ifndef KT_LOG_H
#define KT_LOG_H

#include <kt/def.h>

#define KT_LOG_LINE_MAX 2048

typedef enum kt_log_level {
    KT_LOG_DEBUG,
    KT_LOG_INFO,
    KT_LOG_WARNING,
    KT_LOG_ERROR
} kt_log_level_t;

/* Sets the program's name (borrowed) and the least level that is written. Call once, at start. */
void kt_log_setup(const char *app, kt_log_level_t least);
bool kt_log_level_parse(const char *name, kt_log_level_t *level);

/*
 * FIELDS is a list of "key=%format" pairs divided by single blanks, for example
 *   kt_log(KT_LOG_INFO, "registered", "service=%s capacity=%u", name, capacity);
 * Each pair holds exactly one conversion of printf; its value is escaped by itself.
 */
void kt_log(kt_log_level_t level, const char *event, const char *fields, ...) KT_PRINTF(3, 4);

#endif
