/* hires.h: hires and leaves from the wire, and as what their processes begin with. */
#ifndef LEGAL_CODEC_HIRES_H
#define LEGAL_CODEC_HIRES_H

#include "domain/hires.h"

#include <kantor/legal/v1/hires.kt.h>
#include <kt/fields.h>
#include <kt/process_variables.h>

kt_status_t legal_hire_from_pb(kt_call_t *call, const legal_start_hire_request_t *request,
                               legal_hire_record_t *draft);
kt_status_t legal_leave_from_pb(kt_call_t *call, const legal_start_leave_request_t *request,
                                legal_leave_record_t *draft);

/* The variables of hire and leave (processes/). */
kt_variables_t legal_hire_variables(kt_call_t *call, const legal_hire_record_t *hire);
kt_variables_t legal_leave_variables(kt_call_t *call, const legal_leave_record_t *leave);

#endif
