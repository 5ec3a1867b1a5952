/*
 * server_story.h: the server call machine in virtual time: what goes in, and a trace of what comes
 * out, so that a test reads like a story. Methods: /t.T/Unary, dept/t.T/Down (server streaming),
 * /t.T/Both (bidirectional), for everybody.
 */
#ifndef KANTOR_SERVER_STORY_H
#define KANTOR_SERVER_STORY_H

#include "testing.h"

#include <kt/rpc_server.h>

#define CAPACITY 3
#define SECOND   INT64_C(1000000)

typedef struct world {
    kt_server_t *server;
    int64_t now_us;
    char trace[8192];
    size_t size;
    kt_server_call_t *last; /* the call that began last */
    uint64_t caller_number; /* and its caller's */
} world_t;

/* A machine of two links and CAPACITY calls, at second 100; and the same, registered on the first.
 */
int story_setup(void **state);
int story_setup_registered(void **state);
int story_teardown(void **state);
/* Begins the trace anew. */
void forget(world_t *w);
void drain_out(world_t *w, unsigned link);
/* Takes what the machine wants to send on its first link, and holds the trace against TRACE. */
void expect(world_t *w, const char *trace);
void put_frame(kt_message_t *message, kt_span_t bytes);
/* A message comes in on the first link; META and BODY may be NULL. */
void receive(world_t *w, const kt_head_t *head, const char *meta, const char *body);
void
receive_on(world_t *w, unsigned link, const kt_head_t *head, const char *meta, const char *body);
void receive_call_on(world_t *w, unsigned link, uint64_t id, const char *path, uint8_t flags,
                     uint32_t timeout_ms);
void receive_call(world_t *w, uint64_t id, const char *path, uint8_t flags, uint32_t timeout_ms);
void receive_plain(world_t *w, kt_kind_t kind, uint64_t id, uint32_t arg);
void receive_message(world_t *w, uint64_t id, uint32_t number, uint8_t flags, const char *body);
void end(world_t *w, kt_server_call_t *call);
void tick_to(world_t *w, int64_t now_us);

#endif
