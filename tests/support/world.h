/*
 * world.h: several departments and their processes in one thread and in virtual time: rooms, and
 * the machine that sends (kt/process_run.h) for each that owns processes. Calls take no time; time
 * moves only when nothing else is to do, to the next moment that something is.
 *
 * Records bear the time cut to a minute, so that two histories that differ in a few retries bear
 * the same times and can be compared by their digests.
 */
#ifndef KANTOR_WORLD_H
#define KANTOR_WORLD_H

#include "room.h"

#include <kt/process_run.h>

#define WORLD_ROOMS_MAX 4
#define WORLD_MINUTE_US INT64_C(60000000)

typedef struct world world_t;

world_t *world_open(const kt_service_t *const *services, uint32_t count, uint64_t seed);
void world_close(world_t **world);

room_t *world_room(world_t *world, const char *department);
int64_t world_now(const world_t *world);

/* Runs until nothing is to do before UNTIL_US, and sets the clock there. */
void world_run(world_t *world, int64_t until_us);

/* A person's call: PRINCIPAL with ROLES calls METHOD ("Mill/Judge") of DEPARTMENT, and calls again
 * under the same key when the department died over it. As room_call. */
kt_status_t
world_call(world_t *world, const char *department, const char *principal, const char *roles,
           const char *method, const ProtobufCMessage *request, const void **response);

/* Everybody's commits together. */
uint64_t world_commits(const world_t *world);
/* Has WATCH called whenever something was committed, before anything else happens. */
void world_watch(world_t *world, void (*watch)(void *context), void *context);
/* The department that makes the K-th commit of the world (from 1) dies there: who called it hears
 * nothing. 0: none. */
void world_die_at(world_t *world, uint64_t k);
/* Of every call that is sent by processes, one in N is followed by a death of who answers, and one
 * in N of one that owns processes, DEATHS times in all. */
void world_die_often(world_t *world, uint64_t n, uint32_t deaths);
/* Has the answers of METHOD (the end of its path) lost, N times. */
void world_lose(world_t *world, const char *method, uint32_t times);
/* Has calls of METHOD refused as a business no, as if by the department; NULL: none. */
void world_refuse(world_t *world, const char *method);
/* Calls of DEPARTMENT find nobody, until NULL. */
void world_away(world_t *world, const char *department);
/* DEPARTMENT's store is copied once the world has made BACKUP commits, and put back to that copy
 * once it has made RESTORE of them: whoever follows it is told what is new from there on. */
void world_put_back(world_t *world, const char *department, uint64_t backup, uint64_t restore);
bool world_was_put_back(const world_t *world);
/* How often METHOD was carried out. */
uint32_t world_done(const world_t *world, const char *method);

/* A world as OPEN makes it of SEED is played, and then again with a death at each commit of the
 * play: each time it must end with the same records. The play has LEAST commits or more. */
typedef struct world_play {
    world_t *(*open)(uint64_t seed);
    void (*play)(world_t *world, const void *context);
    const void *context;
    uint64_t seed, least;
} world_play_t;
void world_try_every_death(const world_play_t *play);

/* What all records of all departments add up to. */
kt_hash_t world_digest(world_t *world);

#endif
