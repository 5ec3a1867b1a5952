#include <kt/arena.h>
