#include "store/state.h"

void
fin_state_forget(fin_state_t *state)
{
    state->next_sequence = 0;
    state->book.part = 0;
    if (++state->generation ==
        0) /* so that nothing of four thousand million times ago comes back */
        memset(state, 0, sizeof(*state));
}

bool
fin_state_book(const fin_state_t *state, kt_span_t id, fin_book_record_t *book)
{
    if (state->book.part == 0 || !kt_span_equal(state->book.id, id))
        return false;
    *book = state->book;
    book->id = id;
    return true;
}

void
fin_state_put_book(fin_state_t *state, const fin_book_record_t *book)
{
    if (book->id.size > sizeof(state->book_id))
        return;
    memcpy(state->book_id, book->id.data, book->id.size);
    state->book = *book;
    state->book.id = kt_span(state->book_id, book->id.size);
    state->book.organization = kt_span(NULL, 0);
    state->book.title = kt_span(NULL, 0);
}

void
fin_state_account_soon(const fin_state_t *state, uint64_t hash)
{
    const fin_state_account_t *slot = &state->accounts[hash % FIN_STATE_ACCOUNTS];
    __builtin_prefetch(slot);
    __builtin_prefetch((const char *)(slot + 1) - 1); /* it may lie on two lines of the cache */
}

bool
fin_state_account(const fin_state_t *state, uint64_t part, uint64_t hash,
                  fin_account_record_t *account)
{
    const fin_state_account_t *slot = &state->accounts[hash % FIN_STATE_ACCOUNTS];
    if (slot->part != part || slot->generation != state->generation ||
        !kt_span_equal(kt_span(slot->path, slot->path_size), account->path))
        return false;
    account->number = slot->number;
    account->type = (fin_type_t)slot->type;
    account->closed = slot->closed;
    return true;
}

void
fin_state_put_account(fin_state_t *state, uint64_t part, uint64_t hash,
                      const fin_account_record_t *account)
{
    if (account->path.size > FIN_STATE_PATH_BYTES_MAX || account->floors_count > 0)
        return;
    fin_state_account_t *slot = &state->accounts[hash % FIN_STATE_ACCOUNTS];
    *slot = (fin_state_account_t){.part = part,
                                  .generation = state->generation,
                                  .number = account->number,
                                  .type = (uint8_t)account->type,
                                  .closed = account->closed,
                                  .path_size = (uint8_t)account->path.size};
    memcpy(slot->path, account->path.data, account->path.size);
}

bool
fin_state_commodity(const fin_state_t *state, uint64_t part, uint64_t hash,
                    fin_commodity_record_t *commodity)
{
    const fin_state_commodity_t *slot = &state->commodities[hash % FIN_STATE_COMMODITIES];
    if (slot->part != part || slot->generation != state->generation ||
        !kt_span_equal(kt_span(slot->symbol, slot->symbol_size), commodity->symbol))
        return false;
    commodity->number = slot->number;
    commodity->scale = slot->scale;
    return true;
}

void
fin_state_put_commodity(fin_state_t *state, uint64_t part, uint64_t hash,
                        const fin_commodity_record_t *commodity)
{
    if (commodity->symbol.size > FIN_SYMBOL_BYTES_MAX)
        return;
    fin_state_commodity_t *slot = &state->commodities[hash % FIN_STATE_COMMODITIES];
    *slot = (fin_state_commodity_t){.part = part,
                                    .generation = state->generation,
                                    .number = commodity->number,
                                    .scale = commodity->scale,
                                    .symbol_size = (uint8_t)commodity->symbol.size};
    memcpy(slot->symbol, commodity->symbol.data, commodity->symbol.size);
}

bool
fin_state_month(const fin_state_t *state, uint64_t part, int32_t month, fin_month_state_t *found)
{
    const fin_state_month_t *slot = &state->months[(uint32_t)month % FIN_STATE_MONTHS];
    if (slot->part != part || slot->generation != state->generation || slot->month != month)
        return false;
    *found = slot->state;
    return true;
}

void
fin_state_put_month(fin_state_t *state, uint64_t part, int32_t month, fin_month_state_t is)
{
    state->months[(uint32_t)month % FIN_STATE_MONTHS] = (fin_state_month_t){
        .part = part, .generation = state->generation, .month = month, .state = is};
}
