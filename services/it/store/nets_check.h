/* nets_check.h: what must hold of networks and databases in the store as it stands. */
#ifndef IT_STORE_NETS_CHECK_H
#define IT_STORE_NETS_CHECK_H

#include "store/walk.h"

/* Prefixes count their addresses, each of which lies in a prefix that is there, and know how many
 * of the lowest are taken; what targets depend on is there; open outages and their causes lead to
 * each other; backups stand under their names; and a database's last good backup is one. */
kt_status_t it_store_check_nets(kt_txn_t *txn, const it_check_sink_t *sink);

#endif
