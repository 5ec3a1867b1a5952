/* The domain cannot see the contracts, so it writes their numbers anew: here both are seen, and
 * compared. */
#include "testing.h"

#include "domain/accounts.h"
#include "domain/assets.h"
#include "domain/reason.h"
#include "domain/sla.h"

#include <kantor/it/v1/accounts.kt.h>
#include <kantor/it/v1/desk.kt.h>
#include <kantor/it/v1/reason.kt.h>

typedef struct named {
    const char *name;
    int value;
} named_t;

#define REASON(name)                                                                               \
    {                                                                                              \
#name, IT_##name                                                                           \
    }
/* The ranges of the service desk, of software, and of assets and accounts. */
static const named_t REASONS[] = {
    REASON(CALENDAR_UNKNOWN),    REASON(LEVEL_UNKNOWN),      REASON(TICKET_UNKNOWN),
    REASON(TICKET_EXISTS),       REASON(NOT_OWN_TICKET),     REASON(TICKET_STATE),
    REASON(TICKET_FULL),         REASON(PRODUCT_UNKNOWN),    REASON(LICENCE_UNKNOWN),
    REASON(PRODUCT_EXISTS),      REASON(LICENCE_EXISTS),     REASON(LICENCE_ENDED),
    REASON(LICENCE_NOT_IN_TERM), REASON(EMPLOYEE_CLEARED),   REASON(SEATS_EXHAUSTED),
    REASON(TOO_MANY_SEATS),      REASON(ACCOUNT_UNKNOWN),    REASON(ASSET_UNKNOWN),
    REASON(ACCOUNT_EXISTS),      REASON(ASSET_EXISTS),       REASON(REFERENCE_EXISTS),
    REASON(ACCOUNT_STATE),       REASON(NOT_STARTED),        REASON(POLICIES_OPEN),
    REASON(SUSPENSION_STANDS),   REASON(ASSET_STATE),        REASON(ACCOUNT_STILL_OPEN),
    REASON(SEATS_HELD),          REASON(ASSETS_OUTSTANDING), REASON(OUT_OF_STOCK),
    REASON(TOO_MANY_ASSETS),     REASON(REFERENCE_RELEASED), REASON(REFERENCE_OF_ANOTHER),
};

static const named_t ACCOUNT[] = {
    {"ACCOUNT_PREPARED", IT_ACCOUNT_PREPARED},
    {"ACCOUNT_OPEN", IT_ACCOUNT_OPEN},
    {"ACCOUNT_SUSPENDED", IT_ACCOUNT_SUSPENDED},
    {"ACCOUNT_CLOSED", IT_ACCOUNT_CLOSED},
};
static const named_t ASSET[] = {
    {"ASSET_IN_STOCK", IT_ASSET_IN_STOCK},
    {"ASSET_ASSIGNED", IT_ASSET_ASSIGNED},
    {"ASSET_LOST", IT_ASSET_LOST},
    {"ASSET_RETIRED", IT_ASSET_RETIRED},
};
static const named_t PRIORITY[] = {
    {"CRITICAL", IT_URGENCY_CRITICAL},
    {"HIGH", IT_URGENCY_HIGH},
    {"NORMAL", IT_URGENCY_NORMAL},
    {"LOW", IT_URGENCY_LOW},
};
static const named_t KIND[] = {
    {"REQUEST", IT_TICKET_REQUEST},
    {"INCIDENT", IT_TICKET_INCIDENT},
};
static const named_t STATE[] = {
    {"TICKET_NEW", IT_TICKET_NEW},         {"TICKET_IN_PROGRESS", IT_TICKET_IN_PROGRESS},
    {"TICKET_WAITING", IT_TICKET_WAITING}, {"TICKET_RESOLVED", IT_TICKET_RESOLVED},
    {"TICKET_CLOSED", IT_TICKET_CLOSED},
};
static const named_t COMMAND[] = {
    {"TICKET_OPEN", IT_TICKET_DO_OPEN},
    {"TICKET_ASSIGN", IT_TICKET_DO_ASSIGN},
    {"TICKET_RESPOND", IT_TICKET_DO_RESPOND},
    {"TICKET_PAUSE", IT_TICKET_DO_PAUSE},
    {"TICKET_RESUME", IT_TICKET_DO_RESUME},
    {"TICKET_RESOLVE", IT_TICKET_DO_RESOLVE},
    {"TICKET_REOPEN", IT_TICKET_DO_REOPEN},
    {"TICKET_CLOSE", IT_TICKET_DO_CLOSE},
    {"TICKET_CHANGE_PRIORITY", IT_TICKET_DO_CHANGE_PRIORITY},
    {"TICKET_COMMENT", IT_TICKET_DO_COMMENT},
};
static const named_t CLOCK[] = {
    {"CLOCK_RESPONSE", IT_CLOCK_RESPONSE},
    {"CLOCK_RESOLUTION", IT_CLOCK_RESOLUTION},
};

/* Every name below LIMIT but the zero one is in the list, with its number, and no others are. */
static void
same(const ProtobufCEnumDescriptor *type, const named_t *list, size_t count, int limit)
{
    size_t seen = 0;
    for (unsigned i = 0; i < type->n_values; i++) {
        if (type->values[i].value == 0 || type->values[i].value >= limit)
            continue;
        seen++;
        size_t at = 0;
        while (at < count && strcmp(list[at].name, type->values[i].name) != 0)
            at++;
        if (at == count || list[at].value != type->values[i].value)
            fail_msg("%s: %s", type->name, type->values[i].name);
    }
    assert_int_equal(seen, count);
}

static void
numbers_are_those_of_the_contract(void **state)
{
    (void)state;
    same(&it_reason_descriptor, REASONS, KT_COUNT(REASONS), 1150);
    same(&it_account_status_descriptor, ACCOUNT, KT_COUNT(ACCOUNT), 100);
    same(&it_asset_state_descriptor, ASSET, KT_COUNT(ASSET), 100);
    same(&it_priority_descriptor, PRIORITY, KT_COUNT(PRIORITY), 100);
    same(&it_ticket_kind_descriptor, KIND, KT_COUNT(KIND), 100);
    same(&it_ticket_state_descriptor, STATE, KT_COUNT(STATE), 100);
    same(&it_ticket_command_descriptor, COMMAND, KT_COUNT(COMMAND), 100);
    same(&it_clock_kind_descriptor, CLOCK, KT_COUNT(CLOCK), 100);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_those_of_the_contract),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
