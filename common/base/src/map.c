#include <kt/map.h>
