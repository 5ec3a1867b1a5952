/* What the tables of a report are made of: offices, and rows for them and what runs beside them. */
#include "report.h"

int
report_site_open(report_t *report, report_site_t *site, const char *department)
{
    site->cli = *report->cli;
    cli_say(report->cli, "starting an office: %s", department);
    return bench_office_open(&site->cli, department, 1, &site->office);
}

void
report_site_close(report_site_t *site)
{
    cli_disconnect(&site->cli);
    bench_office_close(&site->office);
}

void
report_load(char out[48], unsigned count, const char *of_what)
{
    char number[32];
    report_whole(count, number);
    snprintf(out, 48, "%.20s %.26s", number, of_what);
}

report_row_t *
report_kantor_row(report_table_t *table, report_site_t *site, const char *load, const char *panel,
                  unsigned in_flight)
{
    report_row_t *row = report_row(table, REPORT_KANTOR, "Kantor", load, panel);
    row->kantor = (bench_load_t){
        .cli = &site->cli, .processes = &site->office.processes, .in_flight = in_flight};
    return row;
}

report_row_t *
report_floor_row(report_table_t *table, const report_row_t *against, const char *what,
                 const bench_floor_t *floor, const char *lacks)
{
    report_row_t *row = report_row(table, REPORT_FLOOR, what, against->load, against->panel);
    row->floor = *floor;
    row->lacks = lacks;
    row->against = against;
    row->figures.in_flight = against->kantor.in_flight;
    row->place = against->place;
    return row;
}

void
report_told(report_t *report, const char *what, const char *lacks)
{
    if (lacks && !bench_interrupted())
        cli_say(report->cli, "%s is not measured: %s", what, lacks);
}
