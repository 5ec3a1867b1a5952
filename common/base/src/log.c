#include <kt/log.h>
