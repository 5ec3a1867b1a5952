/* defined.h: whether what the libraries of a program call is the program's own. */
#ifndef TEST_DEFINED_H
#define TEST_DEFINED_H

#include "testing.h"

#include <dlfcn.h>
#include <zmq.h>

/* NAME is found in this program, also by libzmq, which is loaded. */
static inline void
assert_defined_here(const char *name)
{
    static const char here;
    int major, minor, patch;
    void *found = dlsym(RTLD_DEFAULT, name);
    Dl_info where, own;

    zmq_version(&major, &minor, &patch);
    assert_non_null(found);
    assert_int_not_equal(dladdr(found, &where), 0);
    assert_int_not_equal(dladdr(&here, &own), 0);
    assert_ptr_equal(where.dli_fbase, own.dli_fbase);
}

#endif
