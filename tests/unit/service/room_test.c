/* What a small department does in a room: layouts, rows, events and refusals, end to end. */
#include "room.h"
#include "shelf.h"

#include <kantor/rpc/v1/reason.kt.h>
#include <kt/rows.h>

static room_t *room;

static int
setup(void **state)
{
    (void)state;
    room = room_open(shelf_service());
    room_as(room, "ann", "shelf.clerk auditor");
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    room_close(&room);
    return 0;
}

static kt_status_t
put_box(const char *name, const char *text, bool flag, const shelf_box_t **told)
{
    shelf_put_box_request_t request = SHELF_PUT_BOX_REQUEST_INIT;
    shelf_box_t box = SHELF_BOX_INIT;
    box.box = (char *)(uintptr_t)name;
    box.text = (char *)(uintptr_t)text;
    box.flag = flag;
    request.box = &box;
    return room_call(room, "Shelf/PutBox", &request.base, (const void **)told);
}

static kt_status_t
call_box(const char *method, const char *name, const shelf_box_t **told)
{
    shelf_box_request_t request = SHELF_BOX_REQUEST_INIT;
    request.box = (char *)(uintptr_t)name;
    return room_call(room, method, &request.base, (const void **)told);
}

static void
a_box_is_put_and_read(void **state)
{
    (void)state;
    const shelf_box_t *box;
    assert_ok(put_box("first", "hello", true, &box));
    assert_string_equal(box->box, "first");
    assert_true(box->made_us == ROOM_NOW_US);
    assert_ok(call_box("Shelf/GetBox", "first", &box));
    assert_string_equal(box->text, "hello");
    assert_int_equal(box->state, SHELF_STATE_SHUT);
    assert_status(call_box("Shelf/GetBox", "second", NULL), KT_NOT_FOUND, 0);
    assert_int_equal(room_events(room), 1);
    assert_string_equal(room_event_type(room, 1), "box.put");
    assert_string_equal(room_event_type(room, 2), "");
    const kt_event_t *event = room_event(room, 1);
    assert_span_equal(event->subject, kt_span_str("first"));
    assert_true(event->time_us == ROOM_NOW_US);
    assert_int_equal(event->values.count, 1);
    const kt_event_value_t *value = (const kt_event_value_t *)event->values.items;
    assert_span_equal(value->name, kt_span_str("colour"));
    assert_span_equal(value->value, kt_span_str("blue"));
    assert_null(room_event(room, 2));
    assert_null(room_refusal(room));
}

static void
roles_are_asked_for(void **state)
{
    (void)state;
    room_as(room, "eve", "auditor");
    assert_status(put_box("first", "", false, NULL), KT_PERMISSION_DENIED, RPC_REASON_ROLE_MISSING);
    room_as(room, "eve", "");
    assert_status(call_box("Shelf/GetBox", "first", NULL), KT_NOT_FOUND, 0);
}

static void
a_key_counts_once(void **state)
{
    (void)state;
    kt_ulid_t key = kt_ulid_make(ROOM_NOW_US, 7, 7);
    room_with_key(room, &key);
    assert_ok(put_box("first", "one", false, NULL));
    room_with_key(room, &key);
    assert_ok(put_box("first", "one", false, NULL));
    assert_int_equal(room_events(room), 1);
    room_with_key(room, &key);
    assert_status(put_box("first", "two", false, NULL), KT_ALREADY_EXISTS, RPC_REASON_KEY_REUSED);
    room_set_now(room, ROOM_NOW_US + INT64_C(8) * 86400 * 1000000);
    assert_true(room_now(room) > ROOM_NOW_US);
    room_with_key(room, &key);
    assert_status(put_box("first", "one", false, NULL), KT_FAILED_PRECONDITION,
                  RPC_REASON_KEY_TOO_OLD);
}

static void
a_refusal_is_kept(void **state)
{
    (void)state;
    assert_ok(put_box("first", "", false, NULL));
    room_on_behalf_of(room, "be\ab");
    assert_status(call_box("Shelf/OpenBox", "first", NULL), KT_FAILED_PRECONDITION,
                  SHELF_REASON_WRONG_STATE);
    assert_int_equal(room_refusals(room), 1);
    const kt_refusal_t *refusal = room_refusal(room);
    assert_span_equal(refusal->principal, kt_span_str("ann"));
    assert_span_equal(refusal->on_behalf_of, kt_span_str("be?b"));
    assert_span_equal(refusal->method, kt_span_str("/shelf.v1.Shelf/OpenBox"));
    assert_span_equal(refusal->subject, kt_span_str("box first"));
    assert_span_equal(refusal->state, kt_span_str("SHUT"));
    assert_span_equal(refusal->command, kt_span_str("open"));
    assert_span_equal(refusal->text, kt_span_str("the box does not open"));
    assert_int_equal(refusal->reason, SHELF_REASON_WRONG_STATE);
    assert_true(refusal->time_us == ROOM_NOW_US);
    /* What is refused for its shape or its absence is not. */
    assert_status(call_box("Shelf/OpenBox", "none", NULL), KT_NOT_FOUND, 0);
    assert_status(put_box("No", "", false, NULL), KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    assert_int_equal(room_refusals(room), 1);
    room_as(room, "boss", "ceo");
    assert_ok(call_box("Shelf/OpenBox", "first", NULL));
    assert_int_equal(room_refusals(room), 1);
    assert_int_equal(room_verify(room), 0);
}

/* The same key tried again: once refused, then, when things are otherwise, done. */
static void
a_refusal_is_kept_once_per_key(void **state)
{
    (void)state;
    kt_ulid_t key = kt_ulid_make(ROOM_NOW_US, 0, 9);
    assert_ok(put_box("first", "", false, NULL));
    for (uint32_t i = 0; i < 3; i++) {
        room_with_key(room, &key);
        assert_status(call_box("Shelf/OpenBox", "first", NULL), KT_FAILED_PRECONDITION,
                      SHELF_REASON_WRONG_STATE);
    }
    assert_int_equal(room_refusals(room), 1);
    room_as(room, "bea", "shelf.clerk");
    room_with_key(room, &key);
    assert_status(call_box("Shelf/OpenBox", "first", NULL), KT_FAILED_PRECONDITION,
                  SHELF_REASON_WRONG_STATE);
    assert_int_equal(room_refusals(room), 2);
    assert_ok(put_box("first", "", true, NULL));
    const shelf_box_t *box;
    room_with_key(room, &key);
    assert_ok(call_box("Shelf/OpenBox", "first", &box));
    assert_int_equal(box->state, SHELF_STATE_OPEN);
    assert_int_equal(room_refusals(room), 2);
}

static void
a_full_disk_leaves_all_or_nothing(void **state)
{
    (void)state;
    assert_ok(put_box("first", "", false, NULL));
    uint64_t struck = 0;
    for (uint64_t n = 1;; n++) {
        uint32_t refusals = room_refusals(room);
        room_fail(room, n);
        kt_status_t status = call_box("Shelf/OpenBox", "first", NULL);
        bool hit = room_struck(room);
        room_fail(room, 0);
        assert_status(status, hit ? KT_RESOURCE_EXHAUSTED : KT_FAILED_PRECONDITION,
                      hit ? KT_KV_FULL : SHELF_REASON_WRONG_STATE);
        assert_int_equal(room_refusals(room), refusals + !hit);
        assert_int_equal(room_verify(room), 0);
        if (!hit)
            break;
        struck++;
    }
    assert_true(struck >= 6);
}

static void
limits_that_are_passed_together_are_told(void **state)
{
    (void)state;
    char text[1901];
    memset(text, 'x', sizeof text);
    text[1900] = '\0';
    kt_status_t status = put_box("first", text, false, NULL);
    assert_status(status, KT_RESOURCE_EXHAUSTED, RPC_REASON_TOO_LARGE);
    assert_string_equal(status.text, "a box has at most 1900 bytes in all: shorten its texts");
    text[1700] = '\0';
    assert_ok(put_box("first", text, false, NULL));
    assert_int_equal(room_events(room), 1);
}

static void
pages_follow_each_other(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 25; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "%s-%02u", i % 2 ? "odd" : "even", (unsigned)i);
        assert_ok(put_box(name, "", false, NULL));
    }
    shelf_list_boxes_request_t request = SHELF_LIST_BOXES_REQUEST_INIT;
    const shelf_list_boxes_response_t *page;
    request.prefix = (char *)(uintptr_t) "odd";
    request.page_size = 5;
    uint32_t seen = 0, pages = 0;
    do {
        assert_ok(room_call(room, "Shelf/ListBoxes", &request.base, (const void **)&page));
        for (size_t i = 0; i < page->n_boxes; i++, seen++) {
            char name[16];
            (void)snprintf(name, sizeof name, "odd-%02u", (unsigned)seen * 2 + 1);
            assert_string_equal(page->boxes[i]->box, name);
        }
        request.page_token = page->next_page_token;
        pages++;
    } while (request.page_token[0] != '\0');
    assert_int_equal(seen, 12);
    assert_int_equal(pages, 3);
}

static void
tokens_of_another_listing_are_refused(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        const char *names[] = {"even-1", "odd-1", "odd-2"};
        assert_ok(put_box(names[i], "", false, NULL));
    }
    shelf_list_boxes_request_t request = SHELF_LIST_BOXES_REQUEST_INIT;
    const shelf_list_boxes_response_t *page;
    request.page_size = 1;
    assert_ok(room_call(room, "Shelf/ListBoxes", &request.base, (const void **)&page));
    assert_string_equal(page->boxes[0]->box, "even-1");
    request.page_token = page->next_page_token;
    request.prefix = (char *)(uintptr_t) "odd";
    assert_status(room_call(room, "Shelf/ListBoxes", &request.base, NULL), KT_INVALID_ARGUMENT,
                  RPC_REASON_BAD_FIELD);
    request.prefix = (char *)(uintptr_t) "";
    request.page_size = 1001;
    assert_status(room_call(room, "Shelf/ListBoxes", &request.base, NULL), KT_INVALID_ARGUMENT,
                  RPC_REASON_BAD_FIELD);
    request.page_size = 0;
    assert_ok(room_call(room, "Shelf/ListBoxes", &request.base, (const void **)&page));
    assert_int_equal(page->n_boxes, 2);
    assert_string_equal(page->next_page_token, "");
}

static void
events_of_others_are_taken(void **state)
{
    (void)state;
    const shelf_box_t *box;
    room_take(room, "other", "box.lost", "gone", NULL, 0);
    room_take(room, "other", "box.sent", "sent", NULL, 0);
    assert_status(call_box("Shelf/GetBox", "gone", NULL), KT_NOT_FOUND, 0);
    assert_ok(call_box("Shelf/GetBox", "sent", &box));
    assert_string_equal(box->text, "other");
    assert_string_equal(box->day, "");
}

static void
the_store_is_read_by_tests(void **state)
{
    (void)state;
    assert_ok(put_box("first", "", false, NULL));
    room_forget(room);
    kt_key_t key;
    bool found;
    kt_call_t *call = room_read(room);
    assert_ok(
        kt_row_has(call, SHELF_TABLE_BOX, kt_key_name(kt_key(&key), kt_span_str("first")), &found));
    assert_true(found);
    room_read_end(room);
}

int
main(void)
{
#define ROOM_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        ROOM_TEST(a_box_is_put_and_read),
        ROOM_TEST(roles_are_asked_for),
        ROOM_TEST(a_key_counts_once),
        ROOM_TEST(a_refusal_is_kept),
        ROOM_TEST(a_refusal_is_kept_once_per_key),
        ROOM_TEST(a_full_disk_leaves_all_or_nothing),
        ROOM_TEST(limits_that_are_passed_together_are_told),
        ROOM_TEST(pages_follow_each_other),
        ROOM_TEST(tokens_of_another_listing_are_refused),
        ROOM_TEST(events_of_others_are_taken),
        ROOM_TEST(the_store_is_read_by_tests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
