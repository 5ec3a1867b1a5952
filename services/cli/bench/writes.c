/* What an entry makes the store write, table by table. */
#include "../output.h"
#include "bench.h"

#include <kantor/store/v1/store.client.kt.h>

bool
bench_writes_read(cli_t *cli, const char *department, bench_writes_t *writes)
{
    KT_CLEANUP(kt_reply_fini) kt_reply_t reply = {0};
    kt_call_options_t options = cli_call_options(cli, department);
    store_stats_request_t request = STORE_STATS_REQUEST_INIT;
    const store_stats_response_t *stats;
    *writes = (bench_writes_t){0};
    if (kt_failed(kt_reply_init(&reply)) ||
        kt_failed(store_store_stats(cli->client, &options, &request, &reply, &stats)))
        return false;
    writes->pages = stats->settled_pages;
    for (size_t i = 0; i < stats->n_tables && i < KT_COUNT(writes->tables); i++) {
        bench_table_writes_t *table = &writes->tables[writes->count++];
        snprintf(table->name, sizeof table->name, "%s", stats->tables[i]->name);
        table->records = stats->tables[i]->written_records;
        table->bytes = stats->tables[i]->written_bytes;
    }
    return true;
}

static void
put_row(out_t *out, const char *name, double records, double bytes, const char *conditions)
{
    char text[2][32];
    snprintf(text[0], sizeof text[0], "%.3f", records);
    snprintf(text[1], sizeof text[1], "%.1f", bytes);
    out_row(out, (const char *const[]){name, text[0], text[1], conditions});
}

int
bench_writes_print(cli_t *cli, const char *conditions, const bench_writes_t *before,
                   const bench_writes_t *after, const char *counted)
{
    static const out_column_t columns[] = {{"table", "written for an entry", OUT_TEXT},
                                           {"records", "records", OUT_NUMBER},
                                           {"bytes", "bytes", OUT_NUMBER},
                                           {"conditions", NULL, OUT_TEXT}};
    double entries = 0, pages = (double)(after->pages - before->pages);
    for (unsigned i = 0; i < after->count; i++)
        if (strcmp(after->tables[i].name, counted) == 0)
            entries = (double)(after->tables[i].records - before->tables[i].records);
    if (entries < 1 || before->count != after->count)
        return 0;
    out_t *out = out_new(cli->out, cli->format, columns, KT_COUNT(columns));
    if (!out)
        return cli_fail(cli, CLI_EXIT_BUG, "out of memory");
    for (unsigned i = 0; i < after->count; i++) {
        const bench_table_writes_t *from = &before->tables[i], *to = &after->tables[i];
        if (to->records > from->records)
            put_row(out, to->name, (double)(to->records - from->records) / entries,
                    (double)(to->bytes - from->bytes) / entries, conditions);
    }
    put_row(out, "pages of LMDB", pages / entries, pages * 4096 / entries, conditions);
    return out_end(&out) ? 0 : CLI_EXIT_OUTPUT;
}
