#include "hex.h"
#include "testing.h"

static void
expect(kt_hash_t hash, const char *hex)
{
    char text[2 * KT_SHA256_BYTES + 1];
    hash_hex(&hash, text);
    assert_string_equal(text, hex);
}

/* FIPS 180-4's own examples, and the empty message. */
static void
published_digests(void **state)
{
    (void)state;
    expect(kt_sha256(kt_span(NULL, 0)),
           "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect(kt_sha256(kt_span_str("abc")),
           "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect(kt_sha256(kt_span_str("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
           "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void
pieces_add_up_and_the_end_begins_anew(void **state)
{
    (void)state;
    kt_sha256_t sha;
    kt_sha256_init(&sha);
    for (int round = 0; round < 2; round++) {
        kt_sha256_add(&sha, kt_span_str("a"));
        kt_sha256_add(&sha, kt_span(NULL, 0));
        kt_sha256_add(&sha, kt_span_str("bc"));
        expect(kt_sha256_end(&sha),
               "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_digests),
        cmocka_unit_test(pieces_add_up_and_the_end_begins_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
