#include "plot.h"

#include "report.h"

#include <string.h>

#define WIDTH       880
#define HEAD_PX     66 /* title and subtitle */
#define PANEL_PX    40 /* a panel's title and the room before it */
#define ROW_PX      24
#define BAR_PX      14
#define FOOT_PX     34
#define LABEL_PX    270 /* where bars begin */
#define BAR_MAX_PX  360 /* the longest bar, or the end of its range */
#define GROUND      "#ffffff"
#define INK         "#1f2328"
#define FAINT       "#59636e"
#define LINE        "#d0d7de"
#define OURS        "#4a98e0"
#define OTHER       "#a9b4c0"
#define RANGE_COLOR "#3d444d"

void
plot_panel(plot_t *plot, const char *title)
{
    KT_ASSERT(plot->panels_count < PLOT_PANELS_MAX);
    plot_panel_t *panel = &plot->panels[plot->panels_count++];
    snprintf(panel->title, sizeof panel->title, "%s", title);
    panel->first = plot->bars_count;
    panel->count = 0;
}

void
plot_bar(plot_t *plot, const plot_bar_t *bar)
{
    KT_ASSERT(plot->panels_count > 0 && plot->bars_count < PLOT_BARS_MAX);
    plot->bars[plot->bars_count++] = *bar;
    plot->panels[plot->panels_count - 1].count++;
}

void
plot_escape(FILE *file, const char *text)
{
    static const char *const names[128] = {
        ['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;", ['\''] = "&#39;"};
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < 128 && names[c])
            fputs(names[c], file);
        else if (c >= 32 || c == '\t') /* XML has no other control characters */
            fputc(c, file);
    }
}

static void
put_text(FILE *file, double x, double y, const char *more, const char *text)
{
    fprintf(file, "<text x=\"%.1f\" y=\"%.1f\" %s>", x, y, more);
    plot_escape(file, text);
    fputs("</text>\n", file);
}

static void
put_range(FILE *file, double from, double to, double middle)
{
    fprintf(file, "<path d=\"M%.1f %.1fH%.1fM%.1f %.1fv8M%.1f %.1fv8\" stroke=\"%s\"/>\n", from,
            middle, to, from, middle - 4, to, middle - 4, RANGE_COLOR);
}

static void
put_bar(FILE *file, const plot_bar_t *bar, double scale, double top)
{
    double middle = top + ROW_PX / 2.0, width = bar->value * scale;
    double end = LABEL_PX + KT_MAX(width, bar->most * scale);
    char value[32], least[32], most[32], text[128];
    put_text(file, LABEL_PX - 10, middle + 4,
             bar->style == PLOT_OURS ? "text-anchor=\"end\" font-weight=\"bold\""
                                     : "text-anchor=\"end\"",
             bar->label);
    if (bar->style == PLOT_ABSENT) {
        put_text(file, LABEL_PX + 4, middle + 4, "fill=\"" FAINT "\" font-style=\"italic\"",
                 "not measured");
        return;
    }
    fprintf(file, "<rect x=\"%d\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" %s/>\n", LABEL_PX,
            middle - BAR_PX / 2.0, KT_MAX(width, 1), BAR_PX,
            bar->style == PLOT_OURS    ? "fill=\"" OURS "\""
            : bar->style == PLOT_OTHER ? "fill=\"" OTHER "\""
                                       : "fill=\"none\" stroke=\"" FAINT
                                         "\" stroke-dasharray=\"4 3\"");
    report_number(bar->value, value);
    snprintf(text, sizeof text, "%s%s", value, bar->style == PLOT_PUBLISHED ? " (published)" : "");
    if (bar->most > bar->least) {
        put_range(file, LABEL_PX + bar->least * scale, LABEL_PX + bar->most * scale, middle);
        report_number(bar->least, least);
        report_number(bar->most, most);
        snprintf(text, sizeof text, "%s (%s..%s)", value, least, most);
    }
    put_text(file, end + 8, middle + 4, bar->style == PLOT_OURS ? "font-weight=\"bold\"" : "",
             text);
}

static double
put_panel(FILE *file, const plot_t *plot, const plot_panel_t *panel, double top)
{
    double most = 0;
    for (unsigned i = 0; i < panel->count; i++)
        most = KT_MAX(
            most, KT_MAX(plot->bars[panel->first + i].value, plot->bars[panel->first + i].most));
    put_text(file, 20, top + 28, "font-weight=\"bold\" fill=\"" FAINT "\"", panel->title);
    top += PANEL_PX;
    for (unsigned i = 0; i < panel->count; i++, top += ROW_PX)
        put_bar(file, &plot->bars[panel->first + i], most > 0 ? BAR_MAX_PX / most : 0, top);
    fprintf(file, "<path d=\"M%d %.1fV%.1f\" stroke=\"%s\"/>\n", LABEL_PX,
            top - ROW_PX * (double)panel->count, top, FAINT);
    return top;
}

void
plot_write(const plot_t *plot, FILE *file)
{
    unsigned height = HEAD_PX + PANEL_PX * plot->panels_count + ROW_PX * plot->bars_count + FOOT_PX;
    fprintf(
        file,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%u\" "
        "viewBox=\"0 0 %d %u\" font-family=\"sans-serif\" font-size=\"12\" fill=\"%s\">\n<title>",
        WIDTH, height, WIDTH, height, INK);
    plot_escape(file, plot->title);
    fprintf(file,
            "</title>\n<rect x=\"0.5\" y=\"0.5\" width=\"%d\" height=\"%u\" rx=\"6\" "
            "fill=\"%s\" stroke=\"%s\"/>\n",
            WIDTH - 1, height - 1, GROUND, LINE);
    put_text(file, 20, 32, "font-size=\"17\" font-weight=\"bold\"", plot->title);
    put_text(file, 20, 53, "fill=\"" FAINT "\"", plot->subtitle);
    double top = HEAD_PX;
    for (unsigned i = 0; i < plot->panels_count; i++)
        top = put_panel(file, plot, &plot->panels[i], top);
    put_text(file, 20, height - 13, "font-size=\"11\" fill=\"" FAINT "\"",
             "Bars are medians of the rounds, thin lines the least and the most. Each group has a "
             "scale of its own, from 0.");
    fputs("</svg>\n", file);
}
