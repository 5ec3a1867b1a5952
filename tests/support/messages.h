/* messages.h: messages of chance contents, and all the contracts there are, for tests that walk
 * over every message. */
#ifndef KANTOR_TESTING_MESSAGES_H
#define KANTOR_TESTING_MESSAGES_H

#include <kt/arena.h>
#include <kt/method.h>
#include <kt/prng.h>

#define TESTING_SETS 8

/* The descriptor sets of all groups in proto/CMakeLists.txt. */
extern const kt_proto_set_t *const testing_sets[TESTING_SETS];

/* A message of DESCRIPTOR in ARENA with chance contents: valid UTF-8, empty and long strings, unset
 * and repeated fields, extreme numbers, enum numbers without a name. Timestamp, Duration and Any
 * hold what is valid in them; an Any holds a message of testing_any_descriptors. */
ProtobufCMessage *testing_random_message(kt_prng_t *prng, kt_arena_t *arena,
                                         const ProtobufCMessageDescriptor *descriptor);

/* Whether two messages hold the same, field by field, unknown fields included; floating numbers by
 * their bits. */
bool testing_messages_equal(const ProtobufCMessage *a, const ProtobufCMessage *b);

/* Seed for random tests: from KANTOR_SEED when that is set, else by chance. Printed, so that a
 * failure can be repeated. */
uint64_t testing_seed(void);

/* The message of that full name in all sets, or what an Any made here may hold; else NULL. For
 * kt_json_options_t. */
const ProtobufCMessageDescriptor *testing_find(const void *context, const char *name);

/* What an Any made here may hold; ends in NULL. */
extern const ProtobufCMessageDescriptor *const testing_any_descriptors[];

#endif
