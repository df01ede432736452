/* page.c - see page.h. */
#include "report/page.h"

#include "gws_config.h"
#include "report/assets.h"
#include "report/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct gws_page {
    FILE *body, *contents; /* what stands in the sections; the list of them */
    char *body_text, *contents_text;
    size_t body_size, contents_size;
    char *title, *below;
    gws_h5 *data;
    int open; /* a section is */
};

gws_page *gws_page_create(const char *title, const char *below, gws_h5 *data, gws_err *err)
{
    gws_page *p = calloc(1, sizeof *p);

    if (p) {
        p->body = open_memstream(&p->body_text, &p->body_size);
        p->contents = open_memstream(&p->contents_text, &p->contents_size);
        p->title = strdup(title);
        p->below = strdup(below);
        p->data = data;
    }
    if (p && p->body && p->contents && p->title && p->below)
        return p;
    gws_page_destroy(p);
    gws_err_set(err, GWS_ENOMEM, "no memory for a page");
    return NULL;
}

void gws_page_destroy(gws_page *p)
{
    if (!p)
        return;
    if (p->body)
        fclose(p->body);
    if (p->contents)
        fclose(p->contents);
    free(p->body_text);
    free(p->contents_text);
    free(p->title);
    free(p->below);
    free(p);
}

/* ---- words ---- */

static void element(gws_page *p, const char *name, const char *text)
{
    fprintf(p->body, "<%s>", name);
    gws_text_html(p->body, text);
    fprintf(p->body, "</%s>\n", name);
}

void gws_page_section(gws_page *p, const char *id, const char *title)
{
    fprintf(p->body, "%s<section id=\"%s\">\n", p->open ? "</section>\n" : "", id);
    p->open = 1;
    element(p, "h2", title);
    fprintf(p->contents, "<a href=\"#%s\">", id);
    gws_text_html(p->contents, title);
    fputs("</a>\n", p->contents);
}

void gws_page_subsection(gws_page *p, const char *id, const char *title)
{
    fprintf(p->body, "<h3 id=\"%s\">", id);
    gws_text_html(p->body, title);
    fputs("</h3>\n", p->body);
}

void gws_page_paragraph(gws_page *p, const char *text)
{
    element(p, "p", text);
}

void gws_page_grid(gws_page *p)
{
    fputs("<div class=\"grid\">\n", p->body);
}

void gws_page_grid_end(gws_page *p)
{
    fputs("</div>\n", p->body);
}

void gws_page_facts(gws_page *p, const gws_fact *facts, int n)
{
    fputs("<dl>\n", p->body);
    for (int i = 0; i < n; i++) {
        fputs("<div><dt>", p->body);
        gws_text_html(p->body, facts[i].name);
        fputs("</dt><dd>", p->body);
        gws_text_html(p->body, facts[i].value);
        fputs("</dd></div>\n", p->body);
    }
    fputs("</dl>\n", p->body);
}

static void cells(gws_page *p, const char *kind, const char *const *words, int columns)
{
    fputs("<tr>", p->body);
    for (int i = 0; i < columns; i++) {
        fprintf(p->body, "<%s>", kind);
        gws_text_html(p->body, words[i]);
        fprintf(p->body, "</%s>", kind);
    }
    fputs("</tr>\n", p->body);
}

void gws_page_table(gws_page *p, const char *const *heads, int columns)
{
    fputs("<div class=\"wide\" tabindex=\"0\"><table>\n<thead>", p->body);
    cells(p, "th", heads, columns);
    fputs("</thead>\n<tbody>\n", p->body);
}

void gws_page_row(gws_page *p, const char *const *words, int columns)
{
    cells(p, "td", words, columns);
}

void gws_page_table_end(gws_page *p)
{
    fputs("</tbody></table></div>\n", p->body);
}

/* ---- figures ---- */

static void figure_begin(gws_page *p, const char *kind, const char *id, const char *title, const char *says)
{
    fprintf(p->body, "<figure class=\"%s\" id=\"figure-%s\">\n<figcaption><strong>", kind, id);
    gws_text_html(p->body, title);
    fputs("</strong> ", p->body);
    gws_text_html(p->body, says);
    fputs("</figcaption>\n", p->body);
}

static void picture(gws_page *p, const char *mime, const char *ending, const char *id, const char *title, const void *data,
                    size_t size)
{
    fputs("<div class=\"picture\"><img alt=\"", p->body);
    gws_text_html(p->body, title);
    fprintf(p->body, "\" data-name=\"%s.%s\" src=\"data:%s;base64,", id, ending, mime);
    gws_text_base64(p->body, data, size);
    fputs("\"></div>\n<div class=\"tools\"></div>\n", p->body);
}

gws_status gws_page_chart(gws_page *p, const gws_chart *c, gws_err *err)
{
    char name[120], *svg = NULL;
    size_t size;
    gws_status status = GWS_OK;

    if (gws_chart_points(c) == 0)
        return GWS_OK;
    snprintf(name, sizeof name, "%s.svg", gws_chart_id(c));
    if ((status = gws_chart_svg(c, name, &svg, &size, err)) != GWS_OK)
        return status;
    figure_begin(p, "chart", gws_chart_id(c), gws_chart_title(c), gws_chart_says(c));
    fputs("<div class=\"plot\"></div><div class=\"read\"></div>\n", p->body);
    picture(p, "image/svg+xml", "svg", gws_chart_id(c), gws_chart_title(c), svg, size);
    free(svg);
    fputs("<script type=\"application/json\">", p->body);
    gws_chart_json(c, p->body);
    fputs("</script>\n</figure>\n", p->body);
    return p->data ? gws_chart_write(c, p->data, err) : GWS_OK;
}

gws_status gws_page_curves(gws_page *p, const gws_chart_params *params, const gws_curve *curves, int n, gws_err *err)
{
    gws_chart *c = gws_chart_create(params, err);
    gws_status status = c ? GWS_OK : GWS_ENOMEM;

    for (int i = 0; i < n && status == GWS_OK; i++)
        status = gws_chart_curve(c, &curves[i], err);
    if (status == GWS_OK)
        status = gws_page_chart(p, c, err);
    gws_chart_destroy(c);
    return status;
}

static void put_numbers(FILE *out, const char *key, const double *v, int n)
{
    fprintf(out, ",\"%s\":[", key);
    for (int i = 0; i < n; i++) {
        if (i > 0)
            fputc(',', out);
        gws_text_number(out, v[i], 7);
    }
    fputc(']', out);
}

/* Values as 16 bits of their range, 65535 where there is none. */
static gws_status put_values(FILE *out, const gws_page_map *m, gws_err *err)
{
    const size_t n = (size_t)m->columns * (size_t)m->lines;
    unsigned char *bytes = malloc(2 * n);
    double lo = INFINITY, hi = -INFINITY;

    if (!bytes)
        return gws_err_set(err, GWS_ENOMEM, "no memory for a map");
    for (size_t i = 0; i < n; i++)
        if (isfinite(m->v[i])) {
            lo = fmin(lo, (double)m->v[i]);
            hi = fmax(hi, (double)m->v[i]);
        }
    const double step = hi > lo ? (hi - lo) / 65534 : 1;
    for (size_t i = 0; i < n; i++) {
        const unsigned level = isfinite(m->v[i]) ? (unsigned)(((double)m->v[i] - lo) / step + 0.5) : 65535u;
        bytes[2 * i] = (unsigned char)(level & 0xffu);
        bytes[2 * i + 1] = (unsigned char)(level >> 8);
    }
    fputs(",\"zero\":", out);
    gws_text_number(out, hi >= lo ? lo : 0, 9);
    fputs(",\"step\":", out);
    gws_text_number(out, step, 9);
    fputs(",\"values\":\"", out);
    gws_text_base64(out, bytes, 2 * n);
    fputc('"', out);
    free(bytes);
    return GWS_OK;
}

static gws_status write_map(gws_h5 *f, const gws_page_map *m, gws_err *err)
{
    const int64_t shape[2] = {m->lines, m->columns};
    char group[120], path[200];
    gws_status status;

    snprintf(group, sizeof group, "/maps/%s", m->id);
    snprintf(path, sizeof path, "%s/value", group);
    status = gws_h5_write_f32(f, path, 2, shape, m->v, err);
    snprintf(path, sizeof path, "%s/x", group);
    if (status == GWS_OK)
        status = gws_h5_write_f64(f, path, 1, &shape[1], m->x, err);
    snprintf(path, sizeof path, "%s/y", group);
    if (status == GWS_OK)
        status = gws_h5_write_f64(f, path, 1, &shape[0], m->y, err);
    const struct {
        const char *name, *text;
    } texts[4] = {{"title", m->title}, {"x_label", m->x_label}, {"y_label", m->y_label}, {"value_label", m->v_label}};
    for (int i = 0; i < 4 && status == GWS_OK; i++)
        status = gws_h5_put_attr_string(f, group, texts[i].name, texts[i].text, err);
    return status;
}

gws_status gws_page_put_map(gws_page *p, const gws_page_map *m, gws_err *err)
{
    const struct {
        const char *name, *text;
    } texts[4] = {{"id", m->id}, {"x_label", m->x_label}, {"y_label", m->y_label}, {"v_label", m->v_label}};
    gws_status status;

    figure_begin(p, "map", m->id, m->title, m->says);
    fputs("<div class=\"read\"></div>\n", p->body);
    picture(p, "image/png", "png", m->id, m->title, m->png, m->png_size);
    fprintf(p->body, "<script type=\"application/json\">{\"columns\":%d,\"lines\":%d", m->columns, m->lines);
    for (int i = 0; i < 4; i++) {
        fprintf(p->body, ",\"%s\":", texts[i].name);
        gws_text_json(p->body, texts[i].text);
    }
    put_numbers(p->body, "axes", m->axes, 4);
    put_numbers(p->body, "x", m->x, m->columns);
    put_numbers(p->body, "y", m->y, m->lines);
    status = put_values(p->body, m, err);
    fputs("}</script>\n</figure>\n", p->body);
    return status == GWS_OK && p->data ? write_map(p->data, m, err) : status;
}

/* ---- the page ---- */

static void head(FILE *out, const gws_page *p)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'unsafe-inline'; style-src "
          "'unsafe-inline'; "
          "img-src data:\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light "
          "dark\">\n"
          "<link rel=\"icon\" href=\"data:,\">\n<title>",
          out);
    gws_text_html(out, p->title);
    fputs("</title>\n<style>\n", out);
    fwrite(gws_asset_dygraphs_style, 1, gws_asset_dygraphs_style_size, out);
    fputc('\n', out);
    fwrite(gws_asset_style, 1, gws_asset_style_size, out);
    fputs("</style>\n</head>\n<body>\n<header>\n<h1>", out);
    gws_text_html(out, p->title);
    fputs("</h1>\n<p>", out);
    gws_text_html(out, p->below);
    fputs("</p>\n</header>\n<nav>\n", out);
}

/* The licence of what is carried along, as a comment; stars within it cannot end it. */
static void licence(FILE *out)
{
    fputs("/*\n", out);
    for (unsigned long i = 0; i < gws_asset_dygraphs_licence_size; i++) {
        fputc(gws_asset_dygraphs_licence[i], out);
        if (gws_asset_dygraphs_licence[i] == '*' && gws_asset_dygraphs_licence[i + 1] == '/')
            fputc(' ', out);
    }
    fputs("*/\n", out);
}

gws_status gws_page_take(gws_page *p, char **html, size_t *size, gws_err *err)
{
    FILE *out = open_memstream(html, size);
    int bad;

    if (!out) {
        *html = NULL;
        return gws_err_set(err, GWS_ENOMEM, "no memory for a page");
    }
    if (p->open)
        fputs("</section>\n", p->body);
    bad = ferror(p->body) || fflush(p->body) != 0 || ferror(p->contents) || fflush(p->contents) != 0;
    if (!bad) {
        head(out, p);
        fwrite(p->contents_text, 1, p->contents_size, out);
        fputs("</nav>\n<main>\n", out);
        fwrite(p->body_text, 1, p->body_size, out);
        fputs("</main>\n<footer><p>Made by gwspike " GWS_VERSION " (" GWS_GIT_HASH ")", out);
        if (gws_asset_dygraphs_size > 0)
            fputs("; plots by dygraphs (MIT; its licence is in the source of this page)", out);
        fputs(".</p></footer>\n<script>\n", out);
        if (gws_asset_dygraphs_size > 0) {
            licence(out);
            fwrite(gws_asset_dygraphs, 1, gws_asset_dygraphs_size, out);
            fputc('\n', out);
        }
        fwrite(gws_asset_script, 1, gws_asset_script_size, out);
        fputs("</script>\n</body>\n</html>\n", out);
        bad = ferror(out);
    }
    bad |= fclose(out) != 0;
    if (!bad)
        return GWS_OK;
    free(*html);
    *html = NULL;
    return gws_err_set(err, GWS_ENOMEM, "no memory for a page");
}
