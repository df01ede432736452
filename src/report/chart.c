/* chart.c - see chart.h. */
#include "report/chart.h"

#include "base/number.h"
#include "plot/plot.h"
#include "report/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH 860.0
#define HEIGHT 380.0
static const gws_box chart_box = {78, 84, 760, 240};

typedef struct held {
    char *name;
    double *x, *y, *low, *high; /* x owns the memory of all */
    int64_t n;
    gws_curve_kind kind;
    int pen; /* index in gws_style_lines */
} held;

struct gws_chart {
    char *id, *title, *says, *x_label, *y_label;
    gws_chart_axis x, y;
    held curves[GWS_CURVES_MAX];
    int n, n_moments;
    struct {
        double x;
        char *name;
    } moments[GWS_MOMENTS_MAX];
};

static char *copy_of(const char *text)
{
    return strdup(text ? text : "");
}

gws_chart *gws_chart_create(const gws_chart_params *p, gws_err *err)
{
    gws_chart *c = calloc(1, sizeof *c);

    if (c) {
        c->id = copy_of(p->id);
        c->title = copy_of(p->title);
        c->says = copy_of(p->says);
        c->x_label = copy_of(p->x.label);
        c->y_label = copy_of(p->y.label);
        c->x = p->x;
        c->y = p->y;
    }
    if (!c || !c->id || !c->title || !c->says || !c->x_label || !c->y_label) {
        gws_chart_destroy(c);
        gws_err_set(err, GWS_ENOMEM, "no memory for a chart");
        return NULL;
    }
    c->x.label = c->x_label;
    c->y.label = c->y_label;
    return c;
}

void gws_chart_destroy(gws_chart *c)
{
    if (!c)
        return;
    for (int i = 0; i < c->n; i++) {
        free(c->curves[i].name);
        free(c->curves[i].x);
    }
    for (int i = 0; i < c->n_moments; i++)
        free(c->moments[i].name);
    free(c->id);
    free(c->title);
    free(c->says);
    free(c->x_label);
    free(c->y_label);
    free(c);
}

int gws_curve_keeps(int64_t i, int64_t n)
{
    return i < 200 || i % ((n + 1999) / 2000) == 0;
}

static int free_pen(const gws_chart *c)
{
    for (int p = 0; p < GWS_LINES; p++) {
        int taken = 0;
        for (int i = 0; i < c->n; i++)
            taken |= c->curves[i].pen == p;
        if (!taken)
            return p;
    }
    return c->n % GWS_LINES;
}

gws_status gws_chart_curve(gws_chart *c, const gws_curve *curve, gws_err *err)
{
    held *h = &c->curves[c->n];
    const size_t n = (size_t)curve->n;

    GWS_ASSERT(c->n < GWS_CURVES_MAX && curve->n >= 0);
    *h = (held){.n = curve->n, .kind = curve->kind, .pen = curve->pen > 0 ? (curve->pen - 1) % GWS_LINES : free_pen(c)};
    h->name = copy_of(curve->name);
    h->x = malloc((4 * n + 1) * sizeof *h->x);
    if (!h->name || !h->x) {
        free(h->name);
        free(h->x);
        return gws_err_set(err, GWS_ENOMEM, "no memory for a curve of %lld points", (long long)curve->n);
    }
    h->y = h->x + n;
    if (n > 0) {
        memcpy(h->x, curve->x, n * sizeof *h->x);
        memcpy(h->y, curve->y, n * sizeof *h->y);
    }
    if (curve->low && curve->high) {
        h->low = h->y + n;
        h->high = h->low + n;
        memcpy(h->low, curve->low, n * sizeof *h->low);
        memcpy(h->high, curve->high, n * sizeof *h->high);
    }
    c->n++;
    return GWS_OK;
}

void gws_chart_moment(gws_chart *c, const gws_moment *m)
{
    if (c->n_moments == GWS_MOMENTS_MAX || !isfinite(m->x))
        return;
    c->moments[c->n_moments].x = m->x;
    if ((c->moments[c->n_moments].name = copy_of(m->name)))
        c->n_moments++;
}

const char *gws_chart_id(const gws_chart *c)
{
    return c->id;
}

const char *gws_chart_title(const gws_chart *c)
{
    return c->title;
}

const char *gws_chart_says(const gws_chart *c)
{
    return c->says;
}

int64_t gws_chart_points(const gws_chart *c)
{
    int64_t n = 0;

    for (int i = 0; i < c->n; i++)
        n += c->curves[i].n;
    return n;
}

/* ---- the picture ---- */

static int usable(double v, int logarithmic)
{
    return isfinite(v) && (!logarithmic || v > 0);
}

static void stretch(double v, int logarithmic, double *lo, double *hi)
{
    if (!usable(v, logarithmic))
        return;
    *lo = fmin(*lo, v);
    *hi = fmax(*hi, v);
}

static gws_axis axis_of(const gws_chart_axis *a, double lo, double hi, int margin)
{
    gws_axis out = {lo, hi, a->logarithmic ? GWS_LOG10 : GWS_LINEAR, GWS_NUMBERS, a->label};

    if (!(lo <= hi)) { /* no point at all */
        out.from = a->logarithmic ? 1 : 0;
        out.to = a->logarithmic ? 10 : 1;
    }
    if (margin && a->logarithmic) {
        const double by = pow(out.to / out.from, 0.06);
        out.from /= by > 1 ? by : 2;
        out.to *= by > 1 ? by : 2;
    } else if (margin) {
        const double by = out.to > out.from ? 0.08 * (out.to - out.from) : fmax(fabs(out.to), 1) * 0.1;
        out.from -= out.from == 0 ? 0 : by;
        out.to += by;
    }
    if (a->to > a->from) {
        out.from = a->from;
        out.to = a->to;
    }
    return out;
}

static void axes_of(const gws_chart *c, gws_axis *x, gws_axis *y)
{
    double lo[2] = {INFINITY, INFINITY}, hi[2] = {-INFINITY, -INFINITY};

    for (int i = 0; i < c->n; i++) {
        const held *h = &c->curves[i];
        for (int64_t k = 0; k < h->n; k++) {
            stretch(h->x[k], c->x.logarithmic, &lo[0], &hi[0]);
            if (c->x.to > c->x.from && (h->x[k] < c->x.from || h->x[k] > c->x.to))
                continue;
            stretch(h->y[k], c->y.logarithmic, &lo[1], &hi[1]);
            if (h->low) {
                stretch(h->low[k], c->y.logarithmic, &lo[1], &hi[1]);
                stretch(h->high[k], c->y.logarithmic, &lo[1], &hi[1]);
            }
        }
    }
    *x = axis_of(&c->x, lo[0], hi[0], 0);
    *y = axis_of(&c->y, lo[1], hi[1], 1);
    for (int i = 0; i < c->n; i++) /* points at the ends of the axis are seen whole */
        if (c->curves[i].kind == GWS_CURVE_POINTS)
            *x = axis_of(&c->x, lo[0], hi[0], 1);
}

static void draw_steps(gws_panel *q, const held *h, gws_pen pen)
{
    for (int64_t k = 0; k < h->n; k++) {
        const double x[3] = {h->x[k], k + 1 < h->n ? h->x[k + 1] : h->x[k], k + 1 < h->n ? h->x[k + 1] : h->x[k]};
        const double y[3] = {h->y[k], h->y[k], k + 1 < h->n ? h->y[k + 1] : h->y[k]};
        gws_panel_line(q, x, y, 3, pen);
    }
}

static gws_mark mark_of(const held *h)
{
    static const gws_shape shapes[4] = {GWS_DISC, GWS_UP, GWS_CROSS, GWS_CIRCLE};

    return (gws_mark){shapes[h->pen % 4], gws_style_lines[h->pen].colour, h->n > 500 ? 5 : 8};
}

static void draw_curve(gws_panel *q, const held *h)
{
    const gws_pen pen = gws_style_lines[h->pen];

    if (h->kind == GWS_CURVE_POINTS) {
        for (int64_t k = 0; k < h->n; k++) {
            if (h->low)
                gws_panel_error(q, h->x[k], h->low[k], h->high[k], (gws_pen){pen.colour, 1.2, GWS_SOLID});
            gws_panel_mark(q, h->x[k], h->y[k], mark_of(h));
        }
    } else if (h->kind == GWS_CURVE_STEPS) {
        draw_steps(q, h, pen);
    } else {
        gws_panel_line(q, h->x, h->y, h->n, pen);
        if (h->n == 1)
            gws_panel_mark(q, h->x[0], h->y[0], mark_of(h));
    }
}

static void draw(const gws_chart *c, gws_plot *p)
{
    gws_axis x, y;
    gws_key keys[GWS_CURVES_MAX];
    gws_mark marks[GWS_CURVES_MAX];

    axes_of(c, &x, &y);
    gws_panel *q = gws_plot_panel(p, chart_box, &x, &y);
    for (int i = 0; i < c->n; i++)
        if (c->curves[i].low && c->curves[i].kind != GWS_CURVE_POINTS)
            gws_panel_area(q, c->curves[i].x, c->curves[i].low, c->curves[i].high, c->curves[i].n, GWS_SHADE);
    for (int i = 0; i < c->n_moments; i++) {
        gws_panel_vline(q, c->moments[i].x, (gws_pen){GWS_INK, 1.0, GWS_DOTTED});
        if (c->n_moments <= 3)
            gws_panel_note(q, c->moments[i].x, INFINITY, &(gws_note){4, 14, GWS_LEFT, GWS_DIM, c->moments[i].name});
    }
    for (int i = 0; i < c->n; i++) {
        const held *h = &c->curves[i];
        draw_curve(q, h);
        marks[i] = mark_of(h);
        keys[i] = (gws_key){.name = h->name,
                            .pen = h->kind == GWS_CURVE_POINTS ? NULL : &gws_style_lines[h->pen],
                            .mark = h->kind == GWS_CURVE_POINTS ? &marks[i] : NULL,
                            .colour = gws_style_lines[h->pen].colour};
    }
    gws_panel_legend(q, keys, c->n);
}

gws_status gws_chart_svg(const gws_chart *c, const char *path, char **svg, size_t *size, gws_err *err)
{
    gws_plot *p = gws_plot_create(path, WIDTH, HEIGHT, err);
    gws_status status;

    *svg = NULL;
    *size = 0;
    if (!p)
        return err ? err->status : GWS_ENOMEM;
    gws_plot_title(p, c->title, NULL);
    draw(c, p);
    status = gws_plot_bytes(p, svg, size, err);
    gws_plot_destroy(p);
    return status;
}

/* ---- the numbers ---- */

static void put_text(FILE *out, const char *key, const char *text)
{
    fprintf(out, "\"%s\":", key);
    gws_text_json(out, text);
}

static void put_axis(FILE *out, const char *name, const gws_chart_axis *a)
{
    fprintf(out, "\"%s\":{", name);
    put_text(out, "label", a->label);
    fprintf(out, ",\"log\":%s", a->logarithmic ? "true" : "false");
    if (a->to > a->from) {
        fputs(",\"range\":[", out);
        gws_text_number(out, a->from, 9);
        fputc(',', out);
        gws_text_number(out, a->to, 9);
        fputc(']', out);
    }
    fputs("},", out);
}

static void put_column(FILE *out, const char *key, const double *v, int64_t n, int digits)
{
    fprintf(out, ",\"%s\":[", key);
    for (int64_t k = 0; k < n; k++) {
        if (k > 0)
            fputc(',', out);
        gws_text_number(out, v[k], digits);
    }
    fputc(']', out);
}

void gws_chart_json(const gws_chart *c, FILE *out)
{
    static const char *const kinds[] = {[GWS_CURVE_LINE] = "line", [GWS_CURVE_POINTS] = "points", [GWS_CURVE_STEPS] = "steps"};

    fputc('{', out);
    put_text(out, "id", c->id);
    fputc(',', out);
    put_text(out, "title", c->title);
    fputc(',', out);
    put_axis(out, "x", &c->x);
    put_axis(out, "y", &c->y);
    fputs("\"moments\":[", out);
    for (int i = 0; i < c->n_moments; i++) {
        fputs(i ? ",{\"x\":" : "{\"x\":", out);
        gws_text_number(out, c->moments[i].x, 12);
        fputc(',', out);
        put_text(out, "name", c->moments[i].name);
        fputc('}', out);
    }
    fputs("],\"curves\":[", out);
    for (int i = 0; i < c->n; i++) {
        const held *h = &c->curves[i];
        fputs(i ? ",{" : "{", out);
        put_text(out, "name", h->name);
        fprintf(out, ",\"kind\":\"%s\",\"pen\":%d", kinds[h->kind], h->pen);
        put_column(out, "x", h->x, h->n, 12);
        put_column(out, "y", h->y, h->n, 6);
        if (h->low) {
            put_column(out, "low", h->low, h->n, 6);
            put_column(out, "high", h->high, h->n, 6);
        }
        fputc('}', out);
    }
    fputs("]}", out);
}

gws_status gws_chart_write(const gws_chart *c, gws_h5 *f, gws_err *err)
{
    char group[120], path[200];
    gws_status status = GWS_OK;

    snprintf(group, sizeof group, "/charts/%s", c->id);
    status = gws_h5_make_group(f, group, err);
    if (status == GWS_OK)
        status = gws_h5_put_attr_string(f, group, "title", c->title, err);
    if (status == GWS_OK)
        status = gws_h5_put_attr_string(f, group, "x_label", c->x.label, err);
    if (status == GWS_OK)
        status = gws_h5_put_attr_string(f, group, "y_label", c->y.label, err);
    for (int i = 0; i < c->n && status == GWS_OK; i++) {
        const held *h = &c->curves[i];
        const struct {
            const char *name;
            const double *v;
        } columns[4] = {{"x", h->x}, {"y", h->y}, {"low", h->low}, {"high", h->high}};
        for (int k = 0; k < 4 && status == GWS_OK; k++) {
            snprintf(path, sizeof path, "%s/curve_%d/%s", group, i + 1, columns[k].name);
            if (columns[k].v)
                status = gws_h5_write_f64(f, path, 1, &h->n, columns[k].v, err);
        }
        snprintf(path, sizeof path, "%s/curve_%d", group, i + 1);
        if (status == GWS_OK)
            status = gws_h5_put_attr_string(f, path, "name", h->name, err);
    }
    return status;
}
