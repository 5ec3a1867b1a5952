#include <kt/span.h>
