#include "reader.h"

#include <czmq.h>

#define FILE_BYTES_MAX 1048576

static kt_status_t
refuse_file(broker_reader_t *reader, const char *reason)
{
    snprintf(reader->problem, reader->problem_size, "%s: %s", reader->path, reason);
    return kt_error(KT_INVALID_ARGUMENT, 0, reader->problem);
}

kt_status_t
broker_reader_open(broker_reader_t *reader, broker_item_t **root)
{
    FILE *file = fopen(reader->path, "re");
    if (file == NULL)
        return refuse_file(reader, strerror(errno));
    char *text = malloc(FILE_BYTES_MAX + 1);
    size_t size = text != NULL ? fread(text, 1, FILE_BYTES_MAX + 1, file) : 0;
    bool failed = text == NULL || ferror(file) != 0;
    fclose(file);
    if (!failed && size <= FILE_BYTES_MAX) {
        text[size] = '\0';
        *root = zconfig_str_load(text); /* zconfig_load leaks when it fails */
    }
    free(text);
    if (failed)
        return refuse_file(reader, "cannot be read");
    if (size > FILE_BYTES_MAX)
        return refuse_file(reader, "longer than 1 MiB");
    if (*root == NULL)
        return refuse_file(reader, "not ZPL: look for an indentation that is not 4 blanks");
    return kt_ok();
}

void
broker_reader_close(broker_item_t **root)
{
    zconfig_destroy(root);
}

broker_item_t *
broker_item_first(broker_item_t *section)
{
    return zconfig_child(section);
}

broker_item_t *
broker_item_next(broker_item_t *item)
{
    return zconfig_next(item);
}

const char *
broker_item_name(broker_item_t *item)
{
    const char *name = zconfig_name(item);
    return name != NULL ? name : "";
}

const char *
broker_item_value(broker_item_t *item)
{
    const char *value = zconfig_value(item);
    return value != NULL ? value : "";
}

bool
broker_item_is(broker_item_t *item, const char *name)
{
    return strcmp(broker_item_name(item), name) == 0;
}

kt_status_t
broker_refuse_item(broker_reader_t *reader, broker_item_t *item, const char *format, ...)
{
    char reason[256];
    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    snprintf(reader->problem, reader->problem_size, "%.200s: %.50s: %s", reader->path,
             broker_item_name(item), reason);
    return kt_error(KT_INVALID_ARGUMENT, 0, reader->problem);
}

kt_status_t
broker_check_names(broker_reader_t *reader, broker_item_t *section)
{
    if (zconfig_child(section) == NULL)
        return kt_ok();
    zhashx_t *seen = zhashx_new();
    kt_status_t status = kt_ok();
    for (zconfig_t *item = zconfig_child(section); item != NULL && !kt_failed(status);
         item = zconfig_next(item))
        if (zhashx_insert(seen, broker_item_name(item), item) != 0)
            status = broker_refuse_item(reader, item, "stands twice");
    zhashx_destroy(&seen);
    return status;
}

kt_status_t
broker_read_number(broker_reader_t *reader, broker_item_t *item, const broker_number_t *number,
                   void *into)
{
    const char *value = broker_item_value(item);
    size_t digits = strspn(value, "0123456789");
    errno = 0;
    uint64_t read = strtoull(value, NULL, 10);
    if (digits == 0 || value[digits] != '\0' || errno != 0 || read < number->min ||
        read > number->max)
        return broker_refuse_item(reader, item,
                                  "\"%.40s\" is not a whole number from %" PRIu64 " to %" PRIu64,
                                  value, number->min, number->max);
    if (number->width == sizeof(uint32_t)) {
        uint32_t narrow = (uint32_t)read;
        memcpy((char *)into + number->offset, &narrow, sizeof narrow);
    } else {
        memcpy((char *)into + number->offset, &read, sizeof read);
    }
    return kt_ok();
}

kt_status_t
broker_read_numbers(broker_reader_t *reader, broker_item_t *section, const broker_number_t *numbers,
                    size_t count, void *into)
{
    KT_TRY(broker_check_names(reader, section));
    for (broker_item_t *item = broker_item_first(section); item != NULL;
         item = broker_item_next(item)) {
        size_t i = 0;
        while (i < count && !broker_item_is(item, numbers[i].name))
            i++;
        if (i == count)
            return broker_refuse_item(reader, item, "unknown limit");
        KT_TRY(broker_read_number(reader, item, &numbers[i], into));
    }
    return kt_ok();
}

kt_status_t
broker_read_text(broker_reader_t *reader, broker_item_t *item, char *out, size_t bytes_max)
{
    const char *value = broker_item_value(item);
    if (value[0] == '\0' || strlen(value) > bytes_max)
        return broker_refuse_item(reader, item, "empty, or longer than %zu bytes", bytes_max);
    strcpy(out, value);
    return kt_ok();
}

kt_status_t
broker_read_path(broker_reader_t *reader, broker_item_t *item, const char *what, char *out,
                 size_t bytes_max)
{
    const char *value = broker_item_value(item);
    const char *slash = strrchr(reader->path, '/');
    int folder = value[0] != '/' && slash != NULL ? (int)(slash - reader->path) + 1 : 0;
    if (value[0] == '\0' ||
        snprintf(out, bytes_max + 1, "%.*s%s", folder, reader->path, value) > (int)bytes_max)
        return broker_refuse_item(reader, item, "no path of %s", what);
    return kt_ok();
}

kt_status_t
broker_read_key(broker_reader_t *reader, broker_item_t *item, bool secret, kt_key_pair_t *keys)
{
    const char *value = broker_item_value(item);
    if (!secret && strncmp(value, "z85:", 4) == 0) {
        uint8_t raw[32];
        if (strlen(value + 4) != KT_KEY_CHARS || zmq_z85_decode(raw, value + 4) == NULL)
            return broker_refuse_item(reader, item,
                                      "no public key of 40 characters in Z85 after z85:");
        *keys = (kt_key_pair_t){0};
        memcpy(keys->public_key, value + 4, KT_KEY_CHARS);
        return kt_ok();
    }
    char path[PATH_MAX];
    KT_TRY(broker_read_path(reader, item, "a certificate", path, sizeof path - 1));
    kt_status_t status = kt_keys_load(path, secret, keys);
    if (kt_failed(status))
        return broker_refuse_item(reader, item, "%.80s: %s", value, status.text);
    return kt_ok();
}
