/* Made by protoc-gen-kantor from sample/v1/types.proto. Do not edit. */
#ifndef SAMPLE_V1_TYPES_CLIENT_KT_H
#define SAMPLE_V1_TYPES_CLIENT_KT_H

#include <sample/v1/types.kt.h>
#include <kt/client.h>

#endif
