/*
 * story.h: tests as tables of calls: who, method, request in JSON, what is answered. Quotes in JSON
 * are single ones here; an answer is compact JSON, of which a part is looked for, as of the text of
 * a refusal.
 */
#ifndef IT_STORY_H
#define IT_STORY_H

#include "nets.h"

#include <kt/json.h>
#include <kt/process_service.h>

typedef struct step {
    const char *who, *method, *request;
    uint32_t code, reason;
    const char *says; /* NULL: nothing is looked for */
} step_t;

#define SAYS(who, method, request, says)                                                           \
    {                                                                                              \
        who, method, request, KT_OK, 0, says                                                       \
    }
#define BAD(who, method, request, field)                                                           \
    {                                                                                              \
        who, method, request, KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD, field                     \
    }

static const struct {
    const char *who, *roles;
} STORY_PEOPLE[] = {
    {"erik", "it.expert"},     {"otto", "it.operator"},  {"legal", "department"},
    {"finance", "department"}, {"shop", "front-office"}, {"bob", "employee"},
    {"ann", "employee"},       {"rev", "auditor"},       {"cleo", "finance.clerk"},
};

static inline const kt_method_t *
story_method_of(const kt_service_desc_t *desc, const char *name)
{
    for (uint32_t i = 0; i < desc->methods_count; i++) {
        const char *end = strrchr(desc->methods[i].path, '.');
        if (end && strcmp(end + 1, name) == 0)
            return &desc->methods[i];
    }
    return NULL;
}

static inline const kt_method_t *
story_method(const char *name)
{
    const kt_service_t *service = it_service();
    const kt_method_t *method = story_method_of(kt_process_binding().desc, name);
    for (uint32_t i = 0; !method && i < service->bindings_count; i++)
        method = story_method_of(service->bindings[i].desc, name);
    if (!method) {
        fail_msg("no method %s", name);
        abort(); /* not reached, which not every compiler sees */
    }
    return method;
}

static inline const char *
story_quotes(char *buffer, size_t size, const char *json)
{
    size_t length = strlen(json);
    assert_true(length < size);
    for (size_t i = 0; i <= length; i++)
        buffer[i] = json[i];
    for (char *c = buffer; *c; c++)
        if (*c == '\'')
            *c = '"';
    return buffer;
}

static kt_arena_t *story_arena; /* of the last call */

/* The next call is WHO's; the request that JSON says, until the one after it. */
static inline ProtobufCMessage *
story_request(room_t *room, const char *who, const char *name, const char *json)
{
    static char buffer[65536];
    ProtobufCMessage *request = NULL;
    kt_arena_destroy(&story_arena);
    story_arena = kt_arena_new(65536, 1 << 24);
    for (size_t i = 0; i < KT_COUNT(STORY_PEOPLE); i++)
        if (strcmp(STORY_PEOPLE[i].who, who) == 0)
            room_as(room, who, STORY_PEOPLE[i].roles);
    assert_ok(kt_json_parse(story_arena, story_method(name)->request,
                            kt_span_str(story_quotes(buffer, sizeof buffer, json)), NULL,
                            &request));
    return request;
}

/* Calls as WHO; *ANSWER, which may be NULL, becomes the answer's JSON until the next call. */
static inline kt_status_t
story_call(room_t *room, const char *who, const char *name, const char *json, const char **answer)
{
    const void *response = NULL;
    kt_status_t status = room_call(room, name, story_request(room, who, name, json), &response);
    if (answer && !kt_failed(status))
        assert_ok(kt_json_print(story_arena, (const ProtobufCMessage *)response, NULL, answer));
    return status;
}

static inline void
story_step(room_t *room, const step_t *step)
{
    const char *answer = "";
    char wanted[1024];
    kt_status_t status = story_call(room, step->who, step->method, step->request, &answer);
    if (status.code != step->code || status.reason != step->reason)
        fail_msg("%s %s %s: %s reason %u: %s (%s)", step->who, step->method, step->request,
                 kt_code_name(status.code), status.reason, status.text, answer);
    if (!step->says)
        return;
    if (status.code != KT_OK)
        answer = status.text;
    story_quotes(wanted, sizeof wanted, step->says);
    if (step->says[0] == '!' ? strstr(answer, wanted + 1) != NULL : !strstr(answer, wanted))
        fail_msg("%s %s %s: %s, wanted %s", step->who, step->method, step->request, answer,
                 step->says);
}

static inline void
story_tell(room_t *room, const step_t *steps, size_t count)
{
    for (size_t i = 0; i < count; i++)
        story_step(room, &steps[i]);
    room_forget(room);
}
#define TELL(room, steps) story_tell((room), (steps), KT_COUNT(steps))

/* How many events of TYPE there were. */
static inline unsigned
story_events(room_t *room, const char *type)
{
    unsigned count = 0;
    for (uint64_t i = 1; i <= room_events(room); i++)
        count += strcmp(room_event_type(room, i), type) == 0;
    return count;
}

/* As room_sweep. */
static inline void
story_sweep(room_t *room, const char *who, const char *method, const char *request)
{
    room_sweep(room, method, story_request(room, who, method, request));
    room_forget(room);
}

#endif
