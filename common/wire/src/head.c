#include <endian.h>
#include <kt/pack.h>
#include <kt/wire.h>

#define MAGIC_HIGH      0x4B /* 'K' */
#define MAGIC_LOW       0x31 /* '1' */
#define DEPARTMENT_MAX  32
#define EXTRA_BYTES_MAX (KT_HEAD_BYTES_MAX - KT_HEAD_BYTES)

/* What each kind's frames look like; indexed by kind. A kind without a row (frames_max 0) is
 * unknown. */
static const struct {
    uint8_t frames_min, frames_max;
    uint16_t extra_max;
} shapes[] = {
    [KT_CALL] = {3, 3, EXTRA_BYTES_MAX},
    [KT_MESSAGE] = {1, 2, 0},
    [KT_END] = {3, 3, KT_TIMELINE_BYTES},
    [KT_CANCEL] = {1, 1, 0},
    [KT_WINDOW] = {1, 1, 0},
    [KT_PING] = {1, 1, 0},
    [KT_PONG] = {1, 1, 0},
    [KT_REGISTER] = {2, 2, 0},
    [KT_DRAIN] = {1, 1, 0},
};

static kt_status_t
malformed(const char *text)
{
    return kt_error(KT_INVALID_ARGUMENT, KT_MALFORMED_FRAME, text);
}

static kt_status_t
check_shape(const kt_head_t *head, unsigned frames)
{
    if (head->kind >= KT_COUNT(shapes) || shapes[head->kind].frames_max == 0)
        return malformed("the head is of an unknown kind");
    if (frames < shapes[head->kind].frames_min || frames > shapes[head->kind].frames_max)
        return malformed("the message has too few or too many frames for its kind");
    if (head->extra.size > shapes[head->kind].extra_max)
        return malformed("the head is longer than its kind allows");
    if (head->kind == KT_END && head->extra.size != 0 && head->extra.size != KT_TIMELINE_BYTES)
        return malformed("the timeline of an END has not 16 bytes");
    if (head->kind == KT_MESSAGE && frames == 1 && !(head->flags & KT_FLAG_LAST))
        return malformed("a MESSAGE without a body has not the LAST flag");
    return kt_ok();
}

kt_status_t
kt_head_decode(kt_span_t frame, unsigned frames, kt_head_t *head)
{
    if (frame.size < KT_HEAD_BYTES)
        return malformed("the head is shorter than 16 bytes");
    if (frame.data[0] != MAGIC_HIGH || frame.data[1] != MAGIC_LOW)
        return malformed("the head does not begin with K1");
    /* Plain loads, not kt_reader: every message of every process passes here. */
    uint32_t arg;
    uint64_t call_id;
    memcpy(&arg, frame.data + 4, sizeof arg);
    memcpy(&call_id, frame.data + 8, sizeof call_id);
    kt_head_t decoded = {.kind = frame.data[2],
                         .flags = frame.data[3],
                         .arg = be32toh(arg),
                         .call_id = be64toh(call_id),
                         .extra = kt_span(frame.data + KT_HEAD_BYTES, frame.size - KT_HEAD_BYTES)};
    KT_TRY(check_shape(&decoded, frames));
    *head = decoded;
    return kt_ok();
}

void
kt_head_encode(const kt_head_t *head, uint8_t out[KT_HEAD_BYTES])
{
    uint32_t arg = htobe32(head->arg);
    uint64_t call_id = htobe64(head->call_id);
    out[0] = MAGIC_HIGH;
    out[1] = MAGIC_LOW;
    out[2] = head->kind;
    out[3] = head->flags;
    memcpy(out + 4, &arg, sizeof arg);
    memcpy(out + 8, &call_id, sizeof call_id);
}

size_t
kt_head_encode_all(const kt_head_t *head, uint8_t *out)
{
    KT_ASSERT(head->extra.size <= EXTRA_BYTES_MAX);
    kt_head_encode(head, out);
    if (head->extra.size > 0)
        memcpy(out + KT_HEAD_BYTES, head->extra.data, head->extra.size);
    return KT_HEAD_BYTES + head->extra.size;
}

void
kt_timeline_encode(const kt_timeline_t *timeline, uint8_t out[KT_TIMELINE_BYTES])
{
    kt_writer_t w = kt_writer(out, KT_TIMELINE_BYTES);
    kt_put_u32(&w, timeline->queued_us);
    kt_put_u32(&w, timeline->waited_us);
    kt_put_u32(&w, timeline->ran_us);
    kt_put_u32(&w, timeline->committed_us);
    KT_ASSERT(!w.failed && w.size == KT_TIMELINE_BYTES);
}

kt_timeline_t
kt_timeline_decode(kt_span_t extra)
{
    if (extra.size == 0)
        return (kt_timeline_t){0};
    KT_ASSERT(extra.size == KT_TIMELINE_BYTES);
    kt_reader_t r = kt_reader(extra);
    kt_timeline_t timeline;
    timeline.queued_us = kt_get_u32(&r);
    timeline.waited_us = kt_get_u32(&r);
    timeline.ran_us = kt_get_u32(&r);
    timeline.committed_us = kt_get_u32(&r);
    return timeline;
}

bool
kt_call_extra_split(kt_span_t extra, kt_span_t *path, kt_span_t *caller)
{
    const uint8_t *zero = extra.size > 0 ? memchr(extra.data, 0, extra.size) : NULL;
    if (!zero)
        return false;
    size_t path_size = (size_t)(zero - extra.data);
    *path = kt_span(extra.data, path_size);
    *caller = kt_span(zero + 1, extra.size - path_size - 1);
    return true;
}

/* The length of the run of visible ASCII other than '/' at the front of TEXT. */
static size_t
name_length(kt_span_t text)
{
    size_t length = 0;
    while (length < text.size && text.data[length] > ' ' && text.data[length] < 0x7F &&
           text.data[length] != '/')
        length++;
    return length;
}

bool
kt_path_valid(kt_span_t path)
{
    if (path.size > KT_PATH_BYTES_MAX)
        return false;
    size_t department = name_length(path);
    if (department > DEPARTMENT_MAX || department == path.size || path.data[department] != '/')
        return false;
    kt_span_t rest = kt_span(path.data + department + 1, path.size - department - 1);
    size_t service = name_length(rest);
    if (service == 0 || service == rest.size || rest.data[service] != '/')
        return false;
    kt_span_t method = kt_span(rest.data + service + 1, rest.size - service - 1);
    return method.size > 0 && name_length(method) == method.size;
}
