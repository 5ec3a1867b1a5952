/* What every department may have to ask people to settle. */
#include <kt/process.h>

static const kt_step_t events_lost[] = {
    {
        .name = "settle",
        .what = "People have settled what followed from the lost events",
        .kind = KT_STEP_COMMAND,
        .class = KT_STEP_RETRIABLE,
        .owner = "it.operator",
    },
};
static const char *const events_lost_variables[] = {
    "department", "lost", "first", "last", "epoch", "put_back_us", "by", "from", NULL,
};
const kt_process_table_t kt_process_events_lost = {
    .name = "events-lost",
    .what = "A department was put back and does not know any more what was taken of it",
    .version = 1,
    .steps = events_lost,
    .steps_count = KT_COUNT(events_lost),
    .variables = events_lost_variables,
};

const kt_process_table_t *const kt_process_raised[] = {&kt_process_events_lost, NULL};
