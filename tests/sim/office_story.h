/*
 * office_story.h: the three real departments in one thread and in virtual time (world.h), the
 * people of an office, and a purchase, a hire and a leave as they play them.
 */
#ifndef KANTOR_OFFICE_STORY_H
#define KANTOR_OFFICE_STORY_H

#include "world.h"

#define STORY_MINUTE_US INT64_C(60000000)
#define STORY_HOUR_US   (60 * STORY_MINUTE_US)
#define STORY_DAY_US    (24 * STORY_HOUR_US)

/* Opens the office and its books: a book "company" with accounts, cost centre "it" with a budget of
 * 1,000,000,000 rupiah, three places for "engineer", a vendor "editor-inc", thresholds, a policy
 * that must be acknowledged, a product "editor", a laptop and a phone. */
world_t *story_open(uint64_t seed);

/* A person's call with JSON ('quotes' for "quotes"); fails the test unless it is OK. The people:
 * "ana" finance.analyst, "carla" finance.clerk, "olga" and "oscar" legal.officer, "erik" it.expert,
 * "ceo", "rev" auditor; everybody else is an employee. */
const void *story_say(world_t *world, const char *who, const char *department, const char *method,
                      const char *json_format, ...) __attribute__((format(printf, 5, 6)));
/* The same; NULL when it is refused. */
const void *story_ask(world_t *world, const char *who, const char *department, const char *method,
                      const char *json_format, ...) __attribute__((format(printf, 5, 6)));
/* The same, with what it ended as. */
kt_status_t story_try(world_t *world, const char *who, const char *department, const char *method,
                      const char *json);

/* Runs for so long. */
void story_pass(world_t *world, int64_t for_us);

/* ---- procure-to-pay ---- */

/* Erik asks for licences of 30,000,000 rupiah in two instalments, as purchase ID. The process's id.
 */
kt_ulid_t story_request(world_t *world, const char *id);
/* Olga uploads the text of contract ID and has approval started; oscar (and the CEO) approve. */
void story_prepare_contract(world_t *world, const char *id);
void story_approve_contract(world_t *world, const char *id);
/* Oscar sends it back instead. */
void story_reject_contract(world_t *world, const char *id);
void story_sign_contract(world_t *world, const char *id);
/* Whatever people can do for contract ID now, whether there is one or not. */
void story_push_contract(world_t *world, const char *id);
/* Erik has received it; carla pays what is due on the day. */
void story_receive(world_t *world, const char *id);
void story_pay(world_t *world, const char *id, unsigned line);
/* All of it, from request to the last instalment. */
kt_ulid_t story_purchase(world_t *world, const char *id);

/* ---- hire to retire ---- */

/* Olga takes on sari, with a laptop, from five days on; hire and contract are ID. */
kt_ulid_t story_hire_request(world_t *world, const char *id);
/* Sari acknowledges the policy; WHO does. */
void story_acknowledge(world_t *world);
void story_acknowledge_as(world_t *world, const char *who);
/* The same, if there is something to acknowledge. */
void story_acknowledge_if(world_t *world, const char *who);
kt_ulid_t story_hire(world_t *world, const char *id);
/* Sari is to leave in ten days, at 17:00. */
kt_ulid_t story_leave_request(world_t *world, const char *id, const char *contract);
void story_bring_back(world_t *world);
void story_settle(world_t *world);
kt_ulid_t story_leave(world_t *world, const char *id, const char *contract);

/* ---- what is to be seen ---- */

/* "started note:done take:rejected ended", of a process of DEPARTMENT. */
void story_assert(world_t *world, const char *department, kt_ulid_t process, const char *expected);
/* Prints its story and its note. */
void story_tell(world_t *world, const char *department, kt_ulid_t process);
/* The state's name: "RUNNING". */
const char *story_state(world_t *world, const char *department, kt_ulid_t process);

#endif
