/* Made by protoc-gen-kantor. Do not edit. */
#ifndef KANTOR_SETS_SAMPLE_KT_H
#define KANTOR_SETS_SAMPLE_KT_H

#include <kt/method.h>

/* Made from:
 *   sample/v1/types.proto
 *   sample/v1/shop.proto
 * Its files hold what these need as well. */
extern const kt_proto_set_t sample_proto_set;

#endif
