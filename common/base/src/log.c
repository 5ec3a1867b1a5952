#include <kt/log.h>
#include <kt/span.h>
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

void
kt_log_setup(const char *app, kt_log_level_t least)
{
    app_name = app;
    atomic_store(&least_level, least);
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

/* A line in the making. The last bytes are kept free for "...\n". */
#define LINE_ROOM (KT_LOG_LINE_MAX - 4)

typedef struct line {
    char text[KT_LOG_LINE_MAX];
    size_t size;
    bool cut;
} line_t;

/* Adds all of it or, once something did not fit, nothing more: a cut line keeps whole words. */
static void
line_add(line_t *line, const char *text, size_t size)
{
    size_t fits = line->cut ? 0 : KT_MIN(size, LINE_ROOM - line->size);

    memcpy(line->text + line->size, text, fits);
    line->size += fits;
    line->cut |= fits < size;
}

static bool
needs_escape(uint8_t c, bool utf8)
{
    return c < 0x20 || c == 0x7F || c == '"' || c == '\\' || (c >= 0x80 && !utf8);
}

/* C1 controls (U+0080..U+009F) drive terminals as escape sequences do, so they count as broken
 * text. */
static bool
is_clean_utf8(kt_span_t value)
{
    for (size_t i = 0; i + 1 < value.size; i++) {
        if (value.data[i] == 0xC2 && value.data[i + 1] < 0xA0)
            return false;
    }
    return kt_utf8_valid(value);
}

static void
line_add_value(line_t *line, kt_span_t value)
{
    bool utf8 = is_clean_utf8(value);
    bool quote = value.size == 0;

    for (size_t i = 0; i < value.size && !quote; i++)
        quote = needs_escape(value.data[i], utf8) || value.data[i] == ' ' || value.data[i] == '=';
    if (quote)
        line_add(line, "\"", 1);
    for (size_t i = 0; i < value.size; i++) {
        uint8_t c = value.data[i];
        char escaped[8];
        if (!needs_escape(c, utf8)) {
            line_add(line, (const char *)&value.data[i], 1);
            continue;
        }
        int size = c == '\n'               ? snprintf(escaped, sizeof(escaped), "\\n")
                   : c == '"' || c == '\\' ? snprintf(escaped, sizeof(escaped), "\\%c", c)
                                           : snprintf(escaped, sizeof(escaped), "\\x%02x", c);
        line_add(line, escaped, (size_t)size);
    }
    if (quote)
        line_add(line, "\"", 1);
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

static void
line_add_fields(line_t *line, const char *fields, arguments_t *args)
{
    while (*fields) {
        const char *equals = strchr(fields, '=');
        char value[KT_LOG_LINE_MAX];
        KT_ASSERT(equals != NULL);
        line_add(line, " ", 1);
        line_add(line, fields, (size_t)(equals + 1 - fields));
        fields = equals + 1;
        conversion_t conversion = read_conversion(&fields, args);
        int size = format_value(&conversion, args, value, sizeof(value));
        size_t whole = size < 0 ? 0 : (size_t)size;
        line_add_value(line, kt_span(value, KT_MIN(whole, sizeof(value) - 1)));
        line->cut |= whole >= sizeof(value);
        if (*fields == ' ')
            fields++;
    }
}

void
kt_log(kt_log_level_t level, const char *event, const char *fields, ...)
{
    line_t line = {.size = 0};
    arguments_t args;
    char time[28];

    if (level < atomic_load_explicit(&least_level, memory_order_relaxed))
        return;
    kt_time_format(kt_clock_wall_us(), time);
    line.size = (size_t)snprintf(line.text, 128, "ts=%s level=%s app=%.32s event=%.32s", time,
                                 level_names[level], app_name, event);
    va_start(args.list, fields);
    line_add_fields(&line, fields, &args);
    va_end(args.list);
    memcpy(line.text + line.size, line.cut ? "...\n" : "\n", line.cut ? 4 : 1);
    line.size += line.cut ? 4 : 1;
    /* Standard error that takes nothing is no reason to stop. */
    ssize_t written = write(STDERR_FILENO, line.text, line.size);
    (void)written;
}
