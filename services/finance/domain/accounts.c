#include "domain/accounts.h"

#include "domain/path.h"
#include "domain/reason.h"

#include <kt/checked.h>

#define TEXT(span) (int)(span).size, (const char *)(span).data

static const char *const TYPES[] = {
    [FIN_TYPE_NONE] = "no type",        [FIN_TYPE_ASSET] = "ASSET",
    [FIN_TYPE_LIABILITY] = "LIABILITY", [FIN_TYPE_EQUITY] = "EQUITY",
    [FIN_TYPE_INCOME] = "INCOME",       [FIN_TYPE_EXPENSE] = "EXPENSE",
    [FIN_TYPE_SUSPENSE] = "SUSPENSE",   [FIN_TYPE_TRADING] = "TRADING",
};

static kt_status_t
reserved(kt_arena_t *arena, kt_span_t path)
{
    return kt_error(KT_FAILED_PRECONDITION, FIN_ACCOUNT_RESERVED,
                    kt_arena_printf(arena,
                                    "account %.*s is kept by the ledger itself: choose a name "
                                    "that is not below " FIN_PATH_TRADING,
                                    TEXT(path)));
}

/* COMMODITY_UNKNOWN for the first floor whose commodity the book does not know. */
static kt_status_t
check_floors_known(kt_arena_t *arena, kt_span_t path, const fin_floor_draft_t *floors,
                   uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (floors[i].commodity == 0)
            return kt_error(KT_NOT_FOUND, FIN_COMMODITY_UNKNOWN,
                            kt_arena_printf(arena,
                                            "account %.*s: commodity %.*s of a floor is not "
                                            "known in this book: declare it first",
                                            TEXT(path), TEXT(floors[i].symbol)));
    return kt_ok();
}

/* One rule of opening, over one draft. */
typedef kt_status_t (*open_rule_t)(kt_arena_t *arena, const fin_account_draft_t *draft,
                                   const fin_open_place_t *place,
                                   const fin_account_record_t *account);

static kt_status_t
rule_floors_known(kt_arena_t *arena, const fin_account_draft_t *draft,
                  const fin_open_place_t *place, const fin_account_record_t *account)
{
    (void)account;
    return place->there
               ? kt_ok()
               : check_floors_known(arena, draft->path, draft->floors, draft->floors_count);
}

static kt_status_t
rule_same_type(kt_arena_t *arena, const fin_account_draft_t *draft, const fin_open_place_t *place,
               const fin_account_record_t *account)
{
    if (draft->type == FIN_TYPE_NONE || draft->type == account->type)
        return kt_ok();
    return kt_error(KT_ALREADY_EXISTS, FIN_ACCOUNT_EXISTS,
                    kt_arena_printf(arena,
                                    "account %.*s %s type %s, not %s: use it as it is, or open "
                                    "one of another name",
                                    TEXT(draft->path),
                                    place->there ? "is there with" : "is asked for with",
                                    TYPES[account->type], TYPES[draft->type]));
}

static kt_status_t
rule_not_reserved(kt_arena_t *arena, const fin_account_draft_t *draft,
                  const fin_open_place_t *place, const fin_account_record_t *account)
{
    (void)account;
    return !place->there && fin_path_reserved(draft->path) ? reserved(arena, draft->path) : kt_ok();
}

static kt_status_t
rule_floors_hold(kt_arena_t *arena, const fin_account_draft_t *draft, const fin_open_place_t *place,
                 const fin_account_record_t *account)
{
    (void)account;
    for (uint32_t i = 0; !place->there && i < draft->floors_count; i++)
        if (draft->floors[i].amount_minor > 0)
            return kt_error(KT_FAILED_PRECONDITION, FIN_FLOOR_BROKEN,
                            kt_arena_printf(arena,
                                            "account %.*s begins with nothing, which is below its "
                                            "floor in %.*s: set the floor once it is funded",
                                            TEXT(draft->path), TEXT(draft->floors[i].symbol)));
    return kt_ok();
}

/* In the order of the reasons. */
static const open_rule_t OPEN_RULES[] = {
    rule_floors_known,
    rule_same_type,
    rule_not_reserved,
    rule_floors_hold,
};

/* The type of a place that has a draft: as it stands, as it was said, or as it follows. */
static fin_type_t
type_of_named(const fin_open_place_t *place, const fin_account_draft_t *drafts,
              const fin_open_facts_t *facts, const fin_account_record_t *accounts)
{
    fin_type_t said = drafts[place->draft].type;
    if (said == FIN_TYPE_NONE)
        said = fin_path_type(place->path);
    for (uint32_t above = place->parent; said == FIN_TYPE_NONE && above != FIN_NOWHERE;
         above = facts->places[above].parent)
        said = accounts[above].type; /* NONE where it is opened only because of what is below it */
    return said == FIN_TYPE_NONE ? FIN_TYPE_SUSPENSE : said;
}

static void
set_types(const fin_account_draft_t *drafts, const fin_open_facts_t *facts,
          fin_account_record_t *accounts)
{
    for (uint32_t i = 0; i < facts->places_count; i++) {
        const fin_open_place_t *place = &facts->places[i];
        if (place->there)
            accounts[i] = place->account;
        else if (place->draft != FIN_NOWHERE)
            accounts[i].type = type_of_named(place, drafts, facts, accounts);
    }
    for (uint32_t i = 0; i < facts->places_count; i++)
        if (accounts[i].type == FIN_TYPE_NONE)
            accounts[i].type = accounts[facts->place_of[facts->places[i].cause]].type;
}

static void
open_place(const fin_open_place_t *place, const fin_account_draft_t *drafts, uint32_t number,
           fin_account_record_t *account)
{
    account->path = place->path;
    account->number = number;
    if (place->draft == FIN_NOWHERE)
        return;
    const fin_account_draft_t *draft = &drafts[place->draft];
    account->title = draft->title;
    account->floors_count = draft->floors_count;
    for (uint32_t i = 0; i < draft->floors_count; i++)
        account->floors[i] = (fin_floor_record_t){.commodity = draft->floors[i].commodity,
                                                  .amount_minor = draft->floors[i].amount_minor};
}

/* TOO_MANY_ACCOUNTS for more than the book, or the call, has room for. */
static kt_status_t
check_room(kt_arena_t *arena, const fin_open_facts_t *facts, const fin_account_record_t *accounts,
           uint32_t opened)
{
    if (opened > FIN_ACCOUNTS_MAX - KT_MIN(facts->accounts, FIN_ACCOUNTS_MAX))
        return kt_error(KT_RESOURCE_EXHAUSTED, FIN_TOO_MANY_ACCOUNTS,
                        kt_arena_printf(arena, "a book has at most %d accounts", FIN_ACCOUNTS_MAX));
    size_t bytes = 0;
    for (uint32_t i = 0; i < facts->places_count; i++)
        if (!facts->places[i].there)
            bytes += FIN_OPEN_ACCOUNT_BYTES + accounts[i].path.size + accounts[i].title.size +
                     (size_t)accounts[i].floors_count * FIN_OPEN_FLOOR_BYTES;
    if (bytes <= FIN_OPEN_BYTES_MAX)
        return kt_ok();
    return kt_error(
        KT_RESOURCE_EXHAUSTED, FIN_TOO_MANY_ACCOUNTS,
        kt_arena_printf(arena,
                        "opening %u accounts takes %zu bytes, and one call has %d: open "
                        "them in several calls",
                        opened, bytes, FIN_OPEN_BYTES_MAX));
}

kt_status_t
fin_decide_open(kt_arena_t *arena, const fin_account_draft_t *drafts, uint32_t count,
                const fin_open_facts_t *facts, fin_open_effects_t *fx)
{
    fin_account_record_t *accounts = KT_ARENA_ARRAY(arena, fin_account_record_t,
                                                    facts->places_count);
    if (!accounts)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0,
                        "too many accounts at once: open fewer in one call");
    set_types(drafts, facts, accounts);
    for (size_t rule = 0; rule < KT_COUNT(OPEN_RULES); rule++)
        for (uint32_t i = 0; i < count; i++)
            KT_TRY(OPEN_RULES[rule](arena, &drafts[i], &facts->places[facts->place_of[i]],
                                    &accounts[facts->place_of[i]]));
    uint32_t opened = 0;
    for (uint32_t i = 0; i < facts->places_count; i++)
        if (!facts->places[i].there)
            open_place(&facts->places[i], drafts, facts->accounts + ++opened, &accounts[i]);
    KT_TRY(check_room(arena, facts, accounts, opened));
    *fx = (fin_open_effects_t){.accounts = accounts, .opened = opened};
    return kt_ok();
}

static kt_status_t
overflow(kt_arena_t *arena, kt_span_t path)
{
    return kt_error(
        KT_OUT_OF_RANGE, FIN_AMOUNT_OVERFLOW,
        kt_arena_printf(arena, "a sum on account %.*s does not fit 64 bits", TEXT(path)));
}

static kt_status_t
check_empty(kt_arena_t *arena, const fin_update_order_t *order, const fin_update_facts_t *facts)
{
    for (uint32_t i = 0; i < facts->standings_count; i++) {
        const fin_standing_t *standing = &facts->standings[i];
        bool held = standing->held.debit_minor != 0 || standing->held.credit_minor != 0;
        if (standing->posted.debit_minor == standing->posted.credit_minor && !held)
            continue;
        return kt_error(KT_FAILED_PRECONDITION, FIN_ACCOUNT_NOT_EMPTY,
                        kt_arena_printf(arena, "account %.*s cannot be closed: it has %s in %.*s",
                                        TEXT(order->path), held ? "active holds" : "a balance",
                                        TEXT(standing->symbol)));
    }
    return kt_ok();
}

static kt_status_t
check_floor(kt_arena_t *arena, const fin_floor_draft_t *floor, const fin_update_facts_t *facts)
{
    fin_turnover_t posted = {0}, held = {0};
    for (uint32_t i = 0; i < facts->standings_count; i++) {
        if (facts->standings[i].commodity != floor->commodity)
            continue;
        posted = facts->standings[i].posted;
        held = facts->standings[i].held;
    }
    bool debit = fin_type_is_debit(facts->account.type);
    int64_t have = debit ? posted.debit_minor : posted.credit_minor;
    int64_t gone = debit ? posted.credit_minor : posted.debit_minor;
    int64_t taken = debit ? held.credit_minor : held.debit_minor;
    int64_t balance, free_minor;
    if (!kt_sub_i64(have, gone, &balance) || !kt_sub_i64(balance, taken, &free_minor))
        return overflow(arena, facts->account.path);
    if (free_minor >= floor->amount_minor)
        return kt_ok();
    return kt_error(KT_FAILED_PRECONDITION, FIN_FLOOR_BROKEN,
                    kt_arena_printf(arena,
                                    "account %.*s has %lld minor units of %.*s less what is held, "
                                    "below the new floor of %lld",
                                    TEXT(facts->account.path), (long long)free_minor,
                                    TEXT(floor->symbol), (long long)floor->amount_minor));
}

kt_status_t
fin_decide_update(kt_arena_t *arena, const fin_update_order_t *order,
                  const fin_update_facts_t *facts, fin_account_record_t *account)
{
    uint32_t floors = order->set_floors ? order->floors_count : 0;
    KT_TRY(check_floors_known(arena, order->path, order->floors, floors));
    if (order->set_closed && order->closed)
        KT_TRY(check_empty(arena, order, facts));
    if (facts->account.type == FIN_TYPE_TRADING)
        return reserved(arena, order->path);
    for (uint32_t i = 0; i < floors; i++)
        KT_TRY(check_floor(arena, &order->floors[i], facts));

    *account = facts->account;
    if (order->set_title)
        account->title = order->title;
    if (order->set_closed)
        account->closed = order->closed;
    if (order->set_floors) {
        account->floors_count = floors;
        for (uint32_t i = 0; i < floors; i++)
            account->floors[i] = (fin_floor_record_t){
                .commodity = order->floors[i].commodity,
                .amount_minor = order->floors[i].amount_minor};
    }
    return kt_ok();
}
