/* reach.h: how a target's state is written. */
#ifndef CLI_IT_REACH_H
#define CLI_IT_REACH_H

#include "page.h"

#include <kantor/it/v1/networks.kt.h>

static inline const char *
it_state_text(const it_probe_target_t *target)
{
    return target->reachability == IT_REACHABILITY_UNKNOWN
               ? "UNKNOWN"
               : it_enum_text(&it_reachability_descriptor, (int)target->reachability,
                              "REACHABILITY_");
}

#endif
