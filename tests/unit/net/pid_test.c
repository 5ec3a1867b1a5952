/* The getpid of Kantor's programs: it says what the kernel says, after a fork as well, and libzmq
 * is answered by it. */
#include "defined.h"

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t
kernels(void)
{
    return (pid_t)syscall(SYS_getpid);
}

static void
it_says_what_the_kernel_says(void **state)
{
    (void)state;
    assert_int_equal(getpid(), kernels());
    assert_int_equal(getpid(), kernels());
}

static void
a_child_has_its_own(void **state)
{
    (void)state;
    pid_t parent = getpid(), child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(getpid() == kernels() && getpid() != parent ? 0 : 1);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(getpid(), parent);
}

/* Where libzmq, which is loaded, finds it. */
static void
libraries_find_it(void **state)
{
    (void)state;
    assert_defined_here("getpid");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_says_what_the_kernel_says),
        cmocka_unit_test(a_child_has_its_own),
        cmocka_unit_test(libraries_find_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
