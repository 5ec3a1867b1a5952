#include <kt/def.h>

#include <stdio.h>
#include <stdlib.h>

_Noreturn void
kt_assert_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "%s:%d: broken assumption: %s\n", file, line, condition);
    abort();
}
