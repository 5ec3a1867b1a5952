#include "handlers/budgets.h"

#include "codec/budgets.h"
#include "codec/shape.h"
#include "handlers/kept.h"
#include "store/budgets.h"

/* ---- cost centres ---- */

static kt_status_t
create_cost_centre(kt_call_t *call, const fin_create_cost_centre_request_t *request,
                   fin_cost_centre_t *response)
{
    fin_cost_centre_record_t record;
    bool found = false;
    KT_TRY(fin_cost_centre_from_pb(call, request, &record));
    KT_TRY(fin_store_has_cost_centre(call, record.book, record.cost_centre, &found));
    if (found)
        return kt_error(KT_ALREADY_EXISTS, FIN_COST_CENTRE_EXISTS,
                        "the book has a cost centre of that name");
    KT_TRY(fin_cost_centre_to_pb(call, &record, response));
    return fin_store_apply_cost_centre(call, &record);
}

static kt_status_t
get_cost_centre(kt_call_t *call, const fin_get_cost_centre_request_t *request,
                fin_cost_centre_t *response)
{
    kt_span_t book, name;
    fin_cost_centre_record_t record;
    KT_TRY(fin_shape_book(call, request->book, "book", &book));
    KT_TRY(fin_name_from_pb(call, request->cost_centre, "cost_centre", &name));
    KT_TRY(fin_store_load_cost_centre(call, book, name, &record));
    return fin_cost_centre_to_pb(call, &record, response);
}

static kt_status_t
list_cost_centres(kt_call_t *call, const fin_list_cost_centres_request_t *request,
                  fin_list_cost_centres_response_t *response)
{
    kt_span_t book;
    fin_listing_t listing;
    KT_TRY(fin_shape_book(call, request->book, "book", &book));
    KT_TRY(fin_listing_from_pb(call, request->page_size, request->page_token,
                               (const char *const[]){request->book}, 1, &listing));
    KT_TRY(fin_store_list_cost_centres(call, book, &listing));
    return fin_cost_centres_to_pb(call, &listing, response);
}

/* ---- budgets ---- */

static kt_status_t
set_budget(kt_call_t *call, const fin_set_budget_request_t *request, fin_budget_t *response)
{
    fin_budget_record_t order;
    fin_budget_facts_t facts;
    fin_budget_work_t work;
    KT_TRY(fin_set_budget_from_pb(call, request, &order));
    KT_TRY(fin_store_load_set_budget(call, &order, &facts, &work));
    KT_TRY(fin_decide_set_budget(call->arena, &facts, call->now_us, &order));
    KT_TRY(fin_budget_to_pb(call, &order, response));
    return fin_store_apply_budget(call, &work, &order);
}

static kt_status_t
get_budget(kt_call_t *call, const fin_get_budget_request_t *request, fin_budget_t *response)
{
    fin_budget_record_t order, budget;
    KT_TRY(fin_get_budget_from_pb(call, request, &order));
    KT_TRY(fin_store_load_budget(call, &order, &budget));
    return fin_budget_to_pb(call, &budget, response);
}

static kt_status_t
list_budgets(kt_call_t *call, const fin_list_budgets_request_t *request,
             fin_list_budgets_response_t *response)
{
    kt_span_t book, cost_centre = {0};
    fin_listing_t listing;
    KT_TRY(fin_shape_book(call, request->book, "book", &book));
    if (request->cost_centre[0] != '\0')
        KT_TRY(fin_name_from_pb(call, request->cost_centre, "cost_centre", &cost_centre));
    KT_TRY(fin_listing_from_pb(call, request->page_size, request->page_token,
                               (const char *const[]){request->book, request->cost_centre}, 2,
                               &listing));
    KT_TRY(fin_store_list_budgets(call, book, cost_centre, &listing));
    return fin_budgets_to_pb(call, &listing, response);
}

/* ---- reservations ---- */

static kt_status_t
reserve(kt_call_t *call, const fin_reserve_request_t *request, fin_reservation_t *response)
{
    fin_reservation_facts_t facts = {0};
    fin_budget_work_t work;
    KT_TRY(fin_reserve_from_pb(call, request, &facts.reservation));
    KT_TRY(fin_store_load_reserve_budget(call, &facts, &work));
    KT_TRY(fin_decide_reserve_budget(call->arena, call->now_us, &facts));
    KT_TRY(
        fin_reservation_to_pb(call, &facts.reservation, facts.budget.allowance.seen_us, response));
    return fin_store_apply_reservation(call, &work, &facts);
}

static kt_status_t
commit(kt_call_t *call, const fin_commit_request_t *request, fin_reservation_t *response)
{
    kt_span_t name, reference;
    fin_reservation_facts_t facts;
    fin_budget_work_t work;
    KT_TRY(fin_name_from_pb(call, request->reservation, "reservation", &name));
    KT_TRY(fin_reference_from_pb(call, request, &reference));
    KT_TRY(fin_store_load_reservation_facts(call, name, &facts, &work));
    fin_attempt_t attempt = {&fin_reservation_machine, name, facts.reservation.state,
                             FIN_RESERVATION_COMMIT};
    KT_TRY(fin_kept(call, &attempt,
                    fin_decide_commit_budget(call->arena, call->now_us, reference, &facts)));
    KT_TRY(
        fin_reservation_to_pb(call, &facts.reservation, facts.budget.allowance.seen_us, response));
    return fin_store_apply_reservation(call, &work, &facts);
}

static kt_status_t
release(kt_call_t *call, const fin_release_request_t *request, fin_reservation_t *response)
{
    kt_span_t name;
    fin_reservation_facts_t facts;
    fin_budget_work_t work;
    KT_TRY(fin_name_from_pb(call, request->reservation, "reservation", &name));
    KT_TRY(fin_store_load_reservation_facts(call, name, &facts, &work));
    fin_attempt_t attempt = {&fin_reservation_machine, name, facts.reservation.state,
                             FIN_RESERVATION_RELEASE};
    KT_TRY(fin_kept(call, &attempt, fin_decide_release_budget(call->arena, call->now_us, &facts)));
    KT_TRY(
        fin_reservation_to_pb(call, &facts.reservation, facts.budget.allowance.seen_us, response));
    return fin_store_apply_reservation(call, &work, &facts);
}

static kt_status_t
get_reservation(kt_call_t *call, const fin_get_reservation_request_t *request,
                fin_reservation_t *response)
{
    kt_span_t name;
    fin_reservation_record_t reservation;
    KT_TRY(fin_name_from_pb(call, request->reservation, "reservation", &name));
    KT_TRY(fin_store_load_reservation(call, name, &reservation));
    return fin_reservation_to_pb(call, &reservation, call->now_us, response);
}

static kt_status_t
list_reservations(kt_call_t *call, const fin_list_reservations_request_t *request,
                  fin_list_reservations_response_t *response)
{
    kt_span_t book, cost_centre;
    fin_listing_t listing;
    KT_TRY(fin_shape_book(call, request->book, "book", &book));
    KT_TRY(fin_name_from_pb(call, request->cost_centre, "cost_centre", &cost_centre));
    KT_TRY(fin_listing_from_pb(call, request->page_size, request->page_token,
                               (const char *const[]){request->book, request->cost_centre}, 2,
                               &listing));
    KT_TRY(fin_store_list_reservations(call, book, cost_centre, &listing));
    return fin_reservations_to_pb(call, &listing, response);
}

const fin_budgets_handlers_t fin_budgets_handlers = {
    .create_cost_centre = create_cost_centre,
    .get_cost_centre = get_cost_centre,
    .list_cost_centres = list_cost_centres,
    .set_budget = set_budget,
    .get_budget = get_budget,
    .list_budgets = list_budgets,
    .reserve = reserve,
    .commit = commit,
    .release = release,
    .get_reservation = get_reservation,
    .list_reservations = list_reservations,
};
