#include "plan.h"

#include "../display.h"

#include <math.h>
#include <stdlib.h>
#include <strings.h>

/* The largest sum of amounts that is planned for, in minor units. What is written needs 64 bits for
 * one side of it, which is half; decimal places that are only there for later come with room for
 * ten times as much. */
#define NEEDED_MAX 1.8e19
#define SPARE_MAX  9e17

bool
imp_plan_init(imp_plan_t *plan)
{
    *plan = (imp_plan_t){.accounts = cli_names_new(), .commodities = cli_names_new()};
    return plan->accounts && plan->commodities;
}

void
imp_plan_fini(imp_plan_t *plan)
{
    cli_names_destroy(&plan->accounts);
    cli_names_destroy(&plan->commodities);
    free(plan->by_number);
    *plan = (imp_plan_t){0};
}

/* The record of a commodity, new ones included; NULL when there is no room. */
static imp_commodity_t *
commodity_of(imp_plan_t *plan, const char *symbol)
{
    uint32_t before = cli_names_count(plan->commodities);
    uint32_t number = cli_names_add(plan->commodities, symbol);
    if (number == CLI_NAMES_NONE || number >= IMP_PLAN_COMMODITIES_MAX)
        return NULL;
    if (number < before)
        return &plan->by_number[number];
    imp_commodity_t *grown = realloc(plan->by_number, (number + 1) * sizeof *grown);
    if (!grown)
        return NULL;
    plan->by_number = grown;
    grown[number] = (imp_commodity_t){.scale = -1};
    return &grown[number];
}

bool
imp_plan_add(imp_plan_t *plan, const imp_entry_t *entry)
{
    plan->entries++;
    if (entry->problem) {
        plan->refused++;
        return true;
    }
    if (entry->lines_count == 0) {
        plan->empty++;
        return true;
    }
    plan->cut += entry->cut;
    plan->lines += entry->lines_count;
    if (!plan->first[0] || strcmp(entry->date, plan->first) < 0)
        memcpy(plan->first, entry->date, sizeof plan->first);
    if (strcmp(entry->date, plan->last) > 0)
        memcpy(plan->last, entry->date, sizeof plan->last);
    for (unsigned i = 0; i < entry->lines_count; i++) {
        const imp_line_t *line = &entry->lines[i];
        imp_commodity_t *c = commodity_of(plan, line->commodity);
        if (!c || cli_names_add(plan->accounts, line->account) == CLI_NAMES_NONE)
            return false;
        c->written = KT_MAX(c->written, line->amount.written);
        c->needed = KT_MAX(c->needed, line->amount.scale);
        c->magnitude += fabs((double)line->amount.digits) * pow(10, -line->amount.scale);
    }
    return true;
}

int
imp_plan_scale(const imp_commodity_t *commodity, int least)
{
    int scale = KT_MIN(KT_MAX(commodity->written, least), CLI_SCALE_MAX);
    while (scale > 0 && commodity->magnitude * pow(10, scale) >
                            (scale > commodity->needed ? SPARE_MAX : NEEDED_MAX))
        scale--;
    return scale;
}

int
imp_account_type(const char *account)
{
    /* Numbers of kantor.finance.v1.AccountType. */
    static const struct {
        const char *name;
        int type;
    } roots[] = {
        {"asset", 1},  {"liability", 2}, {"liabilitie", 2}, {"debt", 2},
        {"equity", 3}, {"income", 4},    {"revenue", 4},    {"expense", 5},
    };
    const int suspense = 6;
    account += account[0] == '(' || account[0] == '[';
    size_t size = strcspn(account, ":)]");
    for (unsigned i = 0; i < KT_COUNT(roots); i++) {
        size_t root = strlen(roots[i].name);
        bool plural = size == root + 1 && (account[root] == 's' || account[root] == 'S');
        if ((size == root || plural) && strncasecmp(account, roots[i].name, root) == 0)
            return roots[i].type;
    }
    return suspense;
}

bool
imp_sources_init(imp_sources_t *sources)
{
    sources->seen = kt_map_new(1024);
    return sources->seen != NULL;
}

void
imp_sources_fini(imp_sources_t *sources)
{
    kt_map_destroy(&sources->seen);
}

bool
imp_sources_next(imp_sources_t *sources, const char *prefix, const uint8_t digest[32],
                 char out[IMP_SOURCE_BYTES_MAX + 1])
{
    uint64_t key;
    char hex[33];
    memcpy(&key, digest, sizeof key);
    uintptr_t count = (uintptr_t)kt_map_get(sources->seen, key) + 1;
    if (!kt_map_put(sources->seen, key, (void *)count))
        return false;
    cli_hex(digest, 16, hex);
    snprintf(out, IMP_SOURCE_BYTES_MAX + 1, "%.*s:%s.%llu", IMP_SOURCE_PREFIX_BYTES_MAX, prefix,
             hex, (unsigned long long)count);
    return true;
}
