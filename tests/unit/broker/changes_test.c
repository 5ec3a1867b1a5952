/* What the log says of a reload: who got or lost a key, and what else changed of whom. */
#include "testing.h"

#include "capture.h"
#include "shell/changes.h"

/* Two principals, the second with a next key. */
typedef struct list {
    broker_grant_t grants[2];
    broker_key_t keys[3];
    broker_directory_t directory;
} list_t;

static list_t
usual(void)
{
    list_t list = {.grants = {{.name = "shop", .roles = {"front-office"}, .roles_count = 1},
                              {.name = "finance", .serves = {"finance"}, .serves_count = 1}},
                   .keys = {{.grant = 0}, {.grant = 1}, {.grant = 1, .next = true}}};
    for (unsigned i = 0; i < KT_COUNT(list.keys); i++)
        memset(list.keys[i].text, 'a' + (int)i, KT_KEY_CHARS);
    list.directory = (broker_directory_t){.grants_count = 2, .keys_count = 3};
    return list;
}

/* Whether what is said when AFTER comes after BEFORE has every one of the words, and no other line.
 */
static void
assert_said(list_t before, list_t after, const char *const *words, unsigned count)
{
    unsigned lines = 0;
    before.directory.grants = before.grants;
    before.directory.keys = before.keys;
    after.directory.grants = after.grants;
    after.directory.keys = after.keys;
    CAPTURE(broker_log_changes(&before.directory, &after.directory));
    for (const char *at = captured; (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    assert_int_equal(lines, count);
    for (unsigned i = 0; i < count; i++)
        if (strstr(captured, words[i]) == NULL)
            fail_msg("\"%s\" is not in \"%s\"", words[i], captured);
    assert_null(strstr(captured, "aaaa")); /* no key */
}

static void
nothing_changed(void **state)
{
    (void)state;
    assert_said(usual(), usual(), NULL, 0);
}

static void
keys_come_and_go(void **state)
{
    (void)state;
    static const char *const gone[] = {"event=key-removed principal=finance place=next-key"};
    static const char *const came[] = {"event=key-added principal=finance place=next-key"};
    static const char *const all[] = {"event=key-removed principal=shop place=key"};
    list_t less = usual();
    less.directory.keys_count = 2;
    assert_said(usual(), less, gone, 1);
    assert_said(less, usual(), came, 1);
    list_t no_shop = usual();
    no_shop.keys[0] = no_shop.keys[1];
    no_shop.keys[1] = no_shop.keys[2];
    no_shop.directory.keys_count = 2;
    assert_said(usual(), no_shop, all, 1);
}

static void
a_key_goes_over_to_somebody_else(void **state)
{
    (void)state;
    static const char *const said[] = {"event=key-removed principal=shop place=key",
                                       "event=key-added principal=finance place=key"};
    list_t moved = usual();
    moved.keys[0].grant = 1;
    assert_said(usual(), moved, said, 2);
}

static void
the_rest_of_a_principal(void **state)
{
    (void)state;
    static const char *const roles[] = {
        "event=principal-changed principal=shop roles=\"front-office auditor\" serves=\"\""};
    static const char *const limits[] = {
        "event=principal-changed principal=shop roles=front-office serves=\"\" calls=7 "};
    static const char *const serves[] = {"principal=finance roles=\"\" serves=legal"};
    list_t list = usual();
    strcpy(list.grants[0].roles[list.grants[0].roles_count++], "auditor");
    assert_said(usual(), list, roles, 1);
    list = usual();
    list.grants[0].limits.calls_max = 7;
    assert_said(usual(), list, limits, 1);
    list = usual();
    strcpy(list.grants[1].serves[0], "legal");
    assert_said(usual(), list, serves, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_changed),
        cmocka_unit_test(keys_come_and_go),
        cmocka_unit_test(a_key_goes_over_to_somebody_else),
        cmocka_unit_test(the_rest_of_a_principal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
