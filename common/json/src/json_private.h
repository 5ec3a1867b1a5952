/* json_private.h: what printing and parsing share. */
#ifndef JSON_PRIVATE_H
#define JSON_PRIVATE_H

#include <kt/arena.h>
#include <kt/json.h>

/* Messages that JSON writes in a form of their own, known by name, so that descriptors made at run
 * time count. */
typedef enum kt_json_form {
    KT_JSON_PLAIN,
    KT_JSON_TIMESTAMP,
    KT_JSON_DURATION,
    KT_JSON_ANY,
} kt_json_form_t;

/* A message of such a name with other fields is KT_JSON_PLAIN. */
kt_json_form_t kt_json_form(const ProtobufCMessageDescriptor *descriptor);

/* The place of a field, or of its quantifier, in a message. */
static inline void *
kt_json_at(const ProtobufCMessage *message, unsigned offset)
{
    return (uint8_t *)message + offset;
}

/* The two fields of a message that has a form of its own: seconds and nanos, or type_url and value.
 */
typedef struct kt_json_pair {
    void *first, *second;
} kt_json_pair_t;

kt_json_pair_t kt_json_pair(const ProtobufCMessage *message);

/* Whether KEY is PROTO_NAME or its lowerCamelCase form. */
bool kt_json_name_is(const char *proto_name, const char *key);
/* One letter of the lowerCamelCase form of the name at *AT, which moves past it; 0 at the end. */
char kt_json_next_letter(const char **at);

/* How many letters must be put in, taken out or changed to make A of B; a large number for long
 * words. */
unsigned kt_json_distance(const char *a, const char *b);
/* Up to this distance a name is worth proposing. */
#define KT_JSON_DISTANCE_MAX 2

/* RFC 4648, section 4, padded. OUT holds 4 bytes for every 3 begun ones and a NUL. */
void kt_json_base64_encode(kt_span_t bytes, char *out);
/* Takes the alphabets of sections 4 and 5, with and without padding. OUT holds 3 bytes for every 4
 * begun ones. */
bool kt_json_base64_decode(const char *text, size_t length, uint8_t *out, size_t *size);

#define KT_JSON_TIME_CHARS 40

/* google/protobuf/timestamp.proto and duration.proto; false when out of their range, or not of
 * their form. */
bool kt_json_timestamp_print(int64_t seconds, int32_t nanos, char out[KT_JSON_TIME_CHARS]);
bool kt_json_timestamp_parse(const char *text, int64_t *seconds, int32_t *nanos);
bool kt_json_duration_print(int64_t seconds, int32_t nanos, char out[KT_JSON_TIME_CHARS]);
bool kt_json_duration_parse(const char *text, int64_t *seconds, int32_t *nanos);

/* The type's full name in an Any's URL: what follows the last slash. NULL when there is none. */
const char *kt_json_any_type(const char *url);

/* One step of the way from the outermost value to the one at hand. */
typedef struct kt_json_step {
    const struct kt_json_step *up; /* NULL at the top */
    const char *key;               /* of an object, or NULL: INDEX of a list */
    size_t index;
} kt_json_step_t;

/* "lines[2].amountMinor", in ARENA; "" at the top. */
const char *kt_json_path(kt_arena_t *arena, const kt_json_step_t *step);
/* The line, from 1, on which the value of STEP begins. TEXT is well-formed JSON. */
unsigned kt_json_line(kt_span_t text, const kt_json_step_t *step);

kt_status_t kt_json_exhausted(void);

#endif
