/*
 * reason.h: why the department refuses. The numbers are those of kantor/it/v1/reason.proto, which
 * the domain cannot see; a test compares them. Where several hold, the one that stands first is
 * given.
 */
#ifndef IT_REASON_H
#define IT_REASON_H

#endif
