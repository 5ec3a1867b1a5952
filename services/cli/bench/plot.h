/*
 * plot.h: bars with ranges as one SVG file: no scripts, no fonts of its own, a light ground that
 * reads on dark and light pages alike.
 *
 * A plot is panels one below the other, each with bars on a scale of its own that begins at 0.
 */
#ifndef CLI_PLOT_H
#define CLI_PLOT_H

#include <kt/def.h>
#include <stdio.h>

#define PLOT_PANELS_MAX 10
#define PLOT_BARS_MAX   48
#define PLOT_TEXT_BYTES 128

typedef enum plot_style {
    PLOT_OURS,      /* what the page is about */
    PLOT_OTHER,     /* what it is held against */
    PLOT_PUBLISHED, /* a figure that was not measured with the others */
    PLOT_ABSENT,    /* not measured: a label only */
} plot_style_t;

typedef struct plot_bar {
    char label[PLOT_TEXT_BYTES];
    double value, least, most; /* least = most: no range */
    plot_style_t style;
} plot_bar_t;

typedef struct plot_panel {
    char title[PLOT_TEXT_BYTES];
    unsigned first, count; /* of its bars */
} plot_panel_t;

typedef struct plot {
    char title[PLOT_TEXT_BYTES], subtitle[2 * PLOT_TEXT_BYTES];
    unsigned panels_count, bars_count;
    plot_panel_t panels[PLOT_PANELS_MAX];
    plot_bar_t bars[PLOT_BARS_MAX];
} plot_t;

/* Begins the next panel; bars go into the last one. */
void plot_panel(plot_t *plot, const char *title);
void plot_bar(plot_t *plot, const plot_bar_t *bar);
/* TEXT as it stands between tags. */
void plot_escape(FILE *file, const char *text);
void plot_write(const plot_t *plot, FILE *file);

#endif
