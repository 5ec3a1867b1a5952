/* contract_machine.h: the guards of the contracts' machine, and one step by it. */
#ifndef LEGAL_CONTRACT_MACHINE_H
#define LEGAL_CONTRACT_MACHINE_H

#include "domain/contracts.h"

enum {
    LEGAL_IF_FIT,
    LEGAL_IF_MINE,
    LEGAL_IF_READY,
    LEGAL_IF_MINE_READY,
    LEGAL_IF_MAY_APPROVE,
    LEGAL_IF_FRESH,
    LEGAL_IF_OPENS,
    LEGAL_IF_OPENER,
    LEGAL_IF_SIDE_FREE,
    LEGAL_IF_BOTH,
    LEGAL_IF_NOTICE,
    LEGAL_IF_NOT_OVER,
    LEGAL_IF_SAME_DAY,
    LEGAL_IF_SUCCESSOR,
    LEGAL_IF_SAME_SUCCESSOR,
    LEGAL_GUARDS_COUNT,
};

/* The contract one step on, or a refusal; WHY says what does not hold, where a guard does not. */
kt_status_t legal_step(const legal_case_t *at, legal_command_t command, uint32_t holds,
                       kt_status_t why, legal_contract_record_t *next);

#endif
