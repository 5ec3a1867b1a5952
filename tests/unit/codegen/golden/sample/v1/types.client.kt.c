/* Made by protoc-gen-kantor from sample/v1/types.proto. Do not edit. */
#include <sample/v1/types.client.kt.h>
