/*
 * trial.h: the trial balance: one consistent state of a book, taken at once and handed out in
 * pages.
 *
 * The snapshot holds numbers only, 24 bytes a row: names and types of accounts and commodities
 * never change, so each page looks them up when it is handed out. Statuses are those of amounts.h.
 */
#ifndef FIN_TRIAL_H
#define FIN_TRIAL_H

#include "domain/views.h"
#include "store/amounts.h"

typedef struct fin_trial_row {
    uint32_t account;
    uint32_t commodity;
    fin_turnover_t turnover;
} fin_trial_row_t;

typedef struct fin_trial_page {
    struct fin_trial_page *next; /* NULL: the last */
    uint32_t count;
    fin_trial_row_t rows[FIN_TRIAL_PAGE_ROWS];
} fin_trial_page_t;

typedef struct fin_trial {
    fin_trial_page_t *first; /* by account path, then commodity symbol; NULL: nothing was posted */
    uint64_t sequence;       /* the newest entry of the store that is in it; 0: none */
} fin_trial_t;

/* The snapshot, in ARENA. One record an account and commodity; one a month more with a date. */
kt_status_t fin_store_take_trial(const kt_call_t *call, const fin_trial_query_t *query,
                                 kt_arena_t *arena, fin_trial_t *trial);

/* The rows of a page with their names, in the call's arena; texts are borrowed from the
 * transaction. */
kt_status_t fin_store_name_trial(const kt_call_t *call, uint64_t part, const fin_trial_page_t *page,
                                 fin_trial_view_t **rows);

#endif
