#include "testing.h"

#include <kt/setting.h>

static void
shares(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t share; /* UINT32_MAX: none */
    } rows[] = {
        {"0", 0},
        {"1", KT_SHARE_WHOLE},
        {"1.000000", KT_SHARE_WHOLE},
        {"0.25", 250000},
        {"0.000001", 1},
        {"0.0000001", UINT32_MAX},
        {"1.1", UINT32_MAX},
        {"2", UINT32_MAX},
        {"", UINT32_MAX},
        {".5", UINT32_MAX},
        {"0.", UINT32_MAX},
        {"01", UINT32_MAX},
        {"0,5", UINT32_MAX},
        {"-0", UINT32_MAX},
        {"0.5 ", UINT32_MAX},
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        uint32_t share = 0;
        bool fine = kt_share_parse(rows[i].text, &share);
        if (fine != (rows[i].share != UINT32_MAX) || (fine && share != rows[i].share))
            fail_msg("row %zu: %u", i, share);
    }
}

static void
sizes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool fine;
        uint64_t bytes;
    } rows[] = {
        {"0", true, 0},
        {"4096", true, 4096},
        {"64K", true, 65536},
        {"10G", true, UINT64_C(10) << 30},
        {"1T", true, UINT64_C(1) << 40},
        {"16777216T", false, 0},
        {"99999999999999999999", false, 0},
        {"", false, 0},
        {"K", false, 0},
        {"1KB", false, 0},
        {"1k", false, 0},
        {"-1", false, 0},
        {" 1", false, 0},
        {"1.5G", false, 0},
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        uint64_t bytes = 0;
        bool fine = kt_size_parse(rows[i].text, &bytes);
        if (fine != rows[i].fine || (fine && bytes != rows[i].bytes))
            fail_msg("row %zu: %s", i, rows[i].text);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares),
        cmocka_unit_test(sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
