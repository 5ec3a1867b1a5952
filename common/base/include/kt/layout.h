/*
 * layout.h: a record's fields as constant data. A layout says once what a struct holds, in which
 * order it is stored, and what each field may be; from it come the store's bytes (here), and the
 * messages of the wire with their checks (kt/fields.h). Fields are matched with messages by name.
 *
 * Stored form: the fields in their order, but for those of the record itself that are marked KEYED,
 * which the key holds (what lies in lists and parts is stored whole). Numbers big-endian, an enum
 * as u16, a bool as u8, a date as i32; texts as u16 length and bytes; lists as u16 count and their
 * items.
 */
#ifndef KT_LAYOUT_H
#define KT_LAYOUT_H

#include <kt/arena.h>
#include <kt/pack.h>
#include <kt/ulid.h>

/* A date that is not there. */
#define KT_DATE_NONE INT32_MIN
/* How deep lists and parts lie in each other, the record itself counted. */
#define KT_LAYOUT_DEPTH_MAX 4
#define KT_HASH_BYTES       32

typedef struct kt_layout kt_layout_t;

typedef enum kt_field_kind {
    KT_FIELD_NAME,  /* kt_span_t: [a-z0-9][a-z0-9._-]*, at most MAX bytes */
    KT_FIELD_TEXT,  /* kt_span_t: UTF-8 of at most MAX bytes, no control characters but line ends */
    KT_FIELD_ID,    /* kt_ulid_t; all zero: none. A string on the wire */
    KT_FIELD_HASH,  /* uint8_t[32]; all zero: none. Bytes on the wire */
    KT_FIELD_BOOL,  /* bool */
    KT_FIELD_ENUM,  /* uint32_t, 0..MAX (below 65,536); an enum of the same numbers on the wire */
    KT_FIELD_U32,   /* uint32_t, MIN..MAX */
    KT_FIELD_I64,   /* int64_t, MIN..MAX; money, and times in microseconds */
    KT_FIELD_DATE,  /* int32_t days, or KT_DATE_NONE; "2026-11-28" or "" on the wire */
    KT_FIELD_LIST,  /* kt_list_t of structs of layout OF, at most MAX; a repeated message */
    KT_FIELD_NAMES, /* kt_list_t of kt_span_t, each as NAME of at most MIN bytes, at most MAX of
                       them; repeated string */
    KT_FIELD_PART,  /* a struct of layout OF inside; a message on the wire, which must be there if
                       REQUIRED */
} kt_field_kind_t;

typedef struct kt_list {
    void *items;
    uint32_t count;
} kt_list_t;

enum {
    KT_REQUIRED = 1, /* from the wire: not empty, not zero */
    KT_KEYED = 2,    /* stands in the key, not in the value */
    KT_OUTPUT = 4,   /* never taken from the wire */
};

typedef struct kt_field {
    const char *name; /* the struct's member and the message's field */
    kt_field_kind_t kind;
    uint32_t at; /* offset */
    uint32_t flags;
    int64_t min, max;
    const kt_layout_t *of;
} kt_field_t;

struct kt_layout {
    const char *name; /* "contract" */
    size_t size;      /* of the struct */
    const kt_field_t *fields;
    uint32_t count;
};

/* Rows of a field table: KT_F_NAME(legal_party_t, party, 63, KT_REQUIRED | KT_KEYED). */
#define KT_F_(type, member, kind_, min_, max_, flags_, of_)                                        \
    {                                                                                              \
        .name = #member, .kind = (kind_), .at = (uint32_t)offsetof(type, member),                  \
        .flags = (flags_), .min = (min_), .max = (max_), .of = (of_)                               \
    }
#define KT_F_NAME(type, member, bytes_max, flags)                                                  \
    KT_F_(type, member, KT_FIELD_NAME, 0, bytes_max, flags, NULL)
#define KT_F_TEXT(type, member, bytes_max, flags)                                                  \
    KT_F_(type, member, KT_FIELD_TEXT, 0, bytes_max, flags, NULL)
#define KT_F_ID(type, member, flags)   KT_F_(type, member, KT_FIELD_ID, 0, 0, flags, NULL)
#define KT_F_HASH(type, member, flags) KT_F_(type, member, KT_FIELD_HASH, 0, 0, flags, NULL)
#define KT_F_BOOL(type, member, flags) KT_F_(type, member, KT_FIELD_BOOL, 0, 1, flags, NULL)
#define KT_F_ENUM(type, member, last, flags)                                                       \
    KT_F_(type, member, KT_FIELD_ENUM, 0, last, flags, NULL)
#define KT_F_U32(type, member, min, max, flags)                                                    \
    KT_F_(type, member, KT_FIELD_U32, min, max, flags, NULL)
#define KT_F_I64(type, member, min, max, flags)                                                    \
    KT_F_(type, member, KT_FIELD_I64, min, max, flags, NULL)
#define KT_F_TIME(type, member, flags)                                                             \
    KT_F_(type, member, KT_FIELD_I64, INT64_MIN, INT64_MAX, flags, NULL)
#define KT_F_DATE(type, member, flags) KT_F_(type, member, KT_FIELD_DATE, 0, 0, flags, NULL)
#define KT_F_LIST(type, member, layout, count_max, flags)                                          \
    KT_F_(type, member, KT_FIELD_LIST, 0, count_max, flags, layout)
#define KT_F_NAMES(type, member, bytes_max, count_max, flags)                                      \
    KT_F_(type, member, KT_FIELD_NAMES, bytes_max, count_max, flags, NULL)
#define KT_F_PART(type, member, layout, flags)                                                     \
    KT_F_(type, member, KT_FIELD_PART, 0, 0, flags, layout)
#define KT_LAYOUT(name_, type, table)                                                              \
    {                                                                                              \
        .name = (name_), .size = sizeof(type), .fields = (table), .count = KT_COUNT(table)         \
    }

/* An empty record: all zero, and its dates KT_DATE_NONE. What is neither read nor filled from a
 * message begins so. */
void kt_layout_clear(const kt_layout_t *layout, void *record);

/* The stored form. W fails when it has no room. The record keeps its limits: its maker saw to it.
 */
void kt_layout_put(kt_writer_t *w, const kt_layout_t *layout, const void *record);
/* Reads it back; texts and lists are copied into ARENA. What is KEYED is left alone. False: these
 * are no bytes that kt_layout_put writes, or the arena is used up (it says so). */
bool kt_layout_get(kt_arena_t *arena, kt_span_t value, const kt_layout_t *layout, void *record);

/* How many bytes kt_layout_put writes. */
size_t kt_layout_size(const kt_layout_t *layout, const void *record);
/* NULL when RECORD keeps its limits, which is what kt_layout_get reads back, else the name of the
 * first field that does not. Not looked at is what is KEYED. */
const char *kt_layout_wrong(const kt_layout_t *layout, const void *record);

/* NULL when TEXT is a NAME (KT_FIELD_NAME) of at most BYTES_MAX, else what is wrong (static). */
const char *kt_wrong_name(kt_span_t text, size_t bytes_max);
/* The same for TEXT. */
const char *kt_wrong_text(kt_span_t text, size_t bytes_max);

#endif
