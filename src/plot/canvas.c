/* canvas.c - see canvas.h. */
#include "plot/canvas.h"

#include "base/escape.h"
#include "base/file.h"
#include "base/number.h"
#include "base/output.h"

#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <cairo.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAMILY "DejaVu Sans"
#define PNG_SCALE 1.75          /* pixels a unit */
#define EDGE 5.0                /* between a text and the end of the page */
#define TEXT_MAX 400            /* bytes of a text */
#define ROOM ((size_t)24 << 20) /* that Cairo, FreeType and fontconfig need together, and more */

typedef enum kind { KIND_PNG, KIND_SVG, KIND_PDF } kind;

/* A file in memory. */
typedef struct growing {
    FILE *file;
    char *data;
    size_t size;
} growing;

struct gws_canvas {
    kind kind;
    char *path;
    double width, height;
    cairo_surface_t *surface;
    cairo_t *cr;
    growing bytes;
    growing texts; /* of an SVG: elements that come after all shapes */
    int image;     /* it has a picture on it, whose colours are not rounded */
    int no_memory; /* for one of its pictures */
};

/* ---- the page ---- */

static int begin(growing *g)
{
    g->file = open_memstream(&g->data, &g->size);
    return g->file ? 0 : -1;
}

/* After this the data are whole.  returns 0, or -1 when memory ran out on the way */
static int end(growing *g)
{
    FILE *file = g->file;
    int bad;

    if (!file)
        return 0;
    bad = ferror(file);
    g->file = NULL;
    return fclose(file) != 0 || bad ? -1 : 0;
}

static cairo_status_t take(void *user, const unsigned char *data, unsigned int n)
{
    growing *g = user;

    return fwrite(data, 1, n, g->file) == n ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

static cairo_surface_t *surface_of(gws_canvas *c)
{
    cairo_surface_t *s;

    if (c->kind == KIND_SVG)
        return cairo_svg_surface_create_for_stream(take, &c->bytes, c->width, c->height);
    if (c->kind == KIND_PNG)
        return cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)ceil(PNG_SCALE * c->width), (int)ceil(PNG_SCALE * c->height));
    s = cairo_pdf_surface_create_for_stream(take, &c->bytes, c->width, c->height);
    cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_CREATE_DATE, ""); /* else it is now */
    cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_CREATOR, "gwspike");
    return s;
}

/* Letters of the same form and width on every surface, whatever the user's desktop prefers. */
static void set_fonts(cairo_t *cr)
{
    cairo_font_options_t *o = cairo_font_options_create();

    cairo_font_options_set_antialias(o, CAIRO_ANTIALIAS_GRAY);
    cairo_font_options_set_hint_style(o, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(o, CAIRO_HINT_METRICS_OFF);
    cairo_set_font_options(cr, o);
    cairo_font_options_destroy(o);
}

/* Where memory runs out, fontconfig writes lines of its own to stderr, letters are missing, and the system's cache of fonts may be left
 * empty.  So there must be enough beforehand. */
static int has_room(const gws_canvas *c)
{
    void *room = malloc(ROOM + (size_t)(8 * PNG_SCALE * PNG_SCALE * c->width * c->height));
    const int has = room != NULL;

    free(room);
    return has;
}

gws_canvas *gws_canvas_create(const char *path, double width, double height, gws_err *err)
{
    gws_canvas *c = NULL;

    GWS_ASSERT(width > 0 && height > 0 && width <= 10000 && height <= 10000);
    if (gws_format_check(GWS_FORMAT_FIGURE, path, err) != GWS_OK)
        return NULL;
    if (!(c = calloc(1, sizeof *c)))
        goto fail;
    c->kind = gws_path_ends(path, ".svg") ? KIND_SVG : gws_path_ends(path, ".pdf") ? KIND_PDF : KIND_PNG;
    c->width = width;
    c->height = height;
    if (!(c->path = strdup(path)) || begin(&c->bytes) != 0 || begin(&c->texts) != 0 || !has_room(c))
        goto fail;
    c->surface = surface_of(c);
    c->cr = cairo_create(c->surface);
    if (cairo_status(c->cr) != CAIRO_STATUS_SUCCESS)
        goto fail;
    if (c->kind == KIND_PNG)
        cairo_scale(c->cr, PNG_SCALE, PNG_SCALE);
    set_fonts(c->cr);
    cairo_set_line_join(c->cr, CAIRO_LINE_JOIN_ROUND);
    cairo_set_source_rgb(c->cr, 1, 1, 1);
    cairo_paint(c->cr);
    return c;
fail:
    gws_canvas_destroy(c);
    gws_err_set(err, GWS_ENOMEM, "%s: no memory for a figure", path);
    return NULL;
}

void gws_canvas_destroy(gws_canvas *c)
{
    if (!c)
        return;
    if (c->cr)
        cairo_destroy(c->cr);
    if (c->surface) {
        cairo_surface_finish(c->surface); /* writes to what is ended below */
        cairo_surface_destroy(c->surface);
    }
    end(&c->bytes);
    end(&c->texts);
    free(c->bytes.data);
    free(c->texts.data);
    free(c->path);
    free(c);
}

double gws_canvas_width(const gws_canvas *c)
{
    return c->width;
}

double gws_canvas_height(const gws_canvas *c)
{
    return c->height;
}

void gws_canvas_name(gws_canvas *c, const char *text)
{
    char safe[TEXT_MAX];

    gws_escape(safe, sizeof safe, text, 0);
    if (c->kind == KIND_PDF)
        cairo_pdf_surface_set_metadata(c->surface, CAIRO_PDF_METADATA_TITLE, safe);
}

/* ---- shapes ---- */

static void set_colour(gws_canvas *c, uint32_t colour)
{
    cairo_set_source_rgb(c->cr, (double)(colour >> 16 & 0xffu) / 255, (double)(colour >> 8 & 0xffu) / 255,
                         (double)(colour & 0xffu) / 255);
}

static void set_pen(gws_canvas *c, gws_pen pen)
{
    static const struct {
        double lengths[4];
        int n;
    } dashes[GWS_DASHES] = {
        [GWS_SOLID] = {{0}, 0},
        [GWS_DASHED] = {{6, 3.5}, 2},
        [GWS_DOTTED] = {{1.5, 2.5}, 2},
        [GWS_DASH_DOT] = {{7, 3, 1.5, 3}, 4},
    };

    set_colour(c, pen.colour);
    cairo_set_line_width(c->cr, pen.width);
    cairo_set_dash(c->cr, dashes[pen.dash].lengths, dashes[pen.dash].n, 0);
}

static void trace(gws_canvas *c, const gws_point *at, int64_t n)
{
    cairo_new_path(c->cr);
    for (int64_t i = 0; i < n; i++)
        cairo_line_to(c->cr, at[i].x, at[i].y);
}

void gws_canvas_clip(gws_canvas *c, const gws_box *box)
{
    cairo_reset_clip(c->cr);
    if (!box)
        return;
    cairo_new_path(c->cr);
    cairo_rectangle(c->cr, box->x, box->y, box->width, box->height);
    cairo_clip(c->cr);
}

void gws_canvas_line(gws_canvas *c, const gws_point *at, int64_t n, gws_pen pen)
{
    if (n < 2)
        return;
    set_pen(c, pen);
    trace(c, at, n);
    cairo_stroke(c->cr);
}

void gws_canvas_fill(gws_canvas *c, const gws_point *at, int64_t n, uint32_t colour)
{
    set_colour(c, colour);
    trace(c, at, n);
    cairo_fill(c->cr);
}

void gws_canvas_image(gws_canvas *c, const gws_box *box, const uint32_t *colours, int columns, int lines)
{
    cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_RGB24, columns, lines);
    unsigned char *data = cairo_image_surface_get_data(s);

    if (data && colours) {
        const int stride = cairo_image_surface_get_stride(s);
        for (int y = 0; y < lines; y++)
            memcpy(data + (size_t)(lines - 1 - y) * (size_t)stride, colours + (size_t)y * (size_t)columns,
                   (size_t)columns * sizeof *colours);
        cairo_surface_mark_dirty(s);
    }
    c->image = 1;
    if (!colours || cairo_surface_status(s) != CAIRO_STATUS_SUCCESS) {
        c->no_memory = 1;
        cairo_surface_destroy(s);
        return;
    }
    cairo_save(c->cr);
    cairo_translate(c->cr, box->x, box->y);
    cairo_scale(c->cr, box->width / columns, box->height / lines);
    cairo_set_source_surface(c->cr, s, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(c->cr), CAIRO_FILTER_NEAREST);
    cairo_paint(c->cr);
    cairo_restore(c->cr);
    cairo_surface_destroy(s);
}

void gws_canvas_mark(gws_canvas *c, gws_point at, gws_mark mark)
{
    const double r = mark.size / 2, side = mark.shape == GWS_DOWN ? -1 : 1;
    const gws_pen pen = {mark.colour, fmax(1.0, mark.size / 6), GWS_SOLID};

    switch (mark.shape) {
    case GWS_DISC:
    case GWS_CIRCLE:
        set_pen(c, pen);
        cairo_new_path(c->cr);
        cairo_arc(c->cr, at.x, at.y, mark.shape == GWS_DISC ? r : r - pen.width / 2, 0, 2 * M_PI);
        if (mark.shape == GWS_DISC)
            cairo_fill(c->cr);
        else
            cairo_stroke(c->cr);
        break;
    case GWS_UP:
    case GWS_DOWN:
        gws_canvas_fill(c, (const gws_point[3]){{at.x, at.y - side * r}, {at.x + r, at.y + side * r}, {at.x - r, at.y + side * r}},
                        3, mark.colour);
        break;
    case GWS_CROSS:
        gws_canvas_line(c, (const gws_point[2]){{at.x - r, at.y - r}, {at.x + r, at.y + r}}, 2, pen);
        gws_canvas_line(c, (const gws_point[2]){{at.x - r, at.y + r}, {at.x + r, at.y - r}}, 2, pen);
        break;
    }
}

/* ---- texts ---- */

static void set_type(gws_canvas *c, const gws_type *type)
{
    cairo_select_font_face(c->cr, FAMILY, CAIRO_FONT_SLANT_NORMAL,
                           type->weight == GWS_BOLD ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(c->cr, type->size);
}

static double width_of(gws_canvas *c, const gws_type *type, const char *text)
{
    cairo_text_extents_t e;

    set_type(c, type);
    cairo_text_extents(c->cr, text, &e);
    return e.x_advance;
}

double gws_canvas_text_width(gws_canvas *c, const gws_type *type, const char *text)
{
    char safe[TEXT_MAX];

    gws_escape(safe, sizeof safe, text, 0);
    return width_of(c, type, safe);
}

/* Make a text no wider than there is room: smaller, then shorter.  returns its width */
static double fit(gws_canvas *c, gws_type *type, double room, char text[TEXT_MAX])
{
    double width = width_of(c, type, text);
    size_t n = strlen(text);

    if (width <= room)
        return width;
    type->size = fmax(type->size * room / width, fmin(type->size, GWS_SIZE_SMALLEST));
    while ((width = width_of(c, type, text)) > room * 1.001 && n > 0) {
        do
            n--;
        while (n > 0 && ((unsigned char)text[n] & 0xc0u) == 0x80u); /* a character goes as a whole */
        snprintf(text + n, TEXT_MAX - n, "%s", n + 4 < TEXT_MAX ? "…" : "");
    }
    return width;
}

static void svg_element(gws_canvas *c, gws_point at, const gws_type *type, double width, const char *text)
{
    char head[300], turned[80] = "";
    FILE *f = c->texts.file;

    if (type->direction == GWS_UPWARDS)
        gws_text_print(turned, sizeof turned, " transform=\"rotate(-90 %.2f %.2f)\"", at.x, at.y);
    gws_text_print(head, sizeof head, "<text x=\"%.2f\" y=\"%.2f\" font-size=\"%.2f\" fill=\"#%06x\"%s textLength=\"%.2f\"%s>",
                   at.x, at.y, type->size, (unsigned)type->colour, type->weight == GWS_BOLD ? " font-weight=\"bold\"" : "", width,
                   turned);
    fputs(head, f);
    for (; *text; text++) {
        if (*text == '<')
            fputs("&lt;", f);
        else if (*text == '>')
            fputs("&gt;", f);
        else if (*text == '&')
            fputs("&amp;", f);
        else
            fputc(*text, f);
    }
    fputs("</text>\n", f);
}

static void show(gws_canvas *c, gws_point at, const gws_type *type, const char *text)
{
    cairo_save(c->cr);
    cairo_reset_clip(c->cr);
    cairo_translate(c->cr, at.x, at.y);
    if (type->direction == GWS_UPWARDS)
        cairo_rotate(c->cr, -M_PI / 2);
    cairo_move_to(c->cr, 0, 0);
    set_type(c, type);
    set_colour(c, type->colour);
    cairo_show_text(c->cr, text);
    cairo_restore(c->cr);
}

/* Where the foot of a line stands, so that neither its heads nor its tails leave the page. */
static double across(double foot, double page, const gws_type *type)
{
    return fmax(0.8 * type->size, fmin(foot, page - 0.25 * type->size));
}

void gws_canvas_text(gws_canvas *c, gws_point at, gws_type type, const char *text)
{
    const double page = type.direction == GWS_UPWARDS ? c->height : c->width;
    const double along = type.direction == GWS_UPWARDS ? c->height - at.y : at.x; /* in the direction of reading */
    const double share = type.anchor == GWS_LEFT ? 0 : type.anchor == GWS_CENTRE ? 0.5 : 1;
    char safe[TEXT_MAX];

    gws_escape(safe, sizeof safe, text, 0);
    if (!safe[0])
        return;
    const double width = fit(c, &type, page - 2 * EDGE, safe);
    const double begins = fmax(EDGE, fmin(along - share * width, page - EDGE - width));
    if (type.direction == GWS_UPWARDS)
        at = (gws_point){across(at.x, c->width, &type), c->height - begins};
    else
        at = (gws_point){begins, across(at.y, c->height, &type)};
    if (c->kind == KIND_SVG)
        svg_element(c, at, &type, width, safe);
    else
        show(c, at, &type, safe);
}

/* ---- the file ---- */

/* An SVG in three parts: shapes, texts, end.  Cairo numbers its surfaces, which would make the bytes depend on what the process drew
 * before, so that number goes. */
static int join_svg(const growing *shapes, const growing *texts, growing *out)
{
    static const char last[] = "</svg>", group[] = "<g id=\"surface",
                      shown[] = "<g font-family=\"DejaVu Sans, Verdana, sans-serif\">\n";
    const char *close = shapes->data, *at;

    for (at = shapes->data; (at = strstr(at, last)); at++)
        close = at;
    if (begin(out) != 0)
        return -1;
    at = strstr(shapes->data, group);
    if (at) {
        const char *after = strchr(at, '>');
        fwrite(shapes->data, 1, (size_t)(at - shapes->data), out->file);
        fputs("<g>", out->file);
        fwrite(after + 1, 1, (size_t)(close - after - 1), out->file);
    } else {
        fwrite(shapes->data, 1, (size_t)(close - shapes->data), out->file);
    }
    fputs(shown, out->file);
    fwrite(texts->data, 1, texts->size, out->file);
    fputs("</g>\n</svg>\n", out->file);
    return end(out);
}

static gws_status says(const gws_canvas *c, cairo_status_t status, gws_err *err)
{
    if (status == CAIRO_STATUS_NO_MEMORY || status == CAIRO_STATUS_WRITE_ERROR) /* the writer writes to memory */
        return gws_err_set(err, GWS_ENOMEM, "%s: no memory for a figure", c->path);
    return gws_err_set(err, GWS_EIO, "%s: cannot draw the figure: %s", c->path, cairo_status_to_string(status));
}

/* Sixteen levels of each colour are as many as an eye tells apart at the edge of a line, and the file is little more than half as long. */
static void round_levels(cairo_surface_t *image)
{
    const int width = cairo_image_surface_get_width(image), height = cairo_image_surface_get_height(image);
    const int stride = cairo_image_surface_get_stride(image);
    unsigned char *data;

    cairo_surface_flush(image);
    data = cairo_image_surface_get_data(image);
    for (int y = 0; data && y < height; y++)
        for (int i = 0; i < 4 * width; i++) {
            unsigned char *level = &data[(size_t)y * (size_t)stride + (size_t)i];
            *level = (unsigned char)((*level + 8) / 17 * 17);
        }
    cairo_surface_mark_dirty(image);
}

gws_status gws_canvas_bytes(gws_canvas *c, char **out, size_t *size, gws_err *err)
{
    growing whole = {0};
    cairo_status_t status = c->no_memory ? CAIRO_STATUS_NO_MEMORY : cairo_status(c->cr);

    *out = NULL;
    *size = 0;
    if (status == CAIRO_STATUS_SUCCESS && c->kind == KIND_PNG) {
        if (!c->image)
            round_levels(c->surface);
        status = cairo_surface_write_to_png_stream(c->surface, take, &c->bytes);
    }
    cairo_surface_finish(c->surface);
    if (status == CAIRO_STATUS_SUCCESS)
        status = cairo_surface_status(c->surface);
    if (status != CAIRO_STATUS_SUCCESS)
        return says(c, status, err);
    if (end(&c->bytes) != 0 || end(&c->texts) != 0 || (c->kind == KIND_SVG && join_svg(&c->bytes, &c->texts, &whole) != 0)) {
        free(whole.data);
        return gws_err_set(err, GWS_ENOMEM, "%s: no memory for a figure", c->path);
    }
    if (c->kind != KIND_SVG) {
        whole = c->bytes;
        c->bytes = (growing){0};
    }
    *out = whole.data;
    *size = whole.size;
    return GWS_OK;
}

gws_status gws_canvas_save(gws_canvas *c, gws_err *err)
{
    char *data;
    size_t size;
    gws_status status = gws_canvas_bytes(c, &data, &size, err);

    if (status == GWS_OK)
        status = gws_file_write(c->path, data, size, err);
    free(data);
    return status;
}

const char *gws_canvas_library(char out[32])
{
    snprintf(out, 32, "Cairo %s", cairo_version_string());
    return out;
}
