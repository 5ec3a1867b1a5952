#include <kt/time.h>
