/*
 * reason.h: why the department refuses. The numbers are those of kantor/it/v1/reason.proto, which
 * the domain cannot see; a test compares them. Where several hold, the one that stands first is
 * given.
 */
#ifndef IT_REASON_H
#define IT_REASON_H

typedef enum it_reason {
    /* The service desk. */
    IT_CALENDAR_UNKNOWN = 1000,
    IT_LEVEL_UNKNOWN = 1001,
    IT_TICKET_UNKNOWN = 1002,
    IT_TICKET_EXISTS = 1003,
    IT_NOT_OWN_TICKET = 1004,
    IT_TICKET_STATE = 1005,
    IT_TICKET_FULL = 1006,

    /* Software. */
    IT_PRODUCT_UNKNOWN = 1050,
    IT_LICENCE_UNKNOWN = 1051,
    IT_PRODUCT_EXISTS = 1052,
    IT_LICENCE_EXISTS = 1053,
    IT_LICENCE_ENDED = 1054,
    IT_LICENCE_NOT_IN_TERM = 1055,
    IT_EMPLOYEE_CLEARED = 1056,
    IT_SEATS_EXHAUSTED = 1057,
    IT_TOO_MANY_SEATS = 1058,

    /* Assets and accounts. */
    IT_ACCOUNT_UNKNOWN = 1100,
    IT_ASSET_UNKNOWN = 1101,
    IT_ACCOUNT_EXISTS = 1102,
    IT_ASSET_EXISTS = 1103,
    IT_REFERENCE_EXISTS = 1104,
    IT_ACCOUNT_STATE = 1105,
    IT_NOT_STARTED = 1106,
    IT_POLICIES_OPEN = 1107,
    IT_SUSPENSION_STANDS = 1108,
    IT_ASSET_STATE = 1109,
    IT_ACCOUNT_STILL_OPEN = 1110,
    IT_SEATS_HELD = 1111,
    IT_ASSETS_OUTSTANDING = 1112,
    IT_OUT_OF_STOCK = 1113,
    IT_TOO_MANY_ASSETS = 1114,
} it_reason_t;

#endif
