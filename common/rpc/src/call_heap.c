/* A binary heap whose members know their place, so that a call that ends leaves it at once. Calls
 * of one timeout come in order of their deadlines, so a new one mostly stays where it is put. */
#include "client_machine.h"

static void
place(kt_rpc_client_t *client, kt_rpc_call_t *call, uint32_t index)
{
    client->heap[index] = call;
    call->heap_index = index;
}

static void
sift_up(kt_rpc_client_t *client, kt_rpc_call_t *call, uint32_t index)
{
    while (index > 0) {
        uint32_t parent = (index - 1) / 2;
        if (client->heap[parent]->due_us <= call->due_us)
            break;
        place(client, client->heap[parent], index);
        index = parent;
    }
    place(client, call, index);
}

static void
sift_down(kt_rpc_client_t *client, kt_rpc_call_t *call, uint32_t index)
{
    for (;;) {
        uint32_t child = 2 * index + 1;
        if (child >= client->heap_size)
            break;
        if (child + 1 < client->heap_size &&
            client->heap[child + 1]->due_us < client->heap[child]->due_us)
            child++;
        if (call->due_us <= client->heap[child]->due_us)
            break;
        place(client, client->heap[child], index);
        index = child;
    }
    place(client, call, index);
}

void
kt_rpc_heap_remove(kt_rpc_client_t *client, kt_rpc_call_t *call)
{
    uint32_t index = call->heap_index;
    if (index == NOT_IN_HEAP)
        return;
    call->heap_index = NOT_IN_HEAP;
    kt_rpc_call_t *last = client->heap[--client->heap_size];
    if (last == call)
        return;
    if (index > 0 && client->heap[(index - 1) / 2]->due_us > last->due_us)
        sift_up(client, last, index);
    else
        sift_down(client, last, index);
}

void
kt_rpc_heap_put(kt_rpc_client_t *client, kt_rpc_call_t *call)
{
    kt_rpc_heap_remove(client, call);
    call->due_us = call->retry_us > 0 ? KT_MIN(call->retry_us, call->deadline_us)
                                      : call->deadline_us;
    sift_up(client, call, client->heap_size++);
}
