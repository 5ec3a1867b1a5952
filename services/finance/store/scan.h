/*
 * scan.h: the records of one table whose keys begin alike, one after the other.
 *
 * Key and value are borrowed until the next step. FOUND is false where the prefix ends. Every step
 * may end as kt/kv.h says; a step forward or back may end as CANCELLED, when the caller went away
 * or the deadline passed.
 */
#ifndef FIN_SCAN_H
#define FIN_SCAN_H

#include <kt/call.h>

/* How many records a scan passes between two looks at whether its caller is still there. */
#define FIN_SCAN_LOOK 1024

typedef struct fin_scan {
    const kt_call_t *call;
    kt_cursor_t *cursor;
    kt_span_t prefix;
    uint32_t passed;
    kt_span_t key, value; /* of the record it stands on */
} fin_scan_t;

/* PREFIX is borrowed until the end. End it by KT_CLEANUP(fin_scan_end), also after a failure. */
kt_status_t
fin_scan_begin(fin_scan_t *scan, const kt_call_t *call, uint32_t table, kt_span_t prefix);
void fin_scan_end(fin_scan_t *scan);

/* The first record whose key is at or above FROM (empty: of the table), and the one after the one
 * it stands on. */
kt_status_t fin_scan_seek(fin_scan_t *scan, kt_span_t from, bool *found);
kt_status_t fin_scan_next(fin_scan_t *scan, bool *found);
/* The last record whose key is at or below AT, and the one before the one it stands on. */
kt_status_t fin_scan_seek_back(fin_scan_t *scan, kt_span_t at, bool *found);
kt_status_t fin_scan_back(fin_scan_t *scan, bool *found);

/* CANCELLED when CALL is over: what long work asks now and then. */
kt_status_t fin_scan_wanted(const kt_call_t *call);

#endif
