#include <kt/pack.h>
