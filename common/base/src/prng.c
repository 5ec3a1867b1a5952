#include <kt/prng.h>
