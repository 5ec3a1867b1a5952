/*
 * follow.h: taking the events of other departments. One ReadEvents is kept open at each department
 * that is followed; what it brings goes into the department's own Feed/TakeEvents, through its own
 * front door, where the cursor and the effects are one write. So nothing is taken twice or left
 * out, whoever dies when.
 */
#ifndef KT_SERVICE_FOLLOW_H
#define KT_SERVICE_FOLLOW_H

#include <kt/shell.h>

#define KT_FOLLOWS_MAX 16 /* departments */
/* Events in one ReadEvents and TakeEvents; fewer while the department cannot take as many at once.
 */
#define KT_FOLLOW_BATCH_MAX 100
/* How long one ReadEvents waits for news, and how long it may be away. */
#define KT_FOLLOW_WAIT_MS    20000
#define KT_FOLLOW_TIMEOUT_MS 30000

struct kt_shell;
struct kt_follow;

/* Makes it for the departments that the service follows, as a source of shell->caller. */
kt_status_t kt_follow_new(struct kt_shell *shell, struct kt_follow **follow);
/* After the caller's end. */
void kt_follow_destroy(struct kt_follow **follow);

#endif
