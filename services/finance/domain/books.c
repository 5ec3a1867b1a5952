#include "domain/books.h"

#include "domain/reason.h"

#define TEXT(span) (int)(span).size, (const char *)(span).data

kt_status_t
fin_decide_create_book(kt_arena_t *arena, const fin_book_record_t *draft,
                       const fin_book_facts_t *facts, int64_t now_us, fin_book_effects_t *fx)
{
    if (facts->there)
        return kt_error(KT_ALREADY_EXISTS, FIN_BOOK_EXISTS,
                        kt_arena_printf(arena, "book %.*s is there already: choose another id",
                                        TEXT(draft->id)));
    fx->organization = facts->organization;
    fx->organization.id = draft->organization;
    if (fx->organization.number == 0)
        fx->organization.number = facts->organizations + 1;
    fx->organization.books++;
    fx->book = *draft;
    fx->book.part = FIN_PART(fx->organization.number, fx->organization.books);
    fx->book.created_us = now_us;
    return kt_ok();
}

static kt_status_t
decide_redeclare(kt_arena_t *arena, int32_t scale, const fin_declare_facts_t *facts)
{
    const fin_commodity_record_t *now = &facts->commodity;
    if (!facts->built_in || scale < now->scale)
        return kt_error(KT_ALREADY_EXISTS, FIN_COMMODITY_EXISTS,
                        kt_arena_printf(arena,
                                        "%.*s has scale %d in this book, not %d: use it as it is",
                                        TEXT(now->symbol), (int)now->scale, (int)scale));
    if (facts->used)
        return kt_error(
            KT_FAILED_PRECONDITION, FIN_COMMODITY_IN_USE,
            kt_arena_printf(arena,
                            "%.*s is used with scale %d in this book, which cannot change "
                            "any more: declare it before the first entry",
                            TEXT(now->symbol), (int)now->scale));
    return kt_ok();
}

kt_status_t
fin_decide_declare(kt_arena_t *arena, kt_span_t symbol, int32_t scale,
                   const fin_declare_facts_t *facts, fin_declare_effects_t *fx)
{
    if (facts->there && facts->commodity.scale == scale) {
        *fx = (fin_declare_effects_t){.commodity = facts->commodity};
        return kt_ok();
    }
    uint32_t number = FIN_COMMODITY_FIRST + facts->declared;
    if (facts->there) {
        KT_TRY(decide_redeclare(arena, scale, facts));
        number = facts->commodity.number;
    } else if (facts->declared >= FIN_COMMODITIES_MAX) {
        return kt_error(KT_RESOURCE_EXHAUSTED, FIN_TOO_MANY_COMMODITIES,
                        kt_arena_printf(arena, "a book has at most %d declared commodities",
                                        FIN_COMMODITIES_MAX));
    }
    *fx = (fin_declare_effects_t){
        .changes = true,
        .commodity = {.symbol = symbol, .number = number, .scale = scale},
    };
    return kt_ok();
}
