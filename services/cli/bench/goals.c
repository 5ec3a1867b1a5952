#include "report.h"

report_series_t
report_series(const bench_figures_t *figures, size_t offset)
{
    report_series_t series = {.count = figures->count};
    bench_values(figures, offset, series.values);
    return series;
}

report_series_t
report_constant(double value)
{
    report_series_t series = {.count = BENCH_ROUNDS_MAX};
    for (unsigned i = 0; i < BENCH_ROUNDS_MAX; i++)
        series.values[i] = value;
    return series;
}

report_series_t
report_ratio(const report_series_t *own, const report_series_t *other)
{
    report_series_t series = {.count = KT_MIN(own->count, other->count)};
    for (unsigned i = 0; i < series.count; i++)
        series.values[i] = other->values[i] > 0 ? own->values[i] / other->values[i] : 0;
    return series;
}

report_held_t
report_judge(const report_goal_t *goal)
{
    if (goal->series.count == 0)
        return REPORT_UNMEASURED;
    double median = bench_median(goal->series.values, goal->series.count);
    bool held = goal->at_most ? median <= goal->limit : median >= goal->limit;
    return held ? REPORT_HELD : REPORT_MISSED;
}
