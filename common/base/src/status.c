#include <kt/status.h>
