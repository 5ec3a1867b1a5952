/* The CSV and import readers on any bytes: every entry that comes out keeps the ledger's limits and
 * what the posting relies on. */
#include "import/plan.h"

#include <kt/checked.h>
#include <locale.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_entry(const imp_entry_t *entry)
{
    KT_ASSERT(strlen(entry->date) == 10 && kt_utf8_valid(kt_span_str(entry->description)));
    KT_ASSERT(strlen(entry->description) <= IMP_DESCRIPTION_BYTES_MAX);
    KT_ASSERT(entry->lines_count <= IMP_LINES_MAX);
    for (unsigned i = 0; i < entry->lines_count; i++) {
        const imp_line_t *line = &entry->lines[i];
        size_t account = strlen(line->account), commodity = strlen(line->commodity);
        KT_ASSERT(account >= 1 && account <= IMP_ACCOUNT_BYTES_MAX);
        KT_ASSERT(commodity >= 1 && commodity <= IMP_COMMODITY_BYTES_MAX);
        KT_ASSERT(line->amount.digits != 0 && line->amount.scale >= 0 &&
                  line->amount.scale <= CLI_SCALE_MAX);
        KT_ASSERT(strlen(line->memo) <= IMP_MEMO_BYTES_MAX &&
                  kt_utf8_valid(kt_span_str(line->memo)));
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    imp_plan_t plan;
    imp_entry_t entry;
    uint64_t entries = 0, line;
    if (size == 0)
        return 0;
    setlocale(LC_CTYPE, "C.UTF-8");
    FILE *in = fmemopen((void *)(uintptr_t)data, size, "r");
    imp_reader_t *reader = imp_reader_new(in, (imp_unbalanced_t)(size % 3));
    KT_ASSERT(in && reader && imp_plan_init(&plan));
    imp_result_t result;
    while ((result = imp_reader_next(reader, &entry)) == IMP_ENTRY) {
        entries++;
        if (entry.problem)
            KT_ASSERT(entry.problem_line >= 1);
        else
            check_entry(&entry);
        KT_ASSERT(imp_plan_add(&plan, &entry));
    }
    if (result == IMP_BAD)
        KT_ASSERT(imp_reader_problem(reader, &line) && line >= 1);
    KT_ASSERT(plan.entries == entries);
    for (uint32_t i = 0; i < cli_names_count(plan.commodities); i++) {
        int scale = imp_plan_scale(&plan.by_number[i], IMP_SCALE_LEAST);
        KT_ASSERT(scale >= 0 && scale <= CLI_SCALE_MAX);
    }
    imp_plan_fini(&plan);
    imp_reader_destroy(&reader);
    fclose(in);
    return 0;
}
