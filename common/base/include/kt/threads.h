/* threads.h: the threads of a process, as Linux lists them in /proc. */
#ifndef KT_THREADS_H
#define KT_THREADS_H

#include <kt/def.h>
#include <sys/types.h>

/* ACT for each thread of PROCESS (0: this one). False: it was false for one of them, which keeps it
 * from none of the others; or they cannot be listed. */
bool
kt_threads_each(pid_t process, bool (*act)(pid_t thread, const void *context), const void *context);

#endif
