/* it_words.h: IT behind a real broker, spoken to by methods in JSON and by the command line. */
#ifndef IT_WORDS_H
#define IT_WORDS_H

#include "testing.h"

#include "cli.h"
#include "service.h"
#include "stage.h"

#include <kt/json.h>
#include <stdlib.h>
#include <string.h>

static const stage_principal_t principals[] = {
    {"erik", "it.expert it.operator department finance.clerk finance.analyst", NULL},
    {"it", NULL, "it"},
    {"finance", NULL, "finance"},
    {"bob", "employee", NULL},
    {NULL, NULL, NULL}};

static inline int
setup(void **state)
{
    *state = stage_world_new(principals, it_service(), NULL);
    return 0;
}

/* Calls METHOD ("Desk/OpenTicket") of SERVICE; quotes in JSON are single ones. */
static inline void
call_of(stage_world_t *w, const kt_service_t *service, const char *name, const char *json)
{
    kt_arena_t *arena = kt_arena_new(4096, 1 << 20);
    ProtobufCMessage *request = NULL;
    char text[1024];
    snprintf(text, sizeof text, "%s", json);
    for (char *c = text; *c; c++)
        if (*c == '\'')
            *c = '"';
    for (uint32_t i = 0; i < service->bindings_count; i++)
        for (uint32_t j = 0; j < service->bindings[i].desc->methods_count; j++) {
            const kt_method_t *method = &service->bindings[i].desc->methods[j];
            if (strcmp(strrchr(method->path, '.') + 1, name) != 0)
                continue;
            assert_ok(kt_json_parse(arena, method->request, kt_span_str(text), NULL, &request));
            assert_ok(kt_client_call(w->client, method, NULL, request, &w->reply));
        }
    assert_non_null(request);
    kt_arena_destroy(&arena);
}

static inline void
call(stage_world_t *w, const char *name, const char *json)
{
    call_of(w, it_service(), name, json);
}

/* Runs `kantor WORDS --config FILE` as WHO, looks for WANTED in what it prints (what it complains
 * of, when it fails), and gives that to PRINTED_MAX bytes of PRINTED, which may be NULL. */
static inline void
hear_as(stage_world_t *w, const char *who, const char *words, int code, const char *wanted,
        char *printed, size_t printed_max)
{
    char config[PATH_MAX], *line = strdup(words), *argv[128], *said = NULL, *complained = NULL;
    size_t said_size, complained_size;
    int argc = 0;
    stage_client_config(w->stage, who, config);
    assert_non_null(line);
    for (char *word = strtok(line, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    argv[argc++] = (char *)(uintptr_t) "--config";
    argv[argc++] = config;
    FILE *out = open_memstream(&said, &said_size);
    FILE *err = open_memstream(&complained, &complained_size);
    int got = cli_main(argc, argv, out, err);
    fclose(out);
    fclose(err);
    if (got != code)
        fail_msg("%s: exit %d: %s", words, got, complained);
    const char *heard = code == 0 ? said : complained;
    if (!heard || !strstr(heard, wanted))
        fail_msg("%s: %s, wanted %s", words, heard ? heard : "nothing", wanted);
    if (printed)
        snprintf(printed, printed_max, "%s", heard);
    free(said);
    free(complained);
    free(line);
}

static inline void
hear(stage_world_t *w, const char *words, int code, const char *wanted, char *printed,
     size_t printed_max)
{
    hear_as(w, "erik", words, code, wanted, printed, printed_max);
}

static inline void
says(stage_world_t *w, const char *words, int code, const char *wanted)
{
    hear(w, words, code, wanted, NULL, 0);
}

#endif
