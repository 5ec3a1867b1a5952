/* log_line.h: one line of the log in the making, in either format. */
#ifndef KT_LOG_LINE_H
#define KT_LOG_LINE_H

#include <kt/log.h>
#include <kt/span.h>

typedef struct kt_log_line {
    char text[KT_LOG_LINE_MAX];
    size_t size;
    kt_log_format_t format;
    bool cut; /* something did not fit: nothing more is taken */
} kt_log_line_t;

void kt_log_line_begin(kt_log_line_t *line, kt_log_format_t format);
/* NAME is one of ours; VALUE may hold any bytes. NUMBER: it is written as one, if it is one. */
void kt_log_line_field(kt_log_line_t *line, kt_span_t name, kt_span_t value, bool number);
/* Closes it with a line feed. */
void kt_log_line_end(kt_log_line_t *line);

#endif
