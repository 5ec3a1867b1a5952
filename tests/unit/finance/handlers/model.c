#include "model.h"

#include "handlers/books.h"

const char *const model_accounts[MODEL_ACCOUNTS] = {
    "assets:bank",        "assets:bank:a",      "assets:bank:b",
    "liabilities:loan",   "income:sales",       "expenses:rent",
    "equity:trading:USD", "equity:trading:EUR", "equity:trading:ACME",
};
const char *const model_commodities[MODEL_COMMODITIES] = {"USD", "EUR", "ACME"};
const int32_t model_scales[MODEL_COMMODITIES] = {2, 2, 0};

/* 2024-01-15; entries lie on every eleventh day of about four years, many on the same. */
#define FIRST_DATE 19737
#define DATES      130
#define DATE_STEP  11

void
model_format(int32_t date, char out[11])
{
    kt_date_format(kt_date_from_days(date), out);
}

void
model_open(model_t *model, office_t *office, uint64_t seed)
{
    model->lines_count = model->entries_count = 0;
    kt_prng_seed(&model->prng, seed);
    for (uint32_t i = 0; i < MODEL_TRADING; i++) {
        fin_account_t account = FIN_ACCOUNT_INIT, made = FIN_ACCOUNT_INIT;
        fin_open_account_request_t request = FIN_OPEN_ACCOUNT_REQUEST_INIT;
        account.book = "acme";
        account.account = (char *)model_accounts[i];
        request.account = &account;
        office_begin(office);
        assert_ok(
            office_end(office, fin_books_handlers.open_account(&office->call, &request, &made)));
    }
}

int32_t
model_date(model_t *model)
{
    int32_t step = (int32_t)kt_prng_below(&model->prng, DATES);
    return FIRST_DATE + step * DATE_STEP + (int32_t)kt_prng_below(&model->prng, 2);
}

static uint32_t
any(model_t *model, uint32_t bound)
{
    return (uint32_t)kt_prng_below(&model->prng, bound);
}

static int64_t
any_amount(model_t *model)
{
    return (int64_t)kt_prng_below(&model->prng, 100000) + 1;
}

/* Lines of an entry to be, as the office wants them and as the model keeps them. */
typedef struct plan {
    model_line_t lines[MODEL_DRAFT_LINES_MAX + 2];
    uint32_t drafted, count; /* the rest are the ledger's own */
} plan_t;

static void
add(plan_t *plan, uint32_t account, uint32_t commodity, int64_t amount_minor)
{
    plan->lines[plan->count++] = (model_line_t){
        .account = account, .commodity = commodity, .amount_minor = amount_minor};
}

static plan_t
make_plan(model_t *model)
{
    plan_t plan = {0};
    uint32_t commodity = any(model, MODEL_COMMODITIES);
    if (any(model, 5) == 0) {
        uint32_t other = (commodity + 1) % MODEL_COMMODITIES;
        int64_t given = any_amount(model), taken = any_amount(model);
        add(&plan, any(model, MODEL_TRADING), commodity, given);
        add(&plan, any(model, MODEL_TRADING), other, -taken);
        plan.drafted = 2;
        add(&plan, MODEL_TRADING + commodity, commodity, -given);
        add(&plan, MODEL_TRADING + other, other, taken);
        return plan;
    }
    int64_t sum = 0;
    for (uint32_t n = 1 + any(model, MODEL_DRAFT_LINES_MAX - 1); n > 0; n--) {
        int64_t amount = any(model, 3) ? any_amount(model) : -any_amount(model);
        add(&plan, any(model, MODEL_TRADING), commodity, amount);
        sum += amount;
    }
    if (sum == 0) { /* the last line is not to be zero */
        plan.lines[0].amount_minor *= 2;
        sum = plan.lines[0].amount_minor / 2;
    }
    add(&plan, any(model, MODEL_TRADING), commodity, -sum);
    plan.drafted = plan.count;
    return plan;
}

void
model_post(model_t *model, office_t *office)
{
    plan_t plan = make_plan(model);
    model_entry_t *entry = &model->entries[model->entries_count];
    office_line_t lines[MODEL_DRAFT_LINES_MAX];
    char date[11];
    assert_true(model->entries_count < MODEL_ENTRIES_MAX);
    assert_true(model->lines_count + plan.count <= MODEL_LINES_MAX);
    *entry = (model_entry_t){
        .date = model_date(model), .first_line = model->lines_count, .lines_count = plan.count};
    if (any(model, 4) == 0)
        (void)snprintf(entry->source_ref, sizeof entry->source_ref, "src-%u", model->entries_count);
    for (uint32_t i = 0; i < plan.drafted; i++)
        lines[i] = (office_line_t){model_accounts[plan.lines[i].account],
                                   model_commodities[plan.lines[i].commodity],
                                   plan.lines[i].amount_minor};
    model_format(entry->date, date);
    assert_ok(office_post(office, date, entry->source_ref, lines, plan.drafted, entry->name));
    /* The office's fiscal years begin in April. */
    kt_date_t posted = kt_date_from_days(entry->date);
    entry->year = posted.month >= 4 ? posted.year : posted.year - 1;
    for (uint32_t i = 0; i < plan.count; i++) {
        plan.lines[i].date = entry->date;
        plan.lines[i].entry = model->entries_count;
        model->lines[model->lines_count++] = plan.lines[i];
    }
    model->entries_count++;
}

fin_turnover_t
model_turnover(const model_t *model, uint32_t account, uint32_t commodity, int32_t at, bool below)
{
    fin_turnover_t sum = {0};
    size_t size = strlen(model_accounts[account]);
    for (uint32_t i = 0; i < model->lines_count; i++) {
        const model_line_t *line = &model->lines[i];
        const char *path = model_accounts[line->account];
        bool meant = line->account == account ||
                     (below && strncmp(path, model_accounts[account], size) == 0 &&
                      path[size] == ':');
        if (!meant || line->commodity != commodity || line->date > at)
            continue;
        if (line->amount_minor > 0)
            sum.debit_minor += line->amount_minor;
        else
            sum.credit_minor -= line->amount_minor;
    }
    return sum;
}

/* Whether A stands above B: of a later day, or of the same and posted later. */
static bool
above(const model_t *model, uint32_t a, uint32_t b)
{
    if (model->lines[a].date != model->lines[b].date)
        return model->lines[a].date > model->lines[b].date;
    return a > b;
}

uint32_t
model_below(const model_t *model, uint32_t account, uint32_t commodity, uint32_t before,
            int32_t from, int32_t at)
{
    uint32_t best = MODEL_LINES_MAX;
    for (uint32_t i = 0; i < model->lines_count; i++) {
        const model_line_t *line = &model->lines[i];
        if (line->account != account || line->commodity != commodity || line->date < from ||
            line->date > at)
            continue;
        if (before != MODEL_LINES_MAX && !above(model, before, i))
            continue;
        if (best == MODEL_LINES_MAX || above(model, i, best))
            best = i;
    }
    return best;
}

int64_t
model_balance_after(const model_t *model, uint32_t line)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < model->lines_count; i++)
        if (model->lines[i].account == model->lines[line].account &&
            model->lines[i].commodity == model->lines[line].commodity && !above(model, i, line))
            sum += model->lines[i].amount_minor;
    return sum;
}
