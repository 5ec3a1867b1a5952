/* proof.h: before anybody is served, the broker proves to itself that its doors are locked. */
#ifndef BROKER_PROOF_H
#define BROKER_PROOF_H

#include <kt/net.h>

/*
 * Connects to ENDPOINT, a router of this process whose public key is SERVER_KEY, once with KNOWN,
 * which must be let in, and once with a key that nobody has ever seen, which must be refused in the
 * handshake. Blocks up to 5 seconds each. FAILED_PRECONDITION when a door is open that must be
 * shut, UNAVAILABLE when one is shut that must be open; texts say what to do.
 */
kt_status_t broker_prove(kt_net_t *net, const char *endpoint, const char *server_key,
                         const kt_key_pair_t *known);

#endif
