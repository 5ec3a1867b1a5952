#include <kt/fields.h>

#include <kt/page.h>

kt_status_t
kt_bad_page_token(kt_call_t *call)
{
    return kt_call_bad_field(call, "is no token of this listing: begin again without one",
                             "page_token");
}

kt_status_t
kt_page_from_pb_most(kt_call_t *call, int32_t size, uint32_t size_max, const char *token,
                     const char *const *fields, uint32_t fields_count, kt_list_page_t *page)
{
    if (size < 0 || (uint32_t)size > size_max)
        return kt_call_bad_field(call,
                                 kt_arena_printf(call->arena, "is not 1 to %u, or 0 for %d",
                                                 size_max, KT_PAGE_SIZE_USUAL),
                                 "page_size");
    *page = (kt_list_page_t){.size = size > 0 ? (uint32_t)size : KT_PAGE_SIZE_USUAL};
    page->query = kt_page_query(0, kt_span_str(call->method ? call->method->path : ""));
    for (uint32_t i = 0; i < fields_count; i++)
        page->query = kt_page_query(page->query, kt_span_str(fields[i]));
    if (token[0] == '\0')
        return kt_ok();
    if (!kt_page_parse(call->arena, kt_span_str(token), page->query, &page->place) ||
        page->place.size == 0)
        return kt_bad_page_token(call);
    return kt_ok();
}

kt_status_t
kt_page_from_pb(kt_call_t *call, int32_t size, const char *token, const char *const *fields,
                uint32_t fields_count, kt_list_page_t *page)
{
    return kt_page_from_pb_most(call, size, KT_PAGE_SIZE_MAX, token, fields, fields_count, page);
}

kt_status_t
kt_page_to_pb(kt_call_t *call, const kt_list_page_t *page, kt_span_t next, char **token)
{
    char *made = next.size > 0 ? kt_page_token(call->arena, page->query, next)
                               : kt_arena_copy(call->arena, next);

    if (!made)
        return kt_call_out_of_memory(call);
    *token = made;
    return kt_ok();
}
