/* Text and arithmetic of addresses and prefixes. */
#include "testing.h"

#include "domain/addresses.h"

#include <arpa/inet.h>
#include <kt/prng.h>
#include <stdlib.h>
#include <string.h>

#define SEED   UINT64_C(0x1759)
#define ROUNDS 20000

static void
canonical_addresses_come_back_as_they_were(void **state)
{
    static const char *const texts[] = {
        "0.0.0.0",    "10.1.0.7",          "255.255.255.255",      "::",
        "::1",        "2001:db8::7",       "2001:db8:0:1:1:1:1:1", "1::",
        "1:0:0:2::3", "1::2:0:0:3:4",      "fe80::1:0:0:1",        "::ffff:192.0.2.1",
        "::ffff",     "64:ff9b::c000:201", "1:2:3:4:5:6:7:8",      "0:1::",
    };
    (void)state;
    for (size_t i = 0; i < KT_COUNT(texts); i++) {
        it_ip_t ip;
        char out[IT_IP_TEXT_MAX];
        const char *wrong = it_ip_parse(kt_span_str(texts[i]), &ip);
        if (wrong)
            fail_msg("%s %s", texts[i], wrong);
        it_ip_format(&ip, out);
        assert_string_equal(out, texts[i]);
    }
}

static void
other_spellings_are_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "10",
        "10.1.0",
        "10.1.0.7.1",
        "10.1.0.256",
        "10.01.0.7",
        "010.1.0.7",
        " 10.1.0.7",
        "10.1.0.7 ",
        "10.1.0.",
        ".1.2.3.4",
        "10..0.7",
        "1:2",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        ":",
        ":::",
        "::1::",
        "1:2:3:4:5:6:7:",
        ":1:2:3:4:5:6:7:8",
        "2001:DB8::7",
        "2001:0db8::7",
        "2001:db8:0:0::7",
        "0:0:0:0:0:0:0:0",
        "1::2:0:0:0:4",
        "2001:db8::1:1:1:1:1",
        "12345::",
        "::ffff:c000:201",
        "::1.2.3.4",
        "1:2:3:4:5:6:7::",
        "::ffff:192.0.2.1.2",
        "fe80::1%eth0",
        "1.2.3.4::",
        "::g",
        "::1:2:3:4:5:6:7:8",
        "00000000000000000000000000000000000000000000000000",
    };
    (void)state;
    for (size_t i = 0; i < KT_COUNT(texts); i++) {
        it_ip_t ip;
        if (!it_ip_parse(kt_span_str(texts[i]), &ip))
            fail_msg("%s was taken", texts[i]);
    }
}

/* An address whose groups are often zero, so that runs of zeros of all kinds come up. */
static it_ip_t
some_ip(kt_prng_t *prng)
{
    it_ip_t ip = {.family = kt_prng_below(prng, 2) == 0 ? 4 : 6};
    for (uint32_t i = 0; i < it_ip_bits(&ip) / 8; i++)
        if (kt_prng_below(prng, 3) == 0)
            ip.bytes[i] = (uint8_t)kt_prng_next(prng);
    return ip;
}

/* The C library is the oracle: it reads every spelling, and writes RFC 5952's but for IPv4 inside
 * other prefixes than ::ffff:0:0/96. */
static void
the_system_reads_what_is_written(void **state)
{
    kt_prng_t prng;
    (void)state;
    print_message("seed %#llx\n", (unsigned long long)SEED);
    kt_prng_seed(&prng, SEED);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        it_ip_t ip = some_ip(&prng), back;
        char text[IT_IP_TEXT_MAX], theirs[IT_IP_TEXT_MAX];
        uint8_t bytes[IT_IP_BYTES_MAX] = {0};
        int family = ip.family == 4 ? AF_INET : AF_INET6;
        it_ip_format(&ip, text);
        assert_int_equal(inet_pton(family, text, bytes), 1);
        assert_memory_equal(bytes, ip.bytes, sizeof bytes);
        assert_non_null(inet_ntop(family, bytes, theirs, sizeof theirs));
        if (ip.family == 4 || !strchr(theirs, '.'))
            assert_string_equal(text, theirs);
        assert_null(it_ip_parse(kt_span_str(text), &back));
        assert_int_equal(it_ip_compare(&ip, &back), 0);
    }
}

static void
prefixes_have_no_host_bits(void **state)
{
    static const char *const good[] = {"0.0.0.0/0",   "10.0.0.0/8",  "10.1.0.0/16",
                                       "10.1.0.7/32", "::/0",        "2001:db8::/32",
                                       "::1/128",     "10.1.0.6/31", "fe80::/10"};
    static const char *const bad[] = {
        "10.0.0.0",    "10.0.0.0/",   "10.0.0.0/33",    "10.0.0.1/8",  "10.0.0.0/08",
        "10.0.0.0/8 ", "::/129",      "2001:db8::1/64", "10.0.0.0/-1", "/8",
        "10.0.0.0/+8", "10.0.0.0/00", "10.0.0.0/8/8",   "::/1000"};
    it_cidr_t cidr;
    char out[IT_CIDR_TEXT_MAX];
    (void)state;
    for (size_t i = 0; i < KT_COUNT(good); i++) {
        const char *wrong = it_cidr_parse(kt_span_str(good[i]), &cidr);
        if (wrong)
            fail_msg("%s %s", good[i], wrong);
        it_cidr_format(&cidr, out);
        assert_string_equal(out, good[i]);
    }
    for (size_t i = 0; i < KT_COUNT(bad); i++)
        if (!it_cidr_parse(kt_span_str(bad[i]), &cidr))
            fail_msg("%s was taken", bad[i]);
}

static it_cidr_t
cidr_of(const char *text)
{
    it_cidr_t cidr;
    assert_null(it_cidr_parse(kt_span_str(text), &cidr));
    return cidr;
}

static it_ip_t
ip_of(const char *text)
{
    it_ip_t ip;
    assert_null(it_ip_parse(kt_span_str(text), &ip));
    return ip;
}

static void
two_prefixes_nest_or_are_disjoint(void **state)
{
    kt_prng_t prng;
    (void)state;
    print_message("seed %#llx\n", (unsigned long long)SEED);
    kt_prng_seed(&prng, SEED);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        it_ip_t ip = some_ip(&prng), other = some_ip(&prng);
        uint8_t length = (uint8_t)kt_prng_below(&prng, it_ip_bits(&ip) + 1);
        it_cidr_t outer = it_cidr_around(&ip, length);
        uint8_t inner_length = (uint8_t)kt_prng_below(&prng, it_ip_bits(&other) + 1);
        it_cidr_t inner = it_cidr_around(&other, inner_length);
        bool first = it_cidr_holds(&outer, &other); /* one address of INNER */
        bool nests = it_cidr_inside(&inner, &outer);
        assert_true(it_cidr_holds(&outer, &ip));
        if (inner.length > outer.length)
            assert_int_equal(nests, first);
        else
            assert_false(nests);
    }
}

static void
hosts_leave_out_what_is_the_prefixs_own(void **state)
{
    static const struct {
        const char *prefix, *first, *last, *own;
        uint64_t hosts;
    } rows[] = {
        {"10.1.0.0/24", "10.1.0.1", "10.1.0.254", "10.1.0.255", 254},
        {"10.1.0.0/30", "10.1.0.1", "10.1.0.2", "10.1.0.0", 2},
        {"10.1.0.0/31", "10.1.0.0", "10.1.0.1", NULL, 2},
        {"10.1.0.9/32", "10.1.0.9", "10.1.0.9", NULL, 1},
        {"10.0.0.0/8", "10.0.0.1", "10.255.255.254", "10.0.0.0", (UINT64_C(1) << 24) - 2},
        {"0.0.0.0/0", "0.0.0.1", "255.255.255.254", "0.0.0.0", (UINT64_C(1) << 32) - 2},
        {"2001:db8::/126", "2001:db8::1", "2001:db8::3", "2001:db8::", 3},
        {"2001:db8::/127", "2001:db8::", "2001:db8::1", NULL, 2},
        {"2001:db8::1/128", "2001:db8::1", "2001:db8::1", NULL, 1},
        {"2001:db8::/65", "2001:db8::1", "2001:db8::7fff:ffff:ffff:ffff",
         "2001:db8::", (UINT64_C(1) << 63) - 1},
    };
    (void)state;
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        it_cidr_t cidr = cidr_of(rows[i].prefix);
        it_ip_t first = it_cidr_host(&cidr, 0), last = it_cidr_host(&cidr, rows[i].hosts - 1);
        char text[IT_IP_TEXT_MAX];
        uint64_t place;
        assert_int_equal(it_cidr_hosts(&cidr), rows[i].hosts);
        it_ip_format(&first, text);
        assert_string_equal(text, rows[i].first);
        it_ip_format(&last, text);
        assert_string_equal(text, rows[i].last);
        assert_true(it_cidr_place(&cidr, &last, &place));
        assert_int_equal(place, rows[i].hosts - 1);
        if (rows[i].own) {
            it_ip_t own = ip_of(rows[i].own);
            assert_false(it_cidr_place(&cidr, &own, &place));
        }
    }
}

static void
a_wide_prefix_has_more_places_than_are_counted(void **state)
{
    it_cidr_t cidr = cidr_of("2001:db8::/32");
    it_ip_t near = ip_of("2001:db8::5"), far = ip_of("2001:db8:0:1::");
    it_ip_t outside = ip_of("2001:db9::5");
    uint64_t place;
    (void)state;
    assert_int_equal(it_cidr_hosts(&cidr), UINT64_MAX);
    assert_true(it_cidr_place(&cidr, &near, &place));
    assert_int_equal(place, 4);
    assert_true(it_cidr_place(&cidr, &far, &place));
    assert_int_equal(place, UINT64_MAX);
    assert_false(it_cidr_place(&cidr, &outside, &place));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(canonical_addresses_come_back_as_they_were),
        cmocka_unit_test(other_spellings_are_refused),
        cmocka_unit_test(the_system_reads_what_is_written),
        cmocka_unit_test(prefixes_have_no_host_bits),
        cmocka_unit_test(two_prefixes_nest_or_are_disjoint),
        cmocka_unit_test(hosts_leave_out_what_is_the_prefixs_own),
        cmocka_unit_test(a_wide_prefix_has_more_places_than_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
