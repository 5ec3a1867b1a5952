/* matters.h: the handlers of Matters. */
#ifndef LEGAL_HANDLERS_MATTERS_H
#define LEGAL_HANDLERS_MATTERS_H

#include "domain/matters.h"
#include "handlers/actor.h"

#include <kantor/legal/v1/matters.kt.h>

extern const legal_matters_handlers_t legal_matters_handlers;

/* What is tried on a matter, for refusals that are kept. */
static inline legal_tried_t
legal_matter_try(const legal_matter_record_t *matter, legal_matter_command_t command)
{
    return (legal_tried_t){
        .what = "matter",
        .id = matter->matter,
        .machine = &legal_matter_machine,
        .state = matter->state,
        .command = command,
    };
}

/* deadlines.c */
kt_status_t legal_add_deadline(kt_call_t *call, const legal_add_deadline_request_t *request,
                               legal_deadline_t *response);
kt_status_t legal_meet_deadline(kt_call_t *call, const legal_meet_deadline_request_t *request,
                                legal_deadline_t *response);
kt_status_t
legal_supersede_deadline(kt_call_t *call, const legal_supersede_deadline_request_t *request,
                         legal_deadline_t *response);
kt_status_t legal_list_deadlines(kt_call_t *call, const legal_list_deadlines_request_t *request,
                                 legal_list_deadlines_response_t *response);

#endif
