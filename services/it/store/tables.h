/*
 * tables.h: IT's tables. Keys and values stand in README.md.
 */
#ifndef IT_TABLES_H
#define IT_TABLES_H

#include <kt/journal.h>

/* The store's format. A change of a key or a record is a new format with a migration. */
#define IT_FORMAT 1

enum {
    IT_TABLE_SHARED = KT_TABLE_FIRST,
    IT_TABLE_FIRST_OWN = IT_TABLE_SHARED + KT_SHARED_COUNT,
    IT_TABLE_CALENDAR = IT_TABLE_FIRST_OWN,
    IT_TABLE_HOLIDAYS,
    IT_TABLE_LEVEL,
    IT_TABLE_TICKET,
    IT_TABLE_TICKET_LINE,
    IT_TABLE_TICKET_OPEN,
    IT_TABLE_TICKET_CAUSE,
    IT_TABLE_PRODUCT,
    IT_TABLE_LICENCE,
    IT_TABLE_SEAT,
    IT_TABLE_SEAT_EMPLOYEE,
    IT_TABLE_ACCOUNT,
    IT_TABLE_POLICIES,
    IT_TABLE_ASSET,
    IT_TABLE_ASSET_STOCK,
    IT_TABLE_ASSET_EMPLOYEE,
    IT_TABLE_EQUIPMENT,
    /* networks */
    IT_TABLE_SITE,
    IT_TABLE_VRF,
    IT_TABLE_PREFIX,
    IT_TABLE_ADDRESS,
    IT_TABLE_TARGET,
    IT_TABLE_REACH,
    IT_TABLE_MAINTENANCE,
    IT_TABLE_WINDOW,
    IT_TABLE_OUTAGE,
    IT_TABLE_OUTAGE_OPEN,
    /* databases */
    IT_TABLE_DATABASE,
    IT_TABLE_SAMPLE,
    IT_TABLE_BACKUP,
    IT_TABLE_BACKUP_NAME,
    IT_TABLE_PROOF,
    IT_TABLE_PROOF_TABLE,
    /* purchases */
    IT_TABLE_PURCHASE,
    IT_TABLES_COUNT,
};

/* All IT_TABLES_COUNT of them, in the order above. Static. */
extern const kt_table_t it_tables[IT_TABLES_COUNT];

#endif
