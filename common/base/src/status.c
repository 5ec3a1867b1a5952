#include <kt/status.h>

#include <string.h>

static const char *const code_names[KT_CODE_COUNT] = {
    [KT_OK] = "OK",
    [KT_CANCELLED] = "CANCELLED",
    [KT_UNKNOWN] = "UNKNOWN",
    [KT_INVALID_ARGUMENT] = "INVALID_ARGUMENT",
    [KT_DEADLINE_EXCEEDED] = "DEADLINE_EXCEEDED",
    [KT_NOT_FOUND] = "NOT_FOUND",
    [KT_ALREADY_EXISTS] = "ALREADY_EXISTS",
    [KT_PERMISSION_DENIED] = "PERMISSION_DENIED",
    [KT_RESOURCE_EXHAUSTED] = "RESOURCE_EXHAUSTED",
    [KT_FAILED_PRECONDITION] = "FAILED_PRECONDITION",
    [KT_ABORTED] = "ABORTED",
    [KT_OUT_OF_RANGE] = "OUT_OF_RANGE",
    [KT_UNIMPLEMENTED] = "UNIMPLEMENTED",
    [KT_INTERNAL] = "INTERNAL",
    [KT_UNAVAILABLE] = "UNAVAILABLE",
    [KT_DATA_LOSS] = "DATA_LOSS",
    [KT_UNAUTHENTICATED] = "UNAUTHENTICATED",
};

const char *
kt_code_name(uint32_t code)
{
    return code < KT_CODE_COUNT ? code_names[code] : "CODE_?";
}

bool
kt_code_from_name(const char *name, kt_code_t *code)
{
    for (uint32_t i = 0; i < KT_CODE_COUNT; i++) {
        if (strcmp(name, code_names[i]) == 0) {
            *code = (kt_code_t)i;
            return true;
        }
    }
    return false;
}
