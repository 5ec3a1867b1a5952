#include "codec/matters.h"
#include "handlers/matters.h"
#include "store/matters.h"

static kt_status_t
answer(kt_call_t *call, legal_deadline_record_t *deadline, legal_deadline_t *response)
{
    legal_date_deadlines(deadline, 1, legal_day_of(call->now_us));
    return kt_fields_to_pb(call, &legal_deadline_answer_layout, deadline, &response->base);
}

kt_status_t
legal_add_deadline(kt_call_t *call, const legal_add_deadline_request_t *request,
                   legal_deadline_t *response)
{
    legal_actor_t actor = legal_actor_of(call);
    legal_matter_record_t matter;
    legal_deadline_record_t draft, there;
    bool found = false;

    KT_TRY(legal_add_deadline_from_pb(call, request, &draft));
    KT_TRY(legal_store_load_matter(call, draft.matter, &matter));
    KT_TRY(legal_store_find_deadline(call, draft.matter, draft.deadline, &there, &found));
    const legal_tried_t add = legal_matter_try(&matter, LEGAL_MATTER_ADD_DEADLINE);
    KT_TRY(legal_keep(call, legal_decide_add_deadline(&actor, found, &matter, &draft), &add));
    KT_TRY(answer(call, &draft, response));
    KT_TRY(legal_store_put_matter(call, &matter));
    return legal_store_put_deadline(call, &draft);
}

kt_status_t
legal_meet_deadline(kt_call_t *call, const legal_meet_deadline_request_t *request,
                    legal_deadline_t *response)
{
    legal_actor_t actor = legal_actor_of(call);
    legal_matter_record_t matter;
    legal_deadline_record_t deadline;
    legal_meet_order_t order;

    KT_TRY(legal_meet_from_pb(call, request, &order));
    KT_TRY(legal_store_load_matter(call, order.matter, &matter));
    KT_TRY(legal_store_load_deadline(call, order.matter, order.deadline, &deadline));
    const legal_tried_t meet = legal_matter_try(&matter, LEGAL_MATTER_MEET_DEADLINE);
    KT_TRY(legal_keep(call, legal_decide_meet(&actor, &matter, &order, &deadline), &meet));
    KT_TRY(answer(call, &deadline, response));
    return legal_store_put_deadline(call, &deadline);
}

kt_status_t
legal_supersede_deadline(kt_call_t *call, const legal_supersede_deadline_request_t *request,
                         legal_deadline_t *response)
{
    legal_actor_t actor = legal_actor_of(call);
    legal_matter_record_t matter;
    legal_deadline_record_t old, newer;
    legal_supersede_order_t order;
    bool found = false;

    KT_TRY(legal_supersede_from_pb(call, request, &order));
    KT_TRY(legal_store_load_matter(call, order.matter, &matter));
    KT_TRY(legal_store_load_deadline(call, order.matter, order.deadline, &old));
    KT_TRY(legal_store_find_deadline(call, order.matter, order.new_deadline, &newer, &found));
    const legal_tried_t supersede = legal_matter_try(&matter, LEGAL_MATTER_SUPERSEDE_DEADLINE);
    KT_TRY(legal_keep(call,
                      legal_decide_supersede_deadline(&actor, found, &order, &matter, &old, &newer),
                      &supersede));
    KT_TRY(answer(call, &newer, response));
    KT_TRY(legal_store_put_matter(call, &matter));
    KT_TRY(legal_store_put_deadline(call, &old));
    return legal_store_put_deadline(call, &newer);
}

kt_status_t
legal_list_deadlines(kt_call_t *call, const legal_list_deadlines_request_t *request,
                     legal_list_deadlines_response_t *response)
{
    legal_deadlines_order_t order;
    legal_matter_record_t matter;
    kt_row_page_t rows;

    KT_TRY(legal_list_deadlines_from_pb(call, request, &order));
    if (order.matter.size > 0) {
        KT_TRY(legal_store_load_matter(call, order.matter, &matter));
        KT_TRY(legal_store_list_deadlines(call, order.matter, order.page.place, order.page.size,
                                          &rows));
    } else {
        KT_TRY(legal_store_list_due(call, order.first, order.last, order.page.place,
                                    order.page.size, &rows));
    }
    legal_date_deadlines((legal_deadline_record_t *)rows.rows, rows.count, order.on_date);
    KT_TRY(kt_fields_list_to_pb(call, &legal_deadline_answer_layout, rows.rows, rows.count,
                                &legal_deadline_descriptor, &response->n_deadlines,
                                (void ***)&response->deadlines));
    return kt_page_to_pb(call, &order.page, rows.next, &response->next_page_token);
}
