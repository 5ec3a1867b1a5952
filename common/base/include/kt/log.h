/*
 * log.h: structured logs, one line an event, to standard error.
 *
 * A line is logfmt: ts=<RFC 3339> level=<level> app=<name> event=<event> key=value ... . Values
 * with blanks, quotes or control bytes are quoted and escaped, so that no input can forge a line.
 * Or, on request, a line is one JSON object (RFC 8259) with the same members in the same order:
 * numbers are numbers, all else strings, in which a byte that is no UTF-8 becomes U+FFFD.
 * Safe from any thread; a line is one write(2). What does not fit into KT_LOG_LINE_MAX is cut: the
 * line ends in "...", or has the member "cut":true.
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

typedef enum kt_log_format { KT_LOG_LOGFMT, KT_LOG_JSON } kt_log_format_t;

/* Sets the program's name (borrowed) and the least level that is written. Call once, at start. */
void kt_log_setup(const char *app, kt_log_level_t least);
/* Both may change at any time, from any thread. */
void kt_log_at_least(kt_log_level_t least);
void kt_log_set_format(kt_log_format_t format);
bool kt_log_level_parse(const char *name, kt_log_level_t *level);
/* "logfmt" or "json". */
bool kt_log_format_parse(const char *name, kt_log_format_t *format);
/* Whether a line of LEVEL would be written: for who has work to do to fill one. */
bool kt_log_enabled(kt_log_level_t level);

/*
 * FIELDS is a list of "key=%format" pairs divided by single blanks, for example
 *   kt_log(KT_LOG_INFO, "registered", "service=%s capacity=%u", name, capacity);
 * Each pair holds exactly one conversion of printf; its value is escaped by itself.
 */
void kt_log(kt_log_level_t level, const char *event, const char *fields, ...) KT_PRINTF(3, 4);

#endif
