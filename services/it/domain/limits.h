/* limits.h: what names and texts of all areas may be. */
#ifndef IT_LIMITS_H
#define IT_LIMITS_H

#define IT_NAME_BYTES_MAX  63  /* of ids, as the contracts say */
#define IT_WHO_BYTES_MAX   128 /* of a principal, or of whom it calls for */
#define IT_TITLE_BYTES_MAX 200

#endif
