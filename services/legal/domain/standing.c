/* How a contract stands on a date: a function of its record and the date. */
#include "domain/contracts.h"

/* The last day by the terms and the notice alone; KT_DATE_NONE: none. */
static int32_t
end_by_terms(const legal_contract_record_t *contract, const legal_clear_t *clear)
{
    if (contract->notice_given_on != KT_DATE_NONE)
        return legal_end_by_notice(clear, contract->notice_given_on);
    return clear->open || clear->renews ? KT_DATE_NONE : clear->first_end;
}

/* The first day on which something put an end to it; KT_DATE_NONE: nothing did. */
static int32_t
ended_from(const legal_contract_record_t *contract)
{
    if (contract->state == LEGAL_TERMINATED)
        return contract->terminated_on;
    return contract->state == LEGAL_SUPERSEDED ? contract->superseded_on : KT_DATE_NONE;
}

static int32_t
earlier_end(int32_t a, int32_t b)
{
    if (a == KT_DATE_NONE || b == KT_DATE_NONE)
        return a == KT_DATE_NONE ? b : a;
    return KT_MIN(a, b);
}

static legal_status_t
status_on(const legal_contract_record_t *contract, int32_t day, int32_t end)
{
    int32_t ended = ended_from(contract);
    if (contract->state < LEGAL_SIGNED || contract->state == LEGAL_VOID)
        return (legal_status_t)contract->state;
    if (ended != KT_DATE_NONE && day >= ended)
        return (legal_status_t)contract->state;
    if (day < contract->terms.starts_on)
        return LEGAL_SIGNED;
    if (end != KT_DATE_NONE && day > end)
        return LEGAL_EXPIRED;
    bool noticed = contract->notice_given_on != KT_DATE_NONE && day >= contract->notice_given_on;
    return noticed ? LEGAL_NOTICE : LEGAL_ACTIVE;
}

legal_standing_t
legal_stand(const legal_contract_record_t *contract, int32_t day)
{
    legal_clear_t clear;
    legal_standing_t standing = {.first_end = KT_DATE_NONE,
                                 .current_end = KT_DATE_NONE,
                                 .notice_deadline = KT_DATE_NONE,
                                 .ends_on = KT_DATE_NONE};
    standing.problem = legal_terms_clear(&contract->terms, &clear);
    if (standing.problem != LEGAL_NO_PROBLEM) {
        standing.status = (legal_status_t)contract->state;
        return standing;
    }
    int32_t by_terms = end_by_terms(contract, &clear);
    int32_t ended = ended_from(contract);
    legal_term_t term = legal_term_on(&clear, day);
    standing.status = status_on(contract, day, by_terms);
    standing.first_end = clear.first_end;
    standing.ends_on = earlier_end(by_terms, ended == KT_DATE_NONE ? ended : ended - 1);
    standing.current_end = earlier_end(term.end, standing.ends_on);
    bool noticed = contract->notice_given_on != KT_DATE_NONE && day >= contract->notice_given_on;
    if (!noticed && ended == KT_DATE_NONE)
        standing.notice_deadline = term.deadline;
    return standing;
}

bool
legal_overlap(const legal_contract_record_t *a, const legal_contract_record_t *b)
{
    const legal_contract_record_t *both[] = {a, b};
    int32_t from = LEGAL_DAY_MIN, to = LEGAL_DAY_MAX;
    for (size_t i = 0; i < KT_COUNT(both); i++) {
        legal_standing_t standing = legal_stand(both[i], both[i]->terms.starts_on);
        if (standing.problem != LEGAL_NO_PROBLEM)
            return false;
        from = KT_MAX(from, both[i]->terms.starts_on);
        if (standing.ends_on != KT_DATE_NONE)
            to = KT_MIN(to, standing.ends_on);
    }
    return from <= to;
}
