/* Input: a serialised FileDescriptorProto. Whatever descriptors it gives must hold: an empty
 * message of each is written as JSON, read, and the input itself, taken for a message, is unpacked
 * when the scan lets it through. */
#include <kt/dynamic.h>
#include <kt/json.h>
#include <kt/message.h>
#include <kt/scan.h>

#define MEMORY_MAX ((size_t)32 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
use(kt_arena_t *arena, const ProtobufCMessageDescriptor *descriptor, kt_span_t input)
{
    const kt_json_options_t options = {.defaults = true};
    kt_scan_limits_t limits = kt_scan_limits_usual();
    kt_scan_result_t scanned;
    ProtobufCMessage *message, *again;
    const char *text;
    message = kt_message_new(arena, descriptor);
    KT_ASSERT(message);
    KT_ASSERT(!kt_failed(kt_json_print(arena, message, &options, &text)));
    KT_ASSERT(!kt_failed(kt_json_parse(arena, descriptor, kt_span_str(text), NULL, &again)));
    if (kt_failed(kt_scan(descriptor, input, &limits, &scanned)))
        return;
    /* A required field may be missing, which the scan leaves to unpacking. */
    if (!kt_failed(kt_message_unpack(arena, descriptor, input, &message)))
        kt_ignore(kt_json_print(arena, message, &options, &text));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kt_span_t input = kt_span(data, size);
    const kt_dynamic_t *dynamic;
    kt_arena_t *arena = kt_arena_new(4096, MEMORY_MAX);
    KT_ASSERT(arena);
    if (!kt_failed(kt_dynamic_build(arena, &input, 1, &dynamic))) {
        size_t count;
        const ProtobufCMessageDescriptor *const *messages = kt_dynamic_messages(dynamic, &count);
        for (size_t i = 0; i < KT_MIN(count, 64u); i++)
            use(arena, messages[i], input);
    }
    kt_arena_destroy(&arena);
    return 0;
}
