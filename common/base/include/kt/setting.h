/* setting.h: values as they stand in configuration files. */
#ifndef KT_SETTING_H
#define KT_SETTING_H

#include <kt/def.h>

#define KT_SHARE_WHOLE 1000000

/* Bytes: "4096", "64K", "512M", "10G" or "1T", in powers of 1,024. */
bool kt_size_parse(const char *text, uint64_t *bytes);
/* A share, "0", "1" or "0.25" with at most six places, in parts of KT_SHARE_WHOLE. */
bool kt_share_parse(const char *text, uint32_t *share);

#endif
