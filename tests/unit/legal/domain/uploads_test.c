/* Uploads by rows. */
#include "testing.h"

#include "domain/reason.h"
#include "domain/uploads.h"

static void
pieces_are_taken_or_refused(void **state)
{
    (void)state;
    struct {
        int64_t there, offset, size;
        bool same;
        kt_code_t code;
        uint32_t reason;
        int64_t then;
    } rows[] = {
        {0, 0, 1, true, KT_OK, 0, 1},
        {10, 10, 5, true, KT_OK, 0, 15},
        {10, 8, 5, true, KT_OK, 0, 13},
        {10, 2, 3, true, KT_OK, 0, 10}, /* within what is there */
        {10, 11, 1, true, KT_FAILED_PRECONDITION, LEGAL_CHUNK_GAP, 0},
        {10, 11, 1, false, KT_FAILED_PRECONDITION, LEGAL_CHUNK_GAP, 0},
        {10, 8, 5, false, KT_FAILED_PRECONDITION, LEGAL_CHUNK_DIFFERS, 0},
        {LEGAL_VERSION_BYTES_MAX - 1, LEGAL_VERSION_BYTES_MAX - 1, 1, true, KT_OK, 0,
         LEGAL_VERSION_BYTES_MAX},
        {LEGAL_VERSION_BYTES_MAX - 1, LEGAL_VERSION_BYTES_MAX - 1, 2, true, KT_RESOURCE_EXHAUSTED,
         LEGAL_VERSION_TOO_LARGE, 0},
        {LEGAL_VERSION_BYTES_MAX, LEGAL_VERSION_BYTES_MAX, 1, true, KT_RESOURCE_EXHAUSTED,
         LEGAL_VERSION_TOO_LARGE, 0},
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        legal_upload_record_t upload = {.size = rows[i].there}, next = {0};
        legal_piece_t piece = {rows[i].offset, rows[i].size, rows[i].same};
        assert_status(legal_decide_chunk(&upload, &piece, &next), rows[i].code, rows[i].reason);
        assert_int_equal(next.size, rows[i].then);
    }
}

static void
the_whole_is_what_was_said(void **state)
{
    (void)state;
    const uint8_t none[KT_HASH_BYTES] = {0}, one[KT_HASH_BYTES] = {1}, two[KT_HASH_BYTES] = {2};
    legal_upload_record_t upload = {.size = 7};
    assert_ok(legal_decide_finish(&upload, 7, none, one));
    assert_ok(legal_decide_finish(&upload, 7, one, one));
    assert_status(legal_decide_finish(&upload, 7, two, one), KT_FAILED_PRECONDITION,
                  LEGAL_HASH_DIFFERS);
    assert_status(legal_decide_finish(&upload, 6, two, one), KT_FAILED_PRECONDITION,
                  LEGAL_SIZE_DIFFERS);
    upload.size = 0;
    assert_status(legal_decide_finish(&upload, 0, none, one), KT_FAILED_PRECONDITION,
                  LEGAL_VERSION_EMPTY);
}

static void
an_upload_is_its_beginners_until_it_is_finished(void **state)
{
    (void)state;
    legal_upload_record_t upload = {.begun_by = kt_span_str("lena")};
    assert_ok(legal_check_upload(&upload, kt_span_str("lena")));
    assert_status(legal_check_upload(&upload, kt_span_str("otto")), KT_FAILED_PRECONDITION,
                  LEGAL_UPLOAD_NOT_YOURS);
    upload.finished = true;
    assert_status(legal_check_upload(&upload, kt_span_str("otto")), KT_FAILED_PRECONDITION,
                  LEGAL_UPLOAD_NOT_YOURS);
    assert_status(legal_check_upload(&upload, kt_span_str("lena")), KT_FAILED_PRECONDITION,
                  LEGAL_UPLOAD_FINISHED);
    legal_contract_record_t contract = {.uploads = LEGAL_UPLOADS_MAX - 1};
    assert_ok(legal_check_uploads(&contract));
    contract.uploads++;
    assert_status(legal_check_uploads(&contract), KT_RESOURCE_EXHAUSTED, LEGAL_TOO_MANY_UPLOADS);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_taken_or_refused),
        cmocka_unit_test(the_whole_is_what_was_said),
        cmocka_unit_test(an_upload_is_its_beginners_until_it_is_finished),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
