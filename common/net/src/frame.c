/*
 * Frames own their bytes: short ones lie in the frame itself, longer ones in a block that is
 * counted and may be shared. Blocks of the usual sizes are kept by the thread that gives one back,
 * so that messages that come and go allocate nothing.
 */
#include <kt/frame.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define INLINE_BYTES  40
#define SIZES         2
#define KEPT_MAX      512 /* blocks of each size, by a thread */
#define SIZE_OF_OTHER SIZES

static const size_t sizes[SIZES] = {256, 1024};

typedef struct block {
    struct block *next; /* of those that are kept */
    atomic_uint holders;
    unsigned size_class; /* of `sizes`, or SIZE_OF_OTHER */
    void (*release)(void *data, void *context);
    void *context;
    _Alignas(16) uint8_t bytes[];
} block_t;

typedef struct frame {
    block_t *block; /* NULL: the bytes lie in `small` */
    uint8_t *data;  /* of the block */
    size_t size;
    uint8_t small[INLINE_BYTES];
} frame_t;

_Static_assert(sizeof(frame_t) == sizeof(kt_frame_t), "a frame fits what its users see");
_Static_assert(_Alignof(frame_t) <= _Alignof(kt_frame_t), "and is aligned in it");

static frame_t *
of(kt_frame_t *frame)
{
    return (frame_t *)(void *)frame;
}

static const frame_t *
of_const(const kt_frame_t *frame)
{
    return (const frame_t *)(const void *)frame;
}

/* ---- blocks ---- */

typedef struct kept {
    block_t *first[SIZES];
    unsigned count[SIZES];
    bool ends; /* with its thread */
} kept_t;

static _Thread_local kept_t kept;
static pthread_key_t at_end;
static pthread_once_t once = PTHREAD_ONCE_INIT;

void
kt_frames_trim(void)
{
    for (unsigned i = 0; i < SIZES; i++) {
        for (block_t *block = kept.first[i], *next; block; block = next) {
            next = block->next;
            free(block);
        }
        kept.first[i] = NULL;
        kept.count[i] = 0;
    }
}

static void
end_thread(void *context)
{
    (void)context;
    kt_frames_trim();
    for (unsigned i = 0; i < SIZES; i++)
        kept.count[i] = KEPT_MAX; /* whatever comes yet is freed at once */
}

static void
make_key(void)
{
    int rc = pthread_key_create(&at_end, end_thread);
    KT_ASSERT(rc == 0);
}

static block_t *
block_new(size_t size)
{
    unsigned class = 0;
    block_t *block;

    while (class < SIZES && sizes[class] < size)
        class ++;
    if (class < SIZES && kept.first[class]) {
        block = kept.first[class];
        kept.first[class] = block->next;
        kept.count[class]--;
    } else {
        block = (block_t *)malloc(sizeof(*block) + (class < SIZES ? sizes[class] : size));
        if (!block)
            return NULL;
    }
    atomic_init(&block->holders, 1);
    block->size_class = class;
    block->release = NULL;
    return block;
}

static void
block_free(block_t *block)
{
    unsigned class = block->size_class;

    if (class == SIZE_OF_OTHER || kept.count[class] >= KEPT_MAX) {
        free(block);
        return;
    }
    if (!kept.ends) {
        (void)pthread_once(&once, make_key);
        (void)pthread_setspecific(at_end, &kept);
        kept.ends = true;
    }
    block->next = kept.first[class];
    kept.first[class] = block;
    kept.count[class]++;
}

/* Who is the only holder stays it: nobody else can share the block. */
static bool
is_last(block_t *block)
{
    return atomic_load_explicit(&block->holders, memory_order_acquire) == 1 ||
           atomic_fetch_sub_explicit(&block->holders, 1, memory_order_acq_rel) == 1;
}

static void
let_go_of_block(frame_t *frame)
{
    block_t *block = frame->block;

    if (!is_last(block))
        return;
    if (block->release)
        block->release(frame->data, block->context);
    block_free(block);
}

/* Most frames that are closed or taken over are empty or short. */
static inline void
let_go(frame_t *frame)
{
    if (frame->block)
        let_go_of_block(frame);
}

/* ---- frames ---- */

void
kt_frame_init(kt_frame_t *frame)
{
    of(frame)->block = NULL;
    of(frame)->size = 0;
}

static kt_status_t
no_memory(kt_frame_t *frame)
{
    kt_frame_init(frame);
    return kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory for a frame");
}

kt_status_t
kt_frame_init_size(kt_frame_t *frame, size_t size)
{
    frame_t *f = of(frame);

    f->block = NULL;
    f->size = size;
    if (size <= INLINE_BYTES)
        return kt_ok();
    f->block = size <= PTRDIFF_MAX - sizeof(block_t) ? block_new(size) : NULL;
    if (!f->block)
        return no_memory(frame);
    f->data = f->block->bytes;
    return kt_ok();
}

kt_status_t
kt_frame_init_copy(kt_frame_t *frame, kt_span_t bytes)
{
    KT_TRY(kt_frame_init_size(frame, bytes.size));
    if (bytes.size > 0)
        memcpy(kt_frame_bytes(frame), bytes.data, bytes.size);
    return kt_ok();
}

kt_status_t
kt_frame_init_borrow(kt_frame_t *frame, kt_span_t bytes, void (*release)(void *data, void *context),
                     void *context)
{
    frame_t *f = of(frame);

    f->block = block_new(0);
    if (!f->block)
        return no_memory(frame);
    f->block->release = release;
    f->block->context = context;
    f->data = (uint8_t *)(uintptr_t)bytes.data; /* who shares a frame only reads it */
    f->size = bytes.size;
    return kt_ok();
}

void
kt_frame_close(kt_frame_t *frame)
{
    let_go(of(frame));
    kt_frame_init(frame);
}

void
kt_frame_move(kt_frame_t *to, kt_frame_t *from)
{
    if (to == from)
        return;
    let_go(of(to));
    memcpy(to, from, sizeof(*to));
    kt_frame_init(from);
}

kt_status_t
kt_frame_share(kt_frame_t *to, kt_frame_t *from)
{
    if (to == from)
        return kt_ok();
    let_go(of(to));
    memcpy(to, from, sizeof(*to));
    if (of(to)->block)
        (void)atomic_fetch_add_explicit(&of(to)->block->holders, 1, memory_order_relaxed);
    return kt_ok();
}

kt_span_t
kt_frame_span(const kt_frame_t *frame)
{
    const frame_t *f = of_const(frame);

    return kt_span(f->block ? f->data : f->small, f->size);
}

uint8_t *
kt_frame_bytes(kt_frame_t *frame)
{
    frame_t *f = of(frame);

    return f->block ? f->data : f->small;
}

/* ---- messages ---- */

void
kt_message_init(kt_message_t *message)
{
    for (unsigned i = 0; i < KT_COUNT(message->frames); i++)
        kt_frame_init(&message->frames[i]);
    message->count = 0;
}

void
kt_message_close(kt_message_t *message)
{
    for (unsigned i = 0; i < KT_COUNT(message->frames); i++)
        kt_frame_close(&message->frames[i]);
    message->count = 0;
}

void
kt_message_move(kt_message_t *to, kt_message_t *from)
{
    for (unsigned i = 0; i < KT_COUNT(to->frames); i++)
        kt_frame_move(&to->frames[i], &from->frames[i]);
    to->count = from->count;
    from->count = 0;
}

size_t
kt_message_size(const kt_message_t *message)
{
    size_t size = 0;
    for (unsigned i = 0; i < message->count; i++)
        size += kt_frame_span(&message->frames[i]).size;
    return size;
}
