#include "log_line.h"

#include <kt/time.h>

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

static const char *const level_names[] = {
    [KT_LOG_DEBUG] = "debug",
    [KT_LOG_INFO] = "info",
    [KT_LOG_WARNING] = "warning",
    [KT_LOG_ERROR] = "error",
};

static const char *app_name = "kantor";
static _Atomic kt_log_level_t least_level = KT_LOG_INFO;
static _Atomic kt_log_format_t line_format = KT_LOG_LOGFMT;

#define NAME_BYTES_MAX 32 /* of the program and of an event, so that they cannot fill a line */

void
kt_log_setup(const char *app, kt_log_level_t least)
{
    app_name = app;
    atomic_store(&least_level, least);
}

void
kt_log_at_least(kt_log_level_t least)
{
    atomic_store(&least_level, least);
}

void
kt_log_set_format(kt_log_format_t format)
{
    atomic_store(&line_format, format);
}

bool
kt_log_enabled(kt_log_level_t level)
{
    return level >= atomic_load_explicit(&least_level, memory_order_relaxed);
}

bool
kt_log_format_parse(const char *name, kt_log_format_t *format)
{
    bool json = strcmp(name, "json") == 0;

    if (!json && strcmp(name, "logfmt") != 0)
        return false;
    *format = json ? KT_LOG_JSON : KT_LOG_LOGFMT;
    return true;
}

static kt_span_t
name_of(const char *text)
{
    return kt_utf8_cut(kt_span_str(text), NAME_BYTES_MAX);
}

bool
kt_log_level_parse(const char *name, kt_log_level_t *level)
{
    for (size_t i = 0; i < KT_COUNT(level_names); i++) {
        if (strcmp(name, level_names[i]) == 0) {
            *level = (kt_log_level_t)i;
            return true;
        }
    }
    return false;
}

/* One conversion out of a pair: its text with every '*' replaced by its number, and what it
 * converts. */
typedef struct conversion {
    char spec[64]; /* the literal text around it included */
    size_t size;
    char length; /* 'l' for l and ll, 'z' for z, 'j', 't', or 0 */
    char type;
} conversion_t;

static void
spec_add(conversion_t *c, char byte)
{
    KT_ASSERT(c->size + 1 < sizeof(c->spec)); /* formats are literals of ours, never input */
    c->spec[c->size++] = byte;
    c->spec[c->size] = '\0';
}

static void
spec_add_number(conversion_t *c, int number)
{
    char digits[16];
    int size = snprintf(digits, sizeof(digits), "%d", number);

    for (int i = 0; i < size; i++)
        spec_add(c, digits[i]);
}

/* A va_list that can be handed down by pointer on every ABI. */
typedef struct arguments {
    va_list list;
} arguments_t;

/* Reads the value part of a pair at *AT up to a blank or the end. */
static conversion_t
read_conversion(const char **at, arguments_t *args)
{
    conversion_t c = {.spec = ""};
    bool inside = false;

    for (; **at && (**at != ' ' || inside); (*at)++) {
        char byte = **at;
        if (!inside) {
            inside = byte == '%' && (*at)[1] != '%';
            spec_add(&c, byte);
            if (byte == '%' && !inside)
                spec_add(&c, *++*at);
        } else if (byte == '*') {
            spec_add_number(&c, va_arg(args->list, int));
        } else {
            spec_add(&c, byte);
            if (strchr("lzjt", byte))
                c.length = byte;
            else if (strchr("diuxXocsfgep", byte)) {
                KT_ASSERT(c.type == 0); /* one conversion a pair */
                c.type = byte;
                inside = false;
            }
        }
    }
    return c;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored                                                                     \
    "-Wformat-nonliteral" /* a piece of a literal the compiler has checked */
static int
format_value(const conversion_t *c, arguments_t *args, char *out, size_t size)
{
    switch (c->type) {
    case 0:
        return snprintf(out, size, c->spec, 0);
    case 's':
        return snprintf(out, size, c->spec, va_arg(args->list, const char *));
    case 'p':
        return snprintf(out, size, c->spec, va_arg(args->list, void *));
    case 'f':
    case 'g':
    case 'e':
        return snprintf(out, size, c->spec, va_arg(args->list, double));
    default: /* whole numbers: every long type has 64 bits here */
        return c->length ? snprintf(out, size, c->spec, va_arg(args->list, int64_t))
                         : snprintf(out, size, c->spec, va_arg(args->list, int));
    }
}
#pragma GCC diagnostic pop

_Static_assert(sizeof(long) == 8 && sizeof(size_t) == 8, "l, ll, z, j and t are read as 64 bits");

/* Whether C is a number and nothing around it; how it came out is for the line to judge. */
static bool
is_number(const conversion_t *c)
{
    return c->type != 0 && strchr("diufge", c->type) && c->spec[0] == '%' &&
           c->spec[c->size - 1] == c->type;
}

static void
add_fields(kt_log_line_t *line, const char *fields, arguments_t *args)
{
    while (*fields) {
        const char *equals = strchr(fields, '=');
        char value[KT_LOG_LINE_MAX];
        KT_ASSERT(equals != NULL);
        kt_span_t name = kt_span(fields, (size_t)(equals - fields));
        fields = equals + 1;
        conversion_t conversion = read_conversion(&fields, args);
        int size = format_value(&conversion, args, value, sizeof(value));
        size_t whole = size < 0 ? 0 : (size_t)size;
        kt_log_line_field(line, name, kt_span(value, KT_MIN(whole, sizeof(value) - 1)),
                          is_number(&conversion));
        line->cut |= whole >= sizeof(value);
        if (*fields == ' ')
            fields++;
    }
}

void
kt_log(kt_log_level_t level, const char *event, const char *fields, ...)
{
    kt_log_line_t line;
    arguments_t args;
    char time[28];

    if (!kt_log_enabled(level))
        return;
    kt_time_format(kt_clock_wall_us(), time);
    kt_log_line_begin(&line, atomic_load_explicit(&line_format, memory_order_relaxed));
    kt_log_line_field(&line, kt_span_str("ts"), kt_span_str(time), false);
    kt_log_line_field(&line, kt_span_str("level"), kt_span_str(level_names[level]), false);
    kt_log_line_field(&line, kt_span_str("app"), name_of(app_name), false);
    kt_log_line_field(&line, kt_span_str("event"), name_of(event), false);
    va_start(args.list, fields);
    add_fields(&line, fields, &args);
    va_end(args.list);
    kt_log_line_end(&line);
    /* Standard error that takes nothing is no reason to stop. */
    ssize_t written = write(STDERR_FILENO, line.text, line.size);
    (void)written;
}
