/*
 * mill.h: two departments for tests of processes. The shop owns processes; the mill has a stock of
 * MILL_STOCK that is taken from, and people who judge what was taken. Contracts:
 * tests/support/proto.
 *
 * The order: "note" (shop, undone by Tear), "take" (mill, undone by Give, reserves until "keep"),
 * "judged" (a wait for GOOD, never after BAD, with the door Shut), the pivot; "keep" (shop),
 * "later" (until $at_us), "tell" (shop).
 */
#ifndef KANTOR_MILL_H
#define KANTOR_MILL_H

#include <kantor/mill/v1/mill.kt.h>
#include <kantor/shop/v1/shop.kt.h>
#include <kt/service.h>

#define MILL_STOCK 1000

const kt_service_t *mill_service(void);
const kt_service_t *shop_service(void);

extern const kt_process_table_t shop_order_table;
extern const kt_processes_t shop_processes;

#endif
