#include <kt/ulid.h>
