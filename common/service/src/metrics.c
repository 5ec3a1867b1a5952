/* metrics.c: the registry, and its text in the Prometheus exposition format 0.0.4. */
#include <kt/metrics.h>

#include "process.h"
#include <inttypes.h>
#include <kt/span.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

/* Upper bounds in microseconds, from an in-memory answer to a caller's patience. */
static const uint64_t bounds_us[] = {50,     100,     250,     500,     1000,     2500,
                                     5000,   10000,   25000,   50000,   100000,   250000,
                                     500000, 1000000, 2500000, 5000000, 10000000, 30000000};

struct kt_series {
    kt_series_t *next;
    char *values[KT_METRICS_LABELS_MAX];
    _Atomic uint64_t
        value; /* a counter, a gauge's bits, or a histogram's count past the last bound */
    _Atomic uint64_t sum_us;    /* histogram only */
    _Atomic uint64_t buckets[]; /* histogram only: KT_COUNT(bounds_us), each for itself */
};

struct kt_family {
    kt_metrics_t *metrics;
    kt_family_t *next;
    kt_metric_type_t type;
    const char *name, *help;
    char *labels[KT_METRICS_LABELS_MAX];
    unsigned labels_count, series_count;
    kt_series_t *first, **last;
    kt_series_t *other; /* where series beyond the limit, and beyond memory, are counted */
};

struct kt_metrics {
    pthread_mutex_t lock; /* over the lists; the numbers are atomic */
    kt_family_t *first, **last;
};

kt_status_t
kt_metrics_new(kt_metrics_t **metrics)
{
    kt_metrics_t *made = calloc(1, sizeof *made);
    if (made == NULL || pthread_mutex_init(&made->lock, NULL) != 0) {
        free(made);
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory for the metrics");
    }
    made->last = &made->first;
    *metrics = made;
    return kt_ok();
}

static void
series_free(kt_series_t *series)
{
    for (unsigned i = 0; series != NULL && i < KT_METRICS_LABELS_MAX; i++)
        free(series->values[i]);
    free(series);
}

static void
family_free(kt_family_t *family)
{
    if (family == NULL)
        return;
    while (family->first != NULL) {
        kt_series_t *series = family->first;
        family->first = series->next;
        series_free(series);
    }
    series_free(family->other);
    for (unsigned i = 0; i < KT_METRICS_LABELS_MAX; i++)
        free(family->labels[i]);
    free(family);
}

void
kt_metrics_destroy(kt_metrics_t **metrics)
{
    kt_metrics_t *self = *metrics;
    *metrics = NULL;
    if (self == NULL)
        return;
    while (self->first != NULL) {
        kt_family_t *family = self->first;
        self->first = family->next;
        family_free(family);
    }
    pthread_mutex_destroy(&self->lock);
    free(self);
}

static bool
name_valid(const char *name)
{
    size_t size = strspn(name, "abcdefghijklmnopqrstuvwxyz_0123456789");
    return size > 0 && name[size] == '\0' && (name[0] < '0' || name[0] > '9');
}

static kt_series_t *
series_new(const kt_family_t *family, const char *const *values)
{
    size_t buckets = family->type == KT_METRIC_HISTOGRAM ? KT_COUNT(bounds_us) : 0;
    kt_series_t *series = calloc(1, sizeof *series + buckets * sizeof series->buckets[0]);
    for (unsigned i = 0; series != NULL && i < family->labels_count; i++) {
        series->values[i] = strndup(values != NULL ? values[i] : "other", KT_METRICS_VALUE_MAX);
        if (series->values[i] == NULL) {
            series_free(series);
            return NULL;
        }
    }
    return series;
}

static bool
labels_split(kt_family_t *family, const char *labels)
{
    while (labels != NULL && *labels != '\0') {
        size_t size = strcspn(labels, ",");
        KT_ASSERT(family->labels_count < KT_METRICS_LABELS_MAX);
        char *label = strndup(labels, size);
        if (label == NULL)
            return false;
        KT_ASSERT(name_valid(label));
        family->labels[family->labels_count++] = label;
        labels += size + (labels[size] == ',');
    }
    return true;
}

kt_family_t *
kt_metrics_family(kt_metrics_t *metrics, kt_metric_type_t type, const char *name, const char *help,
                  const char *labels)
{
    KT_ASSERT(name_valid(name));
    kt_family_t *family = calloc(1, sizeof *family);
    if (family == NULL)
        return NULL;
    *family = (kt_family_t){.metrics = metrics, .type = type, .name = name, .help = help};
    family->last = &family->first;
    if (!labels_split(family, labels) || (family->other = series_new(family, NULL)) == NULL) {
        family_free(family);
        return NULL;
    }
    pthread_mutex_lock(&metrics->lock);
    *metrics->last = family;
    metrics->last = &family->next;
    pthread_mutex_unlock(&metrics->lock);
    return family;
}

static bool
series_matches(const kt_family_t *family, const kt_series_t *series, const char *const *values)
{
    for (unsigned i = 0; i < family->labels_count; i++)
        if (strncmp(series->values[i], values[i], KT_METRICS_VALUE_MAX) != 0)
            return false;
    return true;
}

kt_series_t *
kt_metrics_series(kt_family_t *family, const char *const *values)
{
    if (family == NULL)
        return NULL;
    pthread_mutex_lock(&family->metrics->lock);
    kt_series_t *series = family->first;
    while (series != NULL && !series_matches(family, series, values))
        series = series->next;
    if (series == NULL && family->series_count < KT_METRICS_SERIES_MAX) {
        series = series_new(family, values);
        if (series != NULL) {
            *family->last = series;
            family->last = &series->next;
            family->series_count++;
        }
    }
    pthread_mutex_unlock(&family->metrics->lock);
    return series != NULL ? series : family->other;
}

void
kt_series_add(kt_series_t *series, uint64_t count)
{
    if (series != NULL)
        atomic_fetch_add_explicit(&series->value, count, memory_order_relaxed);
}

void
kt_series_set(kt_series_t *series, int64_t value)
{
    if (series != NULL)
        atomic_store_explicit(&series->value, (uint64_t)value, memory_order_relaxed);
}

void
kt_series_observe_us(kt_series_t *series, uint64_t duration_us)
{
    if (series == NULL)
        return;
    unsigned i = 0;
    while (i < KT_COUNT(bounds_us) && duration_us > bounds_us[i])
        i++;
    _Atomic uint64_t *bucket = i < KT_COUNT(bounds_us) ? &series->buckets[i] : &series->value;
    atomic_fetch_add_explicit(bucket, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&series->sum_us, duration_us, memory_order_relaxed);
}

/* ---- text ---- */

static void
put_labels(FILE *out, const kt_family_t *family, const kt_series_t *series, const char *bound)
{
    char opening = '{';
    for (unsigned i = 0; i < family->labels_count; i++) {
        fprintf(out, "%c%s=\"", opening, family->labels[i]);
        for (const char *c = series->values[i]; *c != '\0'; c++) {
            if (*c == '\\' || *c == '"')
                putc('\\', out);
            if (*c == '\n')
                fputs("\\n", out);
            else
                putc(*c, out);
        }
        putc('"', out);
        opening = ',';
    }
    if (bound != NULL)
        fprintf(out, "%cle=\"%s\"", opening, bound);
    if (bound != NULL || family->labels_count > 0)
        putc('}', out);
}

static void
put_histogram(FILE *out, const kt_family_t *family, const kt_series_t *series)
{
    uint64_t count = 0;
    for (unsigned i = 0; i < KT_COUNT(bounds_us); i++) {
        char bound[32];
        snprintf(bound, sizeof bound, "%g", (double)bounds_us[i] / 1e6);
        count += atomic_load_explicit(&series->buckets[i], memory_order_relaxed);
        fprintf(out, "%s_bucket", family->name);
        put_labels(out, family, series, bound);
        fprintf(out, " %" PRIu64 "\n", count);
    }
    count += atomic_load_explicit(&series->value, memory_order_relaxed);
    fprintf(out, "%s_bucket", family->name);
    put_labels(out, family, series, "+Inf");
    fprintf(out, " %" PRIu64 "\n%s_sum", count, family->name);
    put_labels(out, family, series, NULL);
    uint64_t sum_us = atomic_load_explicit(&series->sum_us, memory_order_relaxed);
    fprintf(out, " %.6f\n%s_count", (double)sum_us / 1e6, family->name);
    put_labels(out, family, series, NULL);
    fprintf(out, " %" PRIu64 "\n", count);
}

static void
put_series(FILE *out, const kt_family_t *family, const kt_series_t *series)
{
    if (family->type == KT_METRIC_HISTOGRAM) {
        put_histogram(out, family, series);
        return;
    }
    uint64_t value = atomic_load_explicit(&series->value, memory_order_relaxed);
    fputs(family->name, out);
    put_labels(out, family, series, NULL);
    if (family->type == KT_METRIC_COUNTER)
        fprintf(out, " %" PRIu64 "\n", value);
    else
        fprintf(out, " %" PRId64 "\n", (int64_t)value);
}

static bool
series_used(const kt_series_t *series)
{
    return atomic_load_explicit(&series->value, memory_order_relaxed) != 0 ||
           atomic_load_explicit(&series->sum_us, memory_order_relaxed) != 0;
}

char *
kt_metrics_text(kt_metrics_t *metrics, size_t *size)
{
    static const char *const types[] = {"counter", "gauge", "histogram"};
    char *text = NULL;
    FILE *out = open_memstream(&text, size);
    if (out == NULL)
        return NULL;
    pthread_mutex_lock(&metrics->lock);
    for (const kt_family_t *family = metrics->first; family != NULL; family = family->next) {
        fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", family->name, family->help, family->name,
                types[family->type]);
        for (const kt_series_t *series = family->first; series != NULL; series = series->next)
            put_series(out, family, series);
        if (series_used(family->other))
            put_series(out, family, family->other);
    }
    pthread_mutex_unlock(&metrics->lock);
    kt_process_metrics(out);
    bool failed = ferror(out) != 0;
    if (fclose(out) != 0 || failed) {
        free(text);
        return NULL;
    }
    return text;
}
