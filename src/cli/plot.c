#include "cli/plot.h"

#include "base/file.h"
#include "base/output.h"
#include "cli/font.h"

#include <math.h>
#include <png.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICK_SIZE 9.5
#define LABEL_SIZE 10.5
#define GRID 0xe4e4e4u
#define EDGE 6.0     /* pixels that text keeps from the end of the page */
#define SMALLEST 7.0 /* height of a capital that can be read */
#define TEXT_MAX 400 /* characters of a text that was cut */

typedef enum shape_kind { SHAPE_LINE, SHAPE_FILL, SHAPE_TEXT } shape_kind;

typedef struct shape {
    shape_kind kind;
    uint32_t colour;
    double width; /* of a line's pen, or a text's height */
    int dashed;
    int64_t first, n; /* points (texts: one point, and `first_char`) */
    int64_t first_char;
    gws_anchor anchor;
    int upright; /* text that runs upwards */
} shape;

typedef struct point {
    double x, y;
} point;

struct gws_plot {
    int width, height;
    int out_of_memory;
    shape *shapes;
    int64_t n_shapes, shape_capacity;
    point *points;
    int64_t n_points, point_capacity;
    char *chars;
    int64_t n_chars, char_capacity;

    double x, y, w, h, xlo, xhi, ylo, yhi; /* the panel */
    double legend_x;
    int log_base; /* of x; 0: none */
};

/* ---- the list of shapes ---- */

static int grow(void **data, int64_t *capacity, int64_t needed, size_t size)
{
    int64_t c = *capacity ? *capacity : 256;
    void *d;

    if (needed <= *capacity)
        return 0;
    while (c < needed)
        c *= 2;
    d = realloc(*data, (size_t)c * size);
    if (!d)
        return -1;
    *data = d;
    *capacity = c;
    return 0;
}

static shape *add_shape(gws_plot *p, shape_kind kind, uint32_t colour, double width)
{
    if (p->out_of_memory || grow((void **)&p->shapes, &p->shape_capacity, p->n_shapes + 1, sizeof *p->shapes) != 0) {
        p->out_of_memory = 1;
        return NULL;
    }
    p->shapes[p->n_shapes] = (shape){.kind = kind, .colour = colour, .width = width, .first = p->n_points};
    return &p->shapes[p->n_shapes++];
}

static void add_point(gws_plot *p, double x, double y)
{
    if (p->out_of_memory || grow((void **)&p->points, &p->point_capacity, p->n_points + 1, sizeof *p->points) != 0) {
        p->out_of_memory = 1;
        return;
    }
    p->points[p->n_points++] = (point){x, y};
    p->shapes[p->n_shapes - 1].n++;
}

static void add_segment(gws_plot *p, double x0, double y0, double x1, double y1, uint32_t colour, double width, int dashed)
{
    shape *s = add_shape(p, SHAPE_LINE, colour, width);

    if (!s)
        return;
    s->dashed = dashed;
    add_point(p, x0, y0);
    add_point(p, x1, y1);
}

static double text_width(const char *text, double size)
{
    return gws_font_width(text) * size / GWS_FONT_CAP;
}

/* Make a text no longer than `room`: smaller, then shorter. */
static const char *fit(const char *text, double room, double *size, char cut[TEXT_MAX])
{
    const double width = text_width(text, *size);

    if (width <= room)
        return text;
    *size = fmax(*size * room / width, fmin(*size, SMALLEST));
    if (text_width(text, *size) <= room * (1 + 1e-9))
        return text;
    size_t n = strlen(text);
    n = n < TEXT_MAX - 4 ? n : TEXT_MAX - 4;
    do {
        snprintf(cut, TEXT_MAX, "%.*s...", (int)n, text);
    } while (n-- > 0 && text_width(cut, *size) > room);
    return cut;
}

static void add_text(gws_plot *p, double x, double y, double size, gws_anchor anchor, uint32_t colour, int upright,
                     const char *text)
{
    char cut[TEXT_MAX];
    double along = upright ? p->height - y : x; /* where the anchor stands in the direction of reading */
    const double page = upright ? p->height : p->width, from = anchor == GWS_LEFT ? fmax(along, EDGE) : EDGE,
                 to = anchor == GWS_RIGHT ? fmin(along, page - EDGE) : page - EDGE;
    text = fit(text, to - from, &size, cut);
    const double width = text_width(text, size), before = width * (anchor == GWS_LEFT ? 0 : anchor == GWS_CENTRE ? 0.5 : 1);
    along = fmin(fmax(along, EDGE + before), page - EDGE - (width - before));
    if (upright)
        y = p->height - along;
    else
        x = along;
    int64_t n = (int64_t)strlen(text) + 1;
    shape *s = add_shape(p, SHAPE_TEXT, colour, size);

    if (!s)
        return;
    s->anchor = anchor;
    s->upright = upright;
    s->first_char = p->n_chars;
    add_point(p, x, y);
    if (p->out_of_memory || grow((void **)&p->chars, &p->char_capacity, p->n_chars + n, 1) != 0) {
        p->out_of_memory = 1;
        return;
    }
    memcpy(p->chars + p->n_chars, text, (size_t)n);
    p->n_chars += n;
}

gws_plot *gws_plot_create(int width, int height, gws_err *err)
{
    gws_plot *p = NULL;

    GWS_ASSERT(width > 0 && height > 0 && width <= 20000 && height <= 20000);
    p = calloc(1, sizeof *p);
    if (!p) {
        gws_err_set(err, GWS_ENOMEM, "no memory for a figure");
        return NULL;
    }
    p->width = width;
    p->height = height;
    return p;
}

void gws_plot_destroy(gws_plot *p)
{
    if (!p)
        return;
    free(p->shapes);
    free(p->points);
    free(p->chars);
    free(p);
}

/* ---- panels ---- */

static double map_x(const gws_plot *p, double x)
{
    return p->x + (x - p->xlo) / (p->xhi - p->xlo) * p->w;
}

static double map_y(const gws_plot *p, double y)
{
    return p->y + p->h - (y - p->ylo) / (p->yhi - p->ylo) * p->h;
}

/* Smallest of 1, 2, 5 times a power of ten that gives at most `most` steps. */
static double tick_step(double range, int most)
{
    double raw = range / most, power = pow(10, floor(log10(raw)));

    if (power >= raw)
        return power;
    return 2 * power >= raw ? 2 * power : 5 * power >= raw ? 5 * power : 10 * power;
}

static int ticks_within(double lo, double hi, double step)
{
    return (int)(floor(hi / step + 1e-9) - ceil(lo / step - 1e-9)) + 1;
}

static void tick(gws_plot *p, int along_y, double at, const char *text)
{
    if (along_y) {
        add_segment(p, p->x, map_y(p, at), p->x + p->w, map_y(p, at), GRID, 1, 0);
        if (text)
            add_text(p, p->x - 9, map_y(p, at) + TICK_SIZE / 2, TICK_SIZE, GWS_RIGHT, GWS_INK, 0, text);
    } else {
        add_segment(p, map_x(p, at), p->y, map_x(p, at), p->y + p->h, GRID, 1, 0);
        if (text)
            add_text(p, map_x(p, at), p->y + p->h + 9 + TICK_SIZE, TICK_SIZE, GWS_CENTRE, GWS_INK, 0, text);
    }
}

/* As many digits as tell one tick from the next. */
static void ticks(gws_plot *p, int along_y, double lo, double hi, int most, int numbers)
{
    double step = tick_step(hi - lo, most < 1 ? 1 : most);

    for (int more = most + 1; ticks_within(lo, hi, step) < 2; more++)
        step = tick_step(hi - lo, more);
    const int digits = (int)(floor(log10(fmax(fabs(lo), fabs(hi)))) - floor(log10(step) + 1e-9)) + 1;
    const double first = ceil(lo / step - 1e-9);
    for (int i = 0; i < ticks_within(lo, hi, step); i++) {
        char text[40];
        const double v = (first + i) * step;
        snprintf(text, sizeof text, "%.*g", digits < 6 ? 6 : digits > 15 ? 15 : digits, first + i == 0 ? 0.0 : v);
        tick(p, along_y, v, numbers ? text : NULL);
    }
}

/* Along x in decades or octaves.  Room for a number is 60 pixels; where that is not enough for every power, every second, third ... */
static void log_ticks(gws_plot *p, int numbers)
{
    const double decade = p->w / (p->xhi - p->xlo);
    const int64_t every = (int64_t)ceil(60 / decade);
    static const int of_decade[] = {1, 2, 5};

    for (double k = floor(p->xlo); k <= p->xhi; k++)
        for (int i = 0; i < (p->log_base == 10 && decade * log10(2) > 60 ? 3 : 1); i++) {
            char text[40];
            const double at = k + log10(of_decade[i]);
            if ((int64_t)k % every || at < p->xlo - 1e-9 || at > p->xhi + 1e-9)
                continue;
            snprintf(text, sizeof text, "%.6g", of_decade[i] * pow(p->log_base, k));
            tick(p, 0, at, numbers ? text : NULL);
        }
}

void gws_plot_logarithmic(gws_plot *p, int base)
{
    GWS_ASSERT(base == 0 || base == 2 || base == 10);
    p->log_base = base;
}

/* A range in which numbers can be told apart. */
static void widen(double *lo, double *hi)
{
    const double least = 1e-9 * fmax(fabs(*lo), fabs(*hi));

    if (*hi - *lo < least) {
        *lo -= least;
        *hi += least;
    }
}

void gws_plot_panel(gws_plot *p, double x, double y, double w, double h, double xlo, double xhi, double ylo, double yhi,
                    const char *xlabel, const char *ylabel)
{
    GWS_ASSERT(xhi > xlo && yhi > ylo && isfinite(xhi - xlo) && isfinite(yhi - ylo));
    widen(&xlo, &xhi);
    widen(&ylo, &yhi);
    p->x = x;
    p->y = y;
    p->w = w;
    p->h = h;
    p->xlo = xlo;
    p->xhi = xhi;
    p->ylo = ylo;
    p->yhi = yhi;
    p->legend_x = x + w;
    if (p->log_base)
        log_ticks(p, xlabel != NULL);
    else
        ticks(p, 0, xlo, xhi, (int)(w / 80), xlabel != NULL);
    ticks(p, 1, ylo, yhi, (int)(h / 32) + 1, ylabel != NULL);
    add_segment(p, x, y, x + w, y, GWS_GREY, 1, 0);
    add_segment(p, x, y + h, x + w, y + h, GWS_GREY, 1, 0);
    add_segment(p, x, y, x, y + h, GWS_GREY, 1, 0);
    add_segment(p, x + w, y, x + w, y + h, GWS_GREY, 1, 0);
    if (xlabel)
        add_text(p, x + w / 2, y + h + 24 + TICK_SIZE + LABEL_SIZE, LABEL_SIZE, GWS_CENTRE, GWS_INK, 0, xlabel);
    if (ylabel)
        add_text(p, x - 56, y + h / 2, LABEL_SIZE, GWS_CENTRE, GWS_INK, 1, ylabel);
}

/* The part of a segment inside the panel (Liang and Barsky 1984); 0 when none is. */
static int clip(const gws_plot *p, point *a, point *b)
{
    double dx = b->x - a->x, dy = b->y - a->y, t0 = 0, t1 = 1;
    double step[4] = {-dx, dx, -dy, dy};
    double room[4] = {a->x - p->x, p->x + p->w - a->x, a->y - p->y, p->y + p->h - a->y};

    for (int i = 0; i < 4; i++) {
        if (step[i] == 0) {
            if (room[i] < 0)
                return 0;
            continue;
        }
        double t = room[i] / step[i];
        if (step[i] < 0 && t > t0)
            t0 = t;
        if (step[i] > 0 && t < t1)
            t1 = t;
        if (t0 > t1)
            return 0;
    }
    *b = (point){a->x + t1 * dx, a->y + t1 * dy};
    *a = (point){a->x + t0 * dx, a->y + t0 * dy};
    return 1;
}

/* The pen that gws_plot_line draws with: clipped, starting a new shape where the line leaves the panel. */
typedef struct pen {
    gws_plot *p;
    uint32_t colour;
    double width;
    int down, drawing;
    point last, drawn;
} pen;

static void pen_to(pen *q, double x, double y)
{
    point a = q->last, b = {x, y};

    q->last = b;
    if (!q->down) {
        q->down = 1;
        q->drawing = 0;
        return;
    }
    if (!clip(q->p, &a, &b)) {
        q->drawing = 0;
        return;
    }
    if (!q->drawing || a.x != q->drawn.x || a.y != q->drawn.y) {
        if (!add_shape(q->p, SHAPE_LINE, q->colour, q->width))
            return;
        add_point(q->p, a.x, a.y);
        q->drawing = 1;
    }
    add_point(q->p, b.x, b.y);
    q->drawn = b;
}

void gws_plot_line(gws_plot *p, const double *x, const double *y, int64_t n, uint32_t colour, double width)
{
    pen q = {.p = p, .colour = colour, .width = width};

    for (int64_t i = 0; i < n;) {
        double column, low, high, last;
        int64_t k = i + 1;
        if (!isfinite(x[i]) || !isfinite(y[i])) {
            q.down = 0;
            i++;
            continue;
        }
        /* All points in one half pixel column are drawn as their extremes; of two or fewer nothing is lost. */
        column = floor(2 * map_x(p, x[i]));
        low = high = last = map_y(p, y[i]);
        pen_to(&q, map_x(p, x[i]), last);
        for (; k < n && isfinite(x[k]) && isfinite(y[k]) && floor(2 * map_x(p, x[k])) == column; k++) {
            last = map_y(p, y[k]);
            low = last < low ? last : low;
            high = last > high ? last : high;
        }
        if (k > i + 1) {
            pen_to(&q, map_x(p, x[i]), low);
            pen_to(&q, map_x(p, x[i]), high);
            pen_to(&q, map_x(p, x[k - 1]), last);
        }
        i = k;
    }
}

void gws_plot_vline(gws_plot *p, double x, uint32_t colour, double width, int dashed)
{
    if (x >= p->xlo && x <= p->xhi)
        add_segment(p, map_x(p, x), p->y, map_x(p, x), p->y + p->h, colour, width, dashed);
}

void gws_plot_hline(gws_plot *p, double y, uint32_t colour, double width, int dashed)
{
    if (y >= p->ylo && y <= p->yhi)
        add_segment(p, p->x, map_y(p, y), p->x + p->w, map_y(p, y), colour, width, dashed);
}

void gws_plot_bar(gws_plot *p, double x, double ylo, double yhi, uint32_t colour)
{
    const double a = map_x(p, p->xlo), b = map_x(p, x > p->xhi ? p->xhi : x), top = map_y(p, yhi), bottom = map_y(p, ylo);

    if (b <= a || !add_shape(p, SHAPE_FILL, colour, 0))
        return;
    add_point(p, a, top);
    add_point(p, b, top);
    add_point(p, b, bottom);
    add_point(p, a, bottom);
}

void gws_plot_band(gws_plot *p, double xlo, double xhi, uint32_t colour)
{
    double a = map_x(p, xlo < p->xlo ? p->xlo : xlo), b = map_x(p, xhi > p->xhi ? p->xhi : xhi);

    if (b <= a || !add_shape(p, SHAPE_FILL, colour, 0))
        return;
    add_point(p, a, p->y);
    add_point(p, b, p->y);
    add_point(p, b, p->y + p->h);
    add_point(p, a, p->y + p->h);
}

static void mark_at(gws_plot *p, double x, double y, gws_marker m, uint32_t colour, double size)
{
    double r = size / 2, side = m == GWS_MARK_UP ? 1 : -1;

    if (m == GWS_MARK_CROSS) {
        add_segment(p, x - r, y - r, x + r, y + r, colour, 2, 0);
        add_segment(p, x - r, y + r, x + r, y - r, colour, 2, 0);
    } else if (m == GWS_MARK_UP || m == GWS_MARK_DOWN) {
        if (!add_shape(p, SHAPE_FILL, colour, 0))
            return;
        add_point(p, x, y - side * r);
        add_point(p, x + r, y + side * r);
        add_point(p, x - r, y + side * r);
    } else {
        if (!add_shape(p, m == GWS_MARK_DISC ? SHAPE_FILL : SHAPE_LINE, colour, 2))
            return;
        for (int i = 0; i <= 24; i++)
            add_point(p, x + r * cos(i * M_PI / 12), y + r * sin(i * M_PI / 12));
    }
}

void gws_plot_mark(gws_plot *p, double x, double y, gws_marker marker, uint32_t colour, double size)
{
    if (x < p->xlo || x > p->xhi)
        return;
    y = y < p->ylo ? p->ylo : y > p->yhi ? p->yhi : y;
    mark_at(p, map_x(p, x), map_y(p, y), marker, colour, size);
}

void gws_plot_note(gws_plot *p, double x, double y, double dx, double dy, gws_anchor anchor, uint32_t colour, const char *text)
{
    if (x >= p->xlo && x <= p->xhi)
        add_text(p, map_x(p, x) + dx,
                 map_y(p, y < p->ylo   ? p->ylo
                          : y > p->yhi ? p->yhi
                                       : y) +
                     dy,
                 TICK_SIZE, anchor, colour, 0, text);
}

void gws_plot_legend(gws_plot *p, const char *name, uint32_t colour, int marker)
{
    double y = p->y - 14;

    add_text(p, p->legend_x, y + TICK_SIZE / 2, TICK_SIZE, GWS_RIGHT, GWS_INK, 0, name);
    p->legend_x -= text_width(name, TICK_SIZE) + 10;
    if (marker < 0) {
        add_segment(p, p->legend_x - 22, y, p->legend_x, y, colour, marker == GWS_LEGEND_DASHED ? 1.5 : 2.5,
                    marker == GWS_LEGEND_DASHED);
        p->legend_x -= 22 + 22;
    } else {
        mark_at(p, p->legend_x - 5, y, (gws_marker)marker, colour, 10);
        p->legend_x -= 10 + 22;
    }
}

void gws_plot_text(gws_plot *p, double x, double y, double size, gws_anchor anchor, uint32_t colour, const char *text)
{
    add_text(p, x, y, size, anchor, colour, 0, text);
}

void gws_plot_title(gws_plot *p, const char *title, const char *subtitle)
{
    add_text(p, 84, 40, 15, GWS_LEFT, GWS_INK, 0, title);
    if (subtitle)
        add_text(p, 84, 66, 10.5, GWS_LEFT, 0x555555u, 0, subtitle);
}

/* ---- PNG ---- */

static void blend(uint8_t *pixel, uint32_t colour, double alpha)
{
    for (int c = 0; c < 3; c++) {
        double have = pixel[c], want = (double)(colour >> (16 - 8 * c) & 0xffu);
        pixel[c] = (uint8_t)(have + (want - have) * alpha + 0.5);
    }
}

/* One straight piece of a pen: coverage falls off over one pixel at its edge. */
static void draw_piece(uint8_t *rgb, int width, int height, point a, point b, double pen_width, uint32_t colour)
{
    double reach = pen_width / 2 + 1, dx = b.x - a.x, dy = b.y - a.y, length2 = dx * dx + dy * dy;
    int x0 = (int)floor(fmin(a.x, b.x) - reach), x1 = (int)ceil(fmax(a.x, b.x) + reach);
    int y0 = (int)floor(fmin(a.y, b.y) - reach), y1 = (int)ceil(fmax(a.y, b.y) + reach);

    x0 = x0 < 0 ? 0 : x0;
    y0 = y0 < 0 ? 0 : y0;
    x1 = x1 >= width ? width - 1 : x1;
    y1 = y1 >= height ? height - 1 : y1;
    for (int y = y0; y <= y1; y++) {
        for (int x = x0; x <= x1; x++) {
            double px = x + 0.5 - a.x, py = y + 0.5 - a.y;
            double t = length2 > 0 ? fmin(1, fmax(0, (px * dx + py * dy) / length2)) : 0;
            double cover = pen_width / 2 + 0.5 - hypot(px - t * dx, py - t * dy);
            if (cover > 0)
                blend(rgb + 3 * ((int64_t)y * width + x), colour, fmin(1, cover));
        }
    }
}

static void draw_line(uint8_t *rgb, int width, int height, const shape *s, const point *points)
{
    const double dash = 7, space = 5;

    for (int64_t i = 0; i + 1 < s->n; i++) {
        point a = points[i], b = points[i + 1];
        double length = hypot(b.x - a.x, b.y - a.y);
        if (!s->dashed) {
            draw_piece(rgb, width, height, a, b, s->width, s->colour);
            continue;
        }
        for (double t = 0; t < length; t += dash + space) {
            double u = fmin(t + dash, length) / length, v = t / length;
            draw_piece(rgb, width, height, (point){a.x + v * (b.x - a.x), a.y + v * (b.y - a.y)},
                       (point){a.x + u * (b.x - a.x), a.y + u * (b.y - a.y)}, s->width, s->colour);
        }
    }
}

/* A polygon: 4 by 4 points per pixel are asked whether they are inside (even-odd rule). */
static void draw_fill(uint8_t *rgb, int width, int height, const shape *s, const point *q)
{
    double x0 = width, x1 = 0, y0 = height, y1 = 0;

    for (int64_t i = 0; i < s->n; i++) {
        x0 = fmin(x0, q[i].x);
        x1 = fmax(x1, q[i].x);
        y0 = fmin(y0, q[i].y);
        y1 = fmax(y1, q[i].y);
    }
    for (int y = (int)fmax(0, floor(y0)); y < height && y < y1; y++) {
        for (int x = (int)fmax(0, floor(x0)); x < width && x < x1; x++) {
            int hits = 0;
            for (int k = 0; k < 16; k++) {
                double px = x + (k % 4 + 0.5) / 4, py = y + (k / 4 + 0.5) / 4;
                int inside = 0;
                for (int64_t i = 0, j = s->n - 1; i < s->n; j = i++)
                    if ((q[i].y > py) != (q[j].y > py) && px < (q[j].x - q[i].x) * (py - q[i].y) / (q[j].y - q[i].y) + q[i].x)
                        inside = !inside;
                hits += inside;
            }
            if (hits)
                blend(rgb + 3 * ((int64_t)y * width + x), s->colour, hits / 16.0);
        }
    }
}

static void draw_text(uint8_t *rgb, int width, int height, const shape *s, point at, const char *text)
{
    double unit = s->width / GWS_FONT_CAP, pen_width = fmax(1.15, s->width / 8.0), shift = 0, w;

    if (s->anchor != GWS_LEFT)
        shift = -gws_font_width(text) * unit * (s->anchor == GWS_CENTRE ? 0.5 : 1);
    for (; *text; text++) {
        const char *g = gws_font_glyph(*text, &w);
        int down = 0;
        point last = at;
        while (*g) {
            if (*g == ' ') {
                down = 0;
                g++;
                continue;
            }
            double along = shift + (g[0] - '0') * unit, up = (g[1] - 'c') * unit;
            point next = s->upright ? (point){at.x - up, at.y - along} : (point){at.x + along, at.y - up};
            if (down)
                draw_piece(rgb, width, height, last, next, pen_width, s->colour);
            last = next;
            down = 1;
            g += 2;
        }
        shift += (w + GWS_FONT_SPACE) * unit;
    }
}

static void draw(const gws_plot *p, uint8_t *rgb)
{
    memset(rgb, 255, 3 * (size_t)p->width * (size_t)p->height);
    for (int64_t i = 0; i < p->n_shapes; i++) {
        const shape *s = &p->shapes[i];
        if (s->kind == SHAPE_LINE)
            draw_line(rgb, p->width, p->height, s, p->points + s->first);
        else if (s->kind == SHAPE_FILL)
            draw_fill(rgb, p->width, p->height, s, p->points + s->first);
        else
            draw_text(rgb, p->width, p->height, s, p->points[s->first], p->chars + s->first_char);
    }
}

static gws_status save_png(const gws_plot *p, const char *path, gws_err *err)
{
    gws_status st = GWS_OK;
    uint8_t *rgb = malloc(3 * (size_t)p->width * (size_t)p->height);
    void *data = NULL;
    png_alloc_size_t size;
    png_image image;

    if (!rgb) {
        st = gws_err_set(err, GWS_ENOMEM, "%s: no memory for %d x %d pixels", path, p->width, p->height);
        goto fail;
    }
    draw(p, rgb);
    memset(&image, 0, sizeof image);
    image.version = PNG_IMAGE_VERSION;
    image.width = (png_uint_32)p->width;
    image.height = (png_uint_32)p->height;
    image.format = PNG_FORMAT_RGB;
    size = PNG_IMAGE_PNG_SIZE_MAX(image);
    data = malloc(size);
    if (!data || !png_image_write_to_memory(&image, data, &size, 0, rgb, 0, NULL)) {
        st = gws_err_set(err, data ? GWS_EIO : GWS_ENOMEM, "%s: cannot make the PNG: %s", path, data ? image.message : "no memory");
        goto fail;
    }
    st = gws_file_write(path, data, size, err);
fail:
    free(rgb);
    free(data);
    return st;
}

/* ---- SVG ---- */

static void svg_text(FILE *f, const shape *s, point at, const char *text)
{
    static const char *const anchors[] = {"start", "middle", "end"};

    fprintf(f, "<text x=\"%.2f\" y=\"%.2f\" font-size=\"%.2f\" text-anchor=\"%s\" fill=\"#%06x\"", at.x, at.y, s->width / 0.72,
            anchors[s->anchor], (unsigned)s->colour);
    if (s->upright)
        fprintf(f, " transform=\"rotate(-90 %.2f %.2f)\"", at.x, at.y);
    fputc('>', f);
    for (; *text; text++) {
        if (*text == '<')
            fputs("&lt;", f);
        else if (*text == '&')
            fputs("&amp;", f);
        else
            fputc(*text, f);
    }
    fputs("</text>\n", f);
}

static gws_status save_svg(const gws_plot *p, const char *path, gws_err *err)
{
    gws_status st;
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);

    if (!f)
        return gws_err_set(err, GWS_ENOMEM, "%s: no memory for the SVG", path);
    fprintf(
        f,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\">\n",
        p->width, p->height, p->width, p->height);
    fprintf(f, "<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>\n", p->width, p->height);
    for (int64_t i = 0; i < p->n_shapes; i++) {
        const shape *s = &p->shapes[i];
        const point *q = p->points + s->first;
        if (s->kind == SHAPE_TEXT) {
            svg_text(f, s, q[0], p->chars + s->first_char);
            continue;
        }
        fprintf(f, "<%s points=\"", s->kind == SHAPE_FILL ? "polygon" : "polyline");
        for (int64_t k = 0; k < s->n; k++)
            fprintf(f, "%s%.2f,%.2f", k ? " " : "", q[k].x, q[k].y);
        if (s->kind == SHAPE_FILL)
            fprintf(f, "\" fill=\"#%06x\"/>\n", (unsigned)s->colour);
        else
            fprintf(f, "\" fill=\"none\" stroke=\"#%06x\" stroke-width=\"%.2f\" stroke-linejoin=\"round\"%s/>\n",
                    (unsigned)s->colour, s->width, s->dashed ? " stroke-dasharray=\"7 5\"" : "");
    }
    fputs("</svg>\n", f);
    if (fclose(f) != 0) {
        free(text);
        return gws_err_set(err, GWS_ENOMEM, "%s: no memory for the SVG", path);
    }
    st = gws_file_write(path, text, size, err);
    free(text);
    return st;
}

gws_status gws_plot_save(const gws_plot *p, const char *path, gws_err *err)
{
    if (p->out_of_memory)
        return gws_err_set(err, GWS_ENOMEM, "%s: no memory for the figure", path);
    if (gws_path_ends(path, ".svg"))
        return save_svg(p, path, err);
    return save_png(p, path, err);
}
