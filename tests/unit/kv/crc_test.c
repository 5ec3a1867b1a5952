/* CRC32C: the standard's values, in parts of any length, whichever way it is computed. */
#include "testing.h"

#include "../../../common/kv/src/crc.h"

#include <kt/prng.h>
#include <string.h>

static uint32_t
crc_of(const void *data, size_t size)
{
    return ~kt_crc_add(KT_CRC_BEGIN, data, size);
}

/* RFC 3720, appendix B.4. */
static void
the_values_of_the_rfc(void **state)
{
    (void)state;
    uint8_t bytes[32];
    memset(bytes, 0, sizeof bytes);
    assert_int_equal(crc_of(bytes, sizeof bytes), 0x8a9136aa);
    memset(bytes, 0xff, sizeof bytes);
    assert_int_equal(crc_of(bytes, sizeof bytes), 0x62a8ab43);
    for (uint8_t i = 0; i < sizeof bytes; i++)
        bytes[i] = i;
    assert_int_equal(crc_of(bytes, sizeof bytes), 0x46dd794e);
    for (uint8_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(sizeof bytes - 1 - i);
    assert_int_equal(crc_of(bytes, sizeof bytes), 0x113fdb5c);
    assert_int_equal(crc_of("123456789", 9), 0xe3069283);
    assert_int_equal(crc_of(NULL, 0), 0);
}

/* Bit by bit, as the polynomial is defined. */
static uint32_t
slowly(uint32_t crc, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0x82f63b78) : 0);
    }
    return crc;
}

static void
any_parts_of_any_length(void **state)
{
    (void)state;
    static uint8_t bytes[3000];
    kt_prng_t prng;
    kt_prng_seed(&prng, 20261128);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)kt_prng_next(&prng);
    for (int round = 0; round < 500; round++) {
        size_t size = kt_prng_below(&prng, sizeof bytes), cut = kt_prng_below(&prng, size + 1);
        uint32_t parts = kt_crc_add(KT_CRC_BEGIN, bytes, cut);
        parts = kt_crc_add(parts, bytes + cut, size - cut);
        assert_int_equal(parts, slowly(KT_CRC_BEGIN, bytes, size));
        assert_int_equal(kt_crc_add(KT_CRC_BEGIN, bytes, size), parts);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_values_of_the_rfc),
        cmocka_unit_test(any_parts_of_any_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
