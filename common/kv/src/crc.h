/* crc.h: CRC32C (RFC 3720, appendix B.4) in progress: begun with all ones, inverted at the end by
 * who wants the standard's value. */
#ifndef KT_KV_CRC_H
#define KT_KV_CRC_H

#include <stddef.h>
#include <stdint.h>

#define KT_CRC_BEGIN UINT32_MAX

/* DATA may be NULL where SIZE is 0. */
uint32_t kt_crc_add(uint32_t crc, const void *data, size_t size);

#endif
