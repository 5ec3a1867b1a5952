#include "balance.h"

#include <stdio.h>

void
imp_balance_init(imp_balance_t *balance)
{
    balance->count = 0;
}

/* "(budget:food)": a virtual posting that need not balance. */
static bool
is_unbalanced_virtual(const char *account)
{
    return account[0] == '(' && account[strlen(account) - 1] == ')';
}

bool
imp_balance_add(imp_balance_t *balance, const imp_line_t *line, bool posted)
{
    unsigned i = 0;
    while (i < balance->count && strcmp(balance->sums[i].commodity, line->commodity) != 0)
        i++;
    if (i == IMP_COMMODITIES_MAX)
        return false;
    if (i == balance->count) {
        balance->sums[i].commodity = line->commodity;
        balance->sums[i].real = balance->sums[i].posted = 0;
        balance->count++;
    }
    imp_sum_t amount = line->amount.digits;
    for (int scale = line->amount.scale; scale < CLI_SCALE_MAX; scale++)
        amount *= 10; /* 64 bits times 10^18 fit 128 bits */
    if (!is_unbalanced_virtual(line->account) &&
        __builtin_add_overflow(balance->sums[i].real, amount, &balance->sums[i].real))
        return false;
    return !posted ||
           !__builtin_add_overflow(balance->sums[i].posted, amount, &balance->sums[i].posted);
}

/* How far SUM is from zero, for people. */
static const char *
difference(imp_sum_t sum, const char *commodity, kt_arena_t *arena)
{
    int scale = CLI_SCALE_MAX;
    while (scale > 0 && sum % 10 == 0) {
        sum /= 10;
        scale--;
    }
    char text[CLI_AMOUNT_CHARS] = "a large amount";
    if (sum >= INT64_MIN && sum <= INT64_MAX)
        cli_amount_format((int64_t)sum, scale, text);
    return kt_arena_printf(
        arena,
        "does not balance: its postings in %s add up to %s; if it is balanced at "
        "cost, --unbalanced=all takes it",
        commodity, text);
}

const char *
imp_balance_problem(const imp_balance_t *balance, imp_unbalanced_t unbalanced, kt_arena_t *arena)
{
    unsigned above = 0, below = 0, money = UINT32_MAX, any = 0;
    for (unsigned i = 0; i < balance->count; i++) {
        imp_sum_t sum = balance->sums[i].real;
        if (sum == 0)
            continue;
        above += sum > 0;
        below += sum < 0;
        any = i;
        if (imp_is_money(balance->sums[i].commodity))
            money = i;
    }
    bool exchange = above > 0 && below > 0;
    if (above + below == 0 || exchange || unbalanced == IMP_TAKE)
        return NULL;
    if (unbalanced == IMP_AT_COST && money == UINT32_MAX)
        return NULL;
    any = money != UINT32_MAX ? money : any;
    return difference(balance->sums[any].real, balance->sums[any].commodity, arena);
}

bool
imp_balance_one_sided(const imp_balance_t *balance)
{
    bool above = false, below = false;
    for (unsigned i = 0; i < balance->count; i++) {
        above = above || balance->sums[i].posted > 0;
        below = below || balance->sums[i].posted < 0;
    }
    return above != below;
}
