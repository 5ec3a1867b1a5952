/* The content of contracts: in by pieces, out as a stream. */
#include "firm.h"

#include "handlers/contracts.h"

#include <kt/prng.h>
#include <stdlib.h>

static firm_draft_t draft;

static const legal_upload_t *
begin(room_t *room)
{
    const legal_upload_t *upload;
    as_lena(room);
    assert_ok(firm_send(room, firm_fill(&draft, "c-1")));
    assert_ok(firm_begin(room, "c-1", &upload));
    assert_string_equal(upload->contract, "c-1");
    assert_int_equal(upload->size, 0);
    return upload;
}

/* Reads a version back as a stream into DATA, of SIZE bytes. */
static kt_status_t
read_back(room_t *room, uint32_t version, uint8_t *data, size_t size)
{
    size_t done = 0;
    legal_read_version_request_t request = LEGAL_READ_VERSION_REQUEST_INIT;
    request.contract = text("c-1");
    request.version = version;
    kt_call_t *call = room_read(room);
    call->stream_arena = call->arena;
    kt_status_t status = legal_read_take(call, &request);
    while (!kt_failed(status)) {
        kt_give_t given;
        legal_version_chunk_t chunk = LEGAL_VERSION_CHUNK_INIT;
        status = legal_read_give(call, &chunk, &given);
        if (kt_failed(status) || given == KT_GIVE_END)
            break;
        assert_int_equal(chunk.offset, done);
        assert_int_equal(chunk.size, size);
        assert_in_range(chunk.data.len, 1, size - done);
        memcpy(data + done, chunk.data.data, chunk.data.len);
        done += chunk.data.len;
    }
    if (!kt_failed(status)) {
        assert_int_equal(done, size);
        assert_ok(legal_read_take(call, NULL));
    }
    room_read_end(room);
    return status;
}

static void
pieces_of_any_size_make_one_version(void **state)
{
    room_t *room = *state;
    size_t size = 200000, done = 0;
    uint8_t *data = malloc(size), *back = malloc(size);
    uint64_t seed = (uint64_t)kt_clock_wall_us();
    kt_prng_t prng;
    print_message("seed %llu\n", (unsigned long long)seed);
    kt_prng_seed(&prng, seed);
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)kt_prng_next(&prng);
    const legal_upload_t *upload = begin(room);
    while (done < size) {
        /* Now and then from before the end, as after a crash. */
        size_t from = done - (size_t)kt_prng_below(&prng, done < 5000 ? done + 1 : 5000);
        size_t piece = 1 + (size_t)kt_prng_below(&prng, LEGAL_CHUNK_BYTES_MAX);
        piece = KT_MIN(piece, size - from);
        assert_ok(firm_put(room, upload->upload, (int64_t)from, data + from, piece));
        done = KT_MAX(done, from + piece);
    }
    const legal_contract_version_t *made;
    kt_hash_t hash = kt_sha256(kt_span(data, size));
    legal_finish_version_request_t finish = LEGAL_FINISH_VERSION_REQUEST_INIT;
    finish.upload = text(upload->upload);
    finish.size = (int64_t)size;
    finish.sha256 = (ProtobufCBinaryData){.data = hash.bytes, .len = sizeof hash.bytes};
    assert_ok(room_call(room, "Contracts/FinishVersion", &finish.base, (const void **)&made));
    assert_int_equal(made->version, 1);
    assert_int_equal(made->size, size);
    assert_memory_equal(made->sha256.data, hash.bytes, sizeof hash.bytes);
    assert_string_equal(made->finished_by, "lena");
    assert_ok(read_back(room, 0, back, size));
    assert_memory_equal(back, data, size);
    firm_upload(room, "c-1", "two");
    assert_ok(read_back(room, 1, back, size));
    assert_memory_equal(back, data, size);
    assert_ok(read_back(room, 2, back, 3));
    assert_memory_equal(back, "two", 3);
    assert_status(read_back(room, 3, back, 3), KT_NOT_FOUND, LEGAL_VERSION_UNKNOWN);
    const legal_list_versions_response_t *list;
    legal_list_versions_request_t request = LEGAL_LIST_VERSIONS_REQUEST_INIT;
    request.contract = text("c-1");
    assert_ok(room_call(room, "Contracts/ListVersions", &request.base, (const void **)&list));
    assert_int_equal(list->n_versions, 2);
    assert_int_equal(list->versions[1]->version, 2);
    assert_string_equal(list->versions[1]->name, "contract.pdf");
    free(data);
    free(back);
}

static void
pieces_have_no_gaps_and_do_not_change(void **state)
{
    room_t *room = *state;
    const legal_upload_t *upload = begin(room);
    assert_ok(firm_put(room, upload->upload, 0, "abcdef", 6));
    assert_ok(firm_put(room, upload->upload, 0, "abcdef", 6)); /* sent again */
    assert_ok(firm_put(room, upload->upload, 2, "cd", 2));
    assert_status(firm_put(room, upload->upload, 7, "h", 1), KT_FAILED_PRECONDITION,
                  LEGAL_CHUNK_GAP);
    assert_status(firm_put(room, upload->upload, 4, "xf", 2), KT_FAILED_PRECONDITION,
                  LEGAL_CHUNK_DIFFERS);
    assert_status(firm_put(room, upload->upload, 4, "eXgh", 4), KT_FAILED_PRECONDITION,
                  LEGAL_CHUNK_DIFFERS);
    assert_ok(firm_put(room, upload->upload, 4, "efgh", 4));
    assert_status(firm_put(room, upload->upload, 0, "", 0), KT_INVALID_ARGUMENT,
                  RPC_REASON_BAD_FIELD);
    assert_status(firm_put(room, upload->upload, -1, "a", 1), KT_INVALID_ARGUMENT,
                  RPC_REASON_BAD_FIELD);
    char *large = calloc(1, LEGAL_CHUNK_BYTES_MAX + 1);
    assert_status(firm_put(room, upload->upload, 8, large, LEGAL_CHUNK_BYTES_MAX + 1),
                  KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    assert_ok(firm_put(room, upload->upload, 8, large, LEGAL_CHUNK_BYTES_MAX));
    free(large);
    assert_status(firm_put(room, "01BX5ZZKBKACTAV9WEVGEMMVS0", 0, "a", 1), KT_NOT_FOUND,
                  LEGAL_UPLOAD_UNKNOWN);
    as_otto(room);
    assert_status(firm_put(room, upload->upload, 0, "a", 1), KT_FAILED_PRECONDITION,
                  LEGAL_UPLOAD_NOT_YOURS);
}

static void
what_was_said_of_the_whole_must_be_so(void **state)
{
    room_t *room = *state;
    const legal_upload_t *upload = begin(room);
    assert_status(firm_finish(room, upload->upload, 0), KT_FAILED_PRECONDITION,
                  LEGAL_VERSION_EMPTY);
    assert_ok(firm_put(room, upload->upload, 0, "one", 3));
    assert_status(firm_finish(room, upload->upload, 4), KT_FAILED_PRECONDITION, LEGAL_SIZE_DIFFERS);
    legal_finish_version_request_t finish = LEGAL_FINISH_VERSION_REQUEST_INIT;
    finish.upload = text(upload->upload);
    finish.size = 3;
    finish.sha256 = firm_hash("two");
    assert_status(room_call(room, "Contracts/FinishVersion", &finish.base, NULL),
                  KT_FAILED_PRECONDITION, LEGAL_HASH_DIFFERS);
    finish.sha256.len = 31;
    assert_status(room_call(room, "Contracts/FinishVersion", &finish.base, NULL),
                  KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    as_otto(room);
    assert_status(firm_finish(room, upload->upload, 3), KT_FAILED_PRECONDITION,
                  LEGAL_UPLOAD_NOT_YOURS);
    as_lena(room);
    assert_ok(firm_finish(room, upload->upload, 3));
    assert_status(firm_finish(room, upload->upload, 3), KT_FAILED_PRECONDITION,
                  LEGAL_UPLOAD_FINISHED);
    assert_status(firm_put(room, upload->upload, 3, "x", 1), KT_FAILED_PRECONDITION,
                  LEGAL_UPLOAD_FINISHED);
    assert_status(firm_finish(room, "01BX5ZZKBKACTAV9WEVGEMMVS0", 3), KT_NOT_FOUND,
                  LEGAL_UPLOAD_UNKNOWN);
}

static void
an_upload_does_not_outlive_the_state_it_began_in(void **state)
{
    room_t *room = *state;
    const legal_upload_t *upload = begin(room);
    assert_ok(firm_put(room, upload->upload, 0, "one", 3));
    assert_ok(firm_void(room, "c-1"));
    firm_assert_kept(room, firm_finish(room, upload->upload, 3), LEGAL_CONTRACT_STATE,
                     "new version");
}

static void
a_contract_has_so_many_uploads(void **state)
{
    room_t *room = *state;
    (void)begin(room);
    for (int i = 1; i < LEGAL_UPLOADS_MAX; i++)
        assert_ok(firm_begin(room, "c-1", NULL));
    assert_status(firm_begin(room, "c-1", NULL), KT_RESOURCE_EXHAUSTED, LEGAL_TOO_MANY_UPLOADS);
}

static void
a_failing_store_loses_no_piece(void **state)
{
    room_t *room = *state;
    const legal_upload_t *upload = begin(room);
    char name[KT_ULID_CHARS + 1], data[5000];
    memset(data, 'd', sizeof data);
    snprintf(name, sizeof name, "%s", upload->upload);
    legal_put_chunk_request_t put = LEGAL_PUT_CHUNK_REQUEST_INIT;
    legal_finish_version_request_t finish = LEGAL_FINISH_VERSION_REQUEST_INIT;
    put.upload = finish.upload = name;
    put.data = (ProtobufCBinaryData){.data = (uint8_t *)data, .len = sizeof data};
    upload = room_sweep(room, "Contracts/PutChunk", &put.base);
    assert_int_equal(upload->size, sizeof data);
    finish.size = sizeof data;
    const legal_contract_version_t *made = room_sweep(room, "Contracts/FinishVersion",
                                                      &finish.base);
    kt_hash_t hash = kt_sha256(kt_span(data, sizeof data));
    assert_memory_equal(made->sha256.data, hash.bytes, sizeof hash.bytes);
    assert_int_equal(made->version, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        firm_test(pieces_of_any_size_make_one_version),
        firm_test(pieces_have_no_gaps_and_do_not_change),
        firm_test(what_was_said_of_the_whole_must_be_so),
        firm_test(an_upload_does_not_outlive_the_state_it_began_in),
        firm_test(a_contract_has_so_many_uploads),
        firm_test(a_failing_store_loses_no_piece),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
