/* places.c: who has which of a socket's places (kt_peer_place), which is one look. */
#include "internal.h"

#include <stdlib.h>

#define ROOM_FIRST 64

/* Whoever has PEER's place; NULL: nobody. */
static broker_outbox_t *
holder(const broker_places_t *places, kt_peer_t peer)
{
    uint32_t place = kt_peer_place(peer);
    return place < places->room ? places->at[place] : NULL;
}

broker_outbox_t *
broker_place_find(const broker_core_t *core, broker_side_t side, kt_peer_t peer)
{
    broker_outbox_t *outbox = holder(&core->places[side], peer);
    return outbox != NULL && outbox->peer == peer ? outbox : NULL;
}

void
broker_place_vacate(broker_core_t *core, broker_side_t side, kt_peer_t peer)
{
    broker_outbox_t *former = holder(&core->places[side], peer);
    if (former == NULL || former->peer == peer)
        return;
    broker_outbox_trouble(core, former, true);
    broker_settle(core);
}

static bool
make_room(broker_places_t *places, uint32_t place)
{
    uint32_t room = KT_MAX(places->room, ROOM_FIRST);
    if (place >= KT_PEERS_MAX)
        return false;
    while (room <= place)
        room *= 2;
    if (room == places->room)
        return true;
    broker_outbox_t **at = realloc(places->at, room * sizeof at[0]);
    if (at == NULL)
        return false;
    for (uint32_t i = places->room; i < room; i++)
        at[i] = NULL;
    places->at = at;
    places->room = room;
    return true;
}

bool
broker_place_take(broker_core_t *core, broker_outbox_t *outbox)
{
    broker_places_t *places = &core->places[outbox->side];
    uint32_t place = kt_peer_place(outbox->peer);
    if (!make_room(places, place))
        return false;
    KT_ASSERT(places->at[place] == NULL);
    places->at[place] = outbox;
    places->taken++;
    return true;
}

void
broker_place_leave(broker_core_t *core, const broker_outbox_t *outbox)
{
    broker_places_t *places = &core->places[outbox->side];
    uint32_t place = kt_peer_place(outbox->peer);
    KT_ASSERT(places->at[place] == outbox);
    places->at[place] = NULL;
    places->taken--;
}

void
broker_places_free(broker_core_t *core)
{
    for (unsigned i = 0; i < KT_COUNT(core->places); i++)
        free(core->places[i].at);
}
