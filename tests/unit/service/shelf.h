/*
 * shelf.h: a small department, made as departments are whose speed is not the matter: a layout, a
 * transition table, rows, events and refusals that are kept. For tests of those, and as an example.
 */
#ifndef KANTOR_SHELF_H
#define KANTOR_SHELF_H

#include <kt/service.h>
#include <shelf/v1/shelf.kt.h>

enum {
    SHELF_TABLE_SHARED = KT_TABLE_FIRST,
    SHELF_TABLE_BOX = SHELF_TABLE_SHARED + KT_SHARED_COUNT
};
enum { SHELF_REASON_WRONG_STATE = 1001 };

typedef struct {
    kt_span_t label;
    uint32_t weight;
    int32_t day;
} shelf_line_record_t;

typedef struct {
    kt_span_t box;
    kt_span_t text;
    kt_ulid_t id;
    uint8_t hash[KT_HASH_BYTES];
    bool flag;
    uint32_t colour, count, small;
    int64_t amount, large, delta;
    int32_t day;
    kt_list_t lines, names;
    shelf_line_record_t part;
    int64_t maybe;
    int64_t made_us;
    uint32_t state;
    int64_t of_the_record_only;
} shelf_box_record_t;

extern const kt_layout_t shelf_line_layout, shelf_box_layout;

const kt_service_t *shelf_service(void);

#endif
