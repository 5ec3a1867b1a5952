#include "gen.h"
#include <ctype.h>
#include <stdlib.h>

#define LINE_MAX_COLUMNS 100

void *
gen_alloc(gen_t *gen, size_t count, size_t size)
{
    void *memory = kt_arena_zalloc(gen->arena, KT_MAX(count, 1u), size);
    if (!memory) {
        fputs("protoc-gen-kantor: out of memory\n", stderr);
        exit(1);
    }
    return memory;
}

const char *
gen_printf(gen_t *gen, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *text = kt_arena_vprintf(gen->arena, format, args);
    va_end(args);
    return text;
}

static bool
starts_word(const char *camel, size_t i)
{
    if (i == 0 || !isupper((unsigned char)camel[i]))
        return false;
    if (!isalnum((unsigned char)camel[i - 1]))
        return false;
    if (!isupper((unsigned char)camel[i - 1]))
        return true;
    return islower((unsigned char)camel[i + 1]);
}

const char *
gen_snake(gen_t *gen, const char *camel)
{
    char *snake = GEN_ARRAY(gen, char, 2 * strlen(camel) + 1);
    size_t size = 0;
    for (size_t i = 0; camel[i]; i++) {
        if (starts_word(camel, i))
            snake[size++] = '_';
        snake[size++] = camel[i] == '.' ? '_' : (char)tolower((unsigned char)camel[i]);
    }
    return snake;
}

const char *
gen_upper(gen_t *gen, const char *text)
{
    char *upper = GEN_ARRAY(gen, char, strlen(text) + 1);
    for (size_t i = 0; text[i]; i++)
        upper[i] = (char)toupper((unsigned char)text[i]);
    return upper;
}

const char *
gen_guard(gen_t *gen, const char *path)
{
    char *guard = GEN_ARRAY(gen, char, strlen(path) + 1);
    for (size_t i = 0; path[i]; i++)
        guard[i] = isalnum((unsigned char)path[i]) ? (char)toupper((unsigned char)path[i]) : '_';
    return guard;
}

const char *
gen_pbc_type(gen_t *gen, const char *full)
{
    char *type = GEN_ARRAY(gen, char, 2 * strlen(full) + 1);
    size_t size = 0;
    bool word = true;
    for (size_t i = 0; full[i]; i++) {
        if (full[i] == '.') {
            type[size++] = '_';
            type[size++] = '_';
            word = true;
        } else if (full[i] == '_') {
            word = true;
        } else {
            type[size++] = word ? (char)toupper((unsigned char)full[i]) : full[i];
            word = false;
        }
    }
    return type;
}

/* An underscore stands before each capital that follows something that is none. */
static const char *
pbc_words(gen_t *gen, const char *full, int (*to_case)(int))
{
    char *words = GEN_ARRAY(gen, char, 2 * strlen(full) + 1);
    size_t size = 0;
    bool was_upper = true;
    for (size_t i = 0; full[i]; i++) {
        if (full[i] == '.') {
            words[size++] = '_';
            words[size++] = '_';
            was_upper = true;
            continue;
        }
        bool is_upper = isupper((unsigned char)full[i]) != 0;
        if (is_upper && !was_upper)
            words[size++] = '_';
        words[size++] = (char)to_case((unsigned char)full[i]);
        was_upper = is_upper;
    }
    return words;
}

const char *
gen_pbc_lower(gen_t *gen, const char *full)
{
    return pbc_words(gen, full, tolower);
}

const char *
gen_pbc_upper(gen_t *gen, const char *full)
{
    return pbc_words(gen, full, toupper);
}

bool
gen_is_c_word(const char *text)
{
    static const char *const words[] = {
        "auto",   "bool",   "break",    "case",   "char",   "const",    "continue", "default",
        "do",     "double", "else",     "enum",   "extern", "false",    "float",    "for",
        "goto",   "if",     "inline",   "int",    "long",   "register", "restrict", "return",
        "short",  "signed", "sizeof",   "static", "struct", "switch",   "true",     "typedef",
        "typeof", "union",  "unsigned", "void",   "while",  "volatile",
    };
    for (size_t i = 0; i < KT_COUNT(words); i++)
        if (strcmp(text, words[i]) == 0)
            return true;
    return false;
}

void
gen_put_params(FILE *out, const char *head, const char *const *params, int indent)
{
    const char *last_line = strrchr(head, '\n');
    size_t column = strlen(last_line ? last_line + 1 : head) + 1;
    fprintf(out, "%s(", head);
    for (size_t i = 0; params[i]; i++) {
        /* The parameter, and what stands around it: ", " before, ");" behind. */
        if (i > 0 && column + strlen(params[i]) + 4 > LINE_MAX_COLUMNS) {
            fprintf(out, ",\n%*s", indent, "");
            column = (size_t)indent;
        } else if (i > 0) {
            fputs(", ", out);
            column += 2;
        }
        fputs(params[i], out);
        column += strlen(params[i]);
    }
    fputc(')', out);
}
