#include <kt/hist.h>
