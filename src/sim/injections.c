#include "sim/injections.h"

#include "base/hdf5.h"
#include "base/mt19937.h"
#include "base/number.h"
#include "sim/sim_inspiral.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 4000 /* of pycbc_create_injections */
#define MOST_ROWS INT64_C(100000000)
#define MOST_COLUMNS 64

void gws_injections_init(gws_injections *t, int64_t n)
{
    GWS_ASSERT(n >= 0);
    *t = (gws_injections){.n = n, .seed = -1};
}

void gws_injections_clear(gws_injections *t)
{
    for (int i = 0; i < t->n_columns; i++)
        free(t->columns[i]);
    free(t->columns);
    free(t->names);
    free(t->statics);
    *t = (gws_injections){.seed = -1};
}

gws_status gws_injections_add_column(gws_injections *t, const char *name, double **column, gws_err *err)
{
    *column = NULL;
    if (t->n_columns == MOST_COLUMNS || strlen(name) >= sizeof t->names[0])
        return gws_err_set(err, GWS_EFORMAT, "injections: column %.70s: name too long, or more than %d columns", name,
                           MOST_COLUMNS);
    if (!t->names)
        t->names = calloc(MOST_COLUMNS, sizeof *t->names);
    if (!t->columns)
        t->columns = calloc(MOST_COLUMNS, sizeof *t->columns);
    if (t->names && t->columns)
        *column = calloc((size_t)t->n + 1, sizeof **column);
    if (!*column)
        return gws_err_set(err, GWS_ENOMEM, "injections: no memory for %lld rows", (long long)t->n);
    strcpy(t->names[t->n_columns], name);
    t->columns[t->n_columns++] = *column;
    return GWS_OK;
}

gws_status gws_injections_add_static(gws_injections *t, const gws_static_arg *a, gws_err *err)
{
    gws_static_arg *more = realloc(t->statics, (size_t)(t->n_statics + 1) * sizeof *more);
    if (!more)
        return gws_err_set(err, GWS_ENOMEM, "injections: no memory for static argument %s", a->name);
    t->statics = more;
    t->statics[t->n_statics] = *a;
    if (a->is_number && !a->text[0])
        gws_text_print(t->statics[t->n_statics].text, sizeof a->text, "%.17g", a->number);
    t->n_statics++;
    return GWS_OK;
}

const double *gws_injections_column(const gws_injections *t, const char *name)
{
    for (int i = 0; i < t->n_columns; i++)
        if (strcmp(t->names[i], name) == 0)
            return t->columns[i];
    return NULL;
}

const gws_static_arg *gws_injections_static(const gws_injections *t, const char *name)
{
    for (int i = 0; i < t->n_statics; i++)
        if (strcmp(t->statics[i].name, name) == 0)
            return &t->statics[i];
    return NULL;
}

const char *gws_injections_text(const gws_injections *t, const char *name)
{
    const gws_static_arg *a = gws_injections_static(t, name);
    return a ? a->text : "";
}

/* Make room for `rows` rows in every column; t->n stays. */
static gws_status reserve(gws_injections *t, int64_t rows, gws_err *err)
{
    for (int i = 0; i < t->n_columns; i++) {
        double *more = realloc(t->columns[i], (size_t)(rows + 1) * sizeof *more);
        if (!more)
            return gws_err_set(err, GWS_ENOMEM, "injections: no memory for %lld rows", (long long)rows);
        t->columns[i] = more;
    }
    return GWS_OK;
}

gws_status gws_injections_draw(const gws_population *p, const gws_injections_plan *plan, gws_injections *out, gws_err *err)
{
    GWS_ASSERT(p && plan && out);
    const int64_t gps_start = plan->gps_start, gps_end = plan->gps_end;
    const double time_step_s = plan->time_step_s, time_window_s = plan->time_window_s;
    gws_mt mt;
    const char *name;
    double *batch[MOST_COLUMNS], *tc;
    gws_status status = GWS_OK;
    int64_t capacity = 0;
    gws_injections_init(out, 0);
    out->seed = plan->seed;
    if (!(time_step_s >= 0 && time_window_s >= 0 && time_step_s + time_window_s / 2 > 0) ||
        !isfinite(time_step_s + time_window_s)) {
        status = gws_err_set(err, GWS_EARG, "injections: time step %g s, window %g s: want none negative, not both 0", time_step_s,
                             time_window_s);
        goto fail;
    }
    if ((double)(gps_end - gps_start) / (time_step_s + time_window_s / 2) > (double)MOST_ROWS) {
        status =
            gws_err_set(err, GWS_EARG, "injections: GPS %lld to %lld in steps of %g to %g s: more than %lld rows",
                        (long long)gps_start, (long long)gps_end, time_step_s, time_step_s + time_window_s, (long long)MOST_ROWS);
        goto fail;
    }
    if (!gws_population_approximant(p)[0]) {
        status = gws_err_set(err, GWS_EFORMAT, "population: [static_params] wants an approximant");
        goto fail;
    }
    for (int i = 0; status == GWS_OK && (name = gws_population_column(p, i)) != NULL; i++)
        status = strcmp(name, "tc") == 0 ? gws_err_set(err, GWS_EFORMAT, "population: tc comes from the step, not from a law")
                                         : gws_injections_add_column(out, name, &tc, err);
    for (int i = 0; status == GWS_OK && gws_population_static(p, i); i++) {
        const gws_static_arg *a = gws_population_static(p, i);
        status = strcmp(a->name, "tc") == 0
                     ? gws_err_set(err, GWS_EFORMAT, "population: tc comes from the step, it cannot be fixed")
                     : gws_injections_add_static(out, a, err);
    }
    if (status == GWS_OK)
        status = gws_injections_add_column(out, "tc", &tc, err);
    if (status == GWS_OK) {
        gws_mt_seed(&mt, plan->seed);
        status = gws_population_begin(p, &mt, err);
    }
    double start = (double)gps_start, last = -HUGE_VAL;
    while (status == GWS_OK && last < (double)gps_end) {
        if (out->n + BATCH > capacity) {
            capacity = 2 * capacity + BATCH;
            status = reserve(out, capacity, err);
        }
        for (int i = 0; i < out->n_columns; i++)
            batch[i] = out->columns[i] + out->n;
        if (status == GWS_OK)
            status = gws_population_rows(p, &mt, BATCH, batch, err);
        if (status != GWS_OK)
            break;
        double sum = 0;
        tc = batch[out->n_columns - 1];
        for (int k = 0; k < BATCH; k++) {
            sum += time_window_s * gws_mt_uniform(&mt);
            tc[k] = k * time_step_s + start + sum;
        }
        last = tc[BATCH - 1];
        start = last + time_step_s;
        out->n += BATCH;
    }
    if (status != GWS_OK)
        goto fail;
    tc = out->columns[out->n_columns - 1];
    while (out->n > 0 && !(tc[out->n - 1] < (double)gps_end))
        out->n--;
    return GWS_OK;
fail:
    gws_injections_clear(out);
    return status;
}

/* A static argument out of an attribute of any kind that PyCBC writes. */
static gws_status load_static(gws_h5 *f, const char *name, gws_injections *t, gws_err *err)
{
    gws_static_arg a = {0};
    char **words = NULL;
    int n = 0;
    if (strlen(name) >= sizeof a.name)
        return gws_err_set(err, GWS_EFORMAT, "%s: static argument %.70s: name too long", gws_h5_path(f), name);
    strcpy(a.name, name);
    if (gws_h5_attr_f64(f, "/", name, &a.number, NULL) == GWS_OK) {
        a.is_number = 1;
        return gws_injections_add_static(t, &a, err);
    }
    gws_status status = gws_h5_attr_strings(f, "/", name, &words, &n, err);
    size_t used = 0;
    for (int i = 0; status == GWS_OK && i < n; i++) {
        int len = snprintf(a.text + used, sizeof a.text - used, "%s%s%s",
                           n > 1 && i == 0 ? "["
                           : i > 0         ? ", "
                                           : "",
                           words[i], n > 1 && i == n - 1 ? "]" : "");
        used += (size_t)len;
        if (len < 0 || used >= sizeof a.text)
            status = gws_err_set(err, GWS_EFORMAT, "%s: static argument %s: longer than %zu characters", gws_h5_path(f), name,
                                 sizeof a.text - 1);
    }
    gws_h5_list_free(words, n);
    return status == GWS_OK ? gws_injections_add_static(t, &a, err) : status;
}

static gws_status load_statics(gws_h5 *f, gws_injections *t, gws_err *err)
{
    static const char *const usual[] = {"approximant", "f_lower", "f_ref", "taper", "mode_array"};
    char **names = NULL, *type = NULL;
    int n = 0;
    gws_status status = GWS_OK;
    if (gws_h5_has_attr(f, "/", "injtype")) {
        status = gws_h5_attr_string(f, "/", "injtype", &type, err);
        if (status == GWS_OK && strcmp(type, "cbc") != 0)
            status = gws_err_set(err, GWS_EDATA, "%s: wanted injections of type cbc, found %.70s", gws_h5_path(f), type);
        free(type);
    }
    if (status == GWS_OK && gws_h5_has_attr(f, "/", "static_args")) {
        /* PyCBC writes an empty list as an empty array of numbers */
        int listed = gws_h5_attr_strings(f, "/", "static_args", &names, &n, NULL) == GWS_OK;
        for (int i = 0; listed && status == GWS_OK && i < n; i++)
            status = load_static(f, names[i], t, err);
        gws_h5_list_free(names, n);
        return status;
    }
    for (size_t i = 0; status == GWS_OK && i < sizeof usual / sizeof usual[0]; i++)
        if (gws_h5_has_attr(f, "/", usual[i]))
            status = load_static(f, usual[i], t, err);
    return status;
}

/* A data set of strings that all agree. */
static gws_status load_words(gws_h5 *f, const char *name, const char *path, gws_injections *t, gws_err *err)
{
    gws_static_arg a = {0};
    gws_status status = GWS_OK;
    if (strlen(name) >= sizeof a.name)
        return gws_err_set(err, GWS_EFORMAT, "%s: data set %.70s: name too long", gws_h5_path(f), name);
    strcpy(a.name, name);
    for (int64_t i = 0; status == GWS_OK && i < t->n; i++) {
        char *word = NULL;
        status = gws_h5_read_string(f, path, i, &word, err);
        if (status == GWS_OK && (strlen(word) >= sizeof a.text || (i > 0 && strcmp(word, a.text) != 0)))
            status = gws_err_set(err, GWS_EDATA, "%s: data set %s: wanted the same word in every row, found %.40s in row %lld",
                                 gws_h5_path(f), name, word, (long long)i);
        if (status == GWS_OK)
            strcpy(a.text, word);
        free(word);
    }
    return status == GWS_OK && t->n > 0 ? gws_injections_add_static(t, &a, err) : status;
}

typedef struct place {
    double tc;
    int64_t row;
} place;

static int by_time(const void *a, const void *b)
{
    const place *p = a, *q = b;
    if (p->tc != q->tc)
        return p->tc < q->tc ? -1 : 1;
    return p->row < q->row ? -1 : p->row > q->row;
}

static gws_status sort_rows(gws_injections *t, gws_err *err)
{
    const double *tc = gws_injections_column(t, "tc");
    int64_t i = 1;
    while (i < t->n && tc[i - 1] <= tc[i])
        i++;
    if (i >= t->n)
        return GWS_OK;
    gws_status status = GWS_OK;
    place *order = malloc((size_t)t->n * sizeof *order);
    double *sorted = malloc((size_t)t->n * sizeof *sorted);
    if (!order || !sorted) {
        status = gws_err_set(err, GWS_ENOMEM, "injections: no memory to sort %lld rows", (long long)t->n);
        goto fail;
    }
    for (i = 0; i < t->n; i++)
        order[i] = (place){tc[i], i};
    qsort(order, (size_t)t->n, sizeof *order, by_time);
    for (int c = 0; c < t->n_columns; c++) {
        for (i = 0; i < t->n; i++)
            sorted[i] = t->columns[c][order[i].row];
        memcpy(t->columns[c], sorted, (size_t)t->n * sizeof *sorted);
    }
fail:
    free(order);
    free(sorted);
    return status;
}

static gws_status load_column(gws_h5 *f, const char *name, gws_injections *t, gws_err *err)
{
    char path[GWS_PARAM_NAME + 2];
    gws_h5_info info;
    if (strlen(name) >= GWS_PARAM_NAME)
        return gws_err_set(err, GWS_EFORMAT, "%s: data set %.70s: name too long", gws_h5_path(f), name);
    snprintf(path, sizeof path, "/%s", name);
    if (gws_h5_is_group(f, path))
        return GWS_OK;
    gws_status status = gws_h5_stat(f, path, &info, err);
    if (status != GWS_OK)
        return status;
    int64_t n = info.ndim == 0 ? 1 : info.shape[0]; /* h5py stores a single number as a scalar */
    if (info.ndim > 1 || n != t->n)
        return gws_err_set(err, GWS_EFORMAT, "%s: data set %s: wanted one dimension and %lld rows as tc has, found %d and %lld",
                           gws_h5_path(f), name, (long long)t->n, info.ndim, (long long)n);
    if (info.type == GWS_H5_STRING)
        return load_words(f, name, path, t, err);
    if (info.type < GWS_H5_F32 || info.type > GWS_H5_UINT)
        return gws_err_set(err, GWS_EFORMAT, "%s: data set %s: wanted numbers or words, found something else", gws_h5_path(f),
                           name);
    if (strcmp(name, "tc") == 0 && (status = gws_h5_check_time(f, info.type, "data set tc", err)) != GWS_OK)
        return status;
    double *column;
    status = gws_injections_add_column(t, name, &column, err);
    return status == GWS_OK ? gws_h5_read_f64(f, path, 0, n, column, err) : status;
}

/* ---- sim_inspiral ---- */

/* A word that all rows have, as a static argument.  Null and "" are no word. */
static gws_status xml_word(const gws_ligolw_rowset *table, const char *column, const char *name, gws_injections *t, gws_err *err)
{
    gws_static_arg a = {0};
    const int c = gws_ligolw_find_column(table, column);
    snprintf(a.name, sizeof a.name, "%s", name);
    for (int64_t row = 0; row < t->n; row++) {
        const char *text = gws_ligolw_get_text(table, c, row);
        char word[GWS_PARAM_TEXT];
        gws_sim_inspiral_approximant(text ? text : "", word, sizeof word);
        if (row > 0 && strcmp(word, a.text) != 0)
            return gws_err_set(err, GWS_EDATA, "sim_inspiral: wanted the same %s in every row, found %.40s in row %lld", column,
                               word, (long long)row);
        snprintf(a.text, sizeof a.text, "%s", word);
    }
    return a.text[0] ? gws_injections_add_static(t, &a, err) : GWS_OK;
}

static gws_status load_rows(const gws_ligolw_rowset *table, gws_injections *t, gws_err *err)
{
    static const struct {
        const char *xml, *ours;
        int needed;
    } columns[] = {{"tc", "tc", 1},
                   {"mass1", "mass1", 1},
                   {"mass2", "mass2", 1},
                   {"distance", "distance", 1},
                   {"longitude", "ra", 1},
                   {"latitude", "dec", 1},
                   {"polarization", "polarization", 1},
                   {"inclination", "inclination", 1},
                   {"coa_phase", "coa_phase", 0},
                   {"spin1x", "spin1x", 0},
                   {"spin1y", "spin1y", 0},
                   {"spin1z", "spin1z", 0},
                   {"spin2x", "spin2x", 0},
                   {"spin2y", "spin2y", 0},
                   {"spin2z", "spin2z", 0},
                   {"f_lower", "f_lower", 0}};
    gws_status status = GWS_OK;
    int64_t bandpass;
    double *to;
    for (size_t i = 0; i < sizeof columns / sizeof *columns && status == GWS_OK; i++) {
        if (!columns[i].needed && gws_ligolw_find_column(table, columns[i].xml) < 0)
            continue;
        status = gws_injections_add_column(t, columns[i].ours, &to, err);
        if (status == GWS_OK)
            status = gws_sim_inspiral_column(table, columns[i].xml, to, err);
    }
    for (int64_t row = 0; row < t->n && status == GWS_OK; row++)
        if (gws_ligolw_get_int(table, gws_ligolw_find_column(table, "bandpass"), row, &bandpass) && bandpass != 0)
            status = gws_err_set(err, GWS_EDATA, "sim_inspiral: row %lld: no waveform here has a bandpass", (long long)row);
    if (status == GWS_OK)
        status = xml_word(table, "waveform", "approximant", t, err);
    return status == GWS_OK ? xml_word(table, "taper", "taper", t, err) : status;
}

static gws_status load_sim_inspiral(const char *path, gws_injections *out, gws_err *err)
{
    const gws_ligolw_rowset *table;
    gws_injections_init(out, 0);
    gws_ligolw *d = gws_sim_inspiral_load(path, &table, err);
    if (!d)
        return err->status;
    gws_injections_init(out, gws_ligolw_rows(table));
    gws_status status = load_rows(table, out, err);
    gws_ligolw_destroy(d);
    if (status != GWS_OK)
        gws_err_prefix(err, "%s", path);
    else
        status = sort_rows(out, err);
    if (status != GWS_OK)
        gws_injections_clear(out);
    return status;
}

gws_status gws_injections_load(const char *path, gws_injections *out, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    GWS_ASSERT(path && out);
    if (gws_ligolw_is_name(path))
        return load_sim_inspiral(path, out, err);
    char **names = NULL;
    int n = 0;
    gws_h5_info info;
    int64_t seed;
    gws_injections_init(out, 0);
    gws_h5 *f = gws_h5_open(path, err);
    gws_status status = f ? gws_h5_stat(f, "/tc", &info, err) : err->status;
    if (status != GWS_OK)
        goto fail;
    out->n = info.ndim == 0 ? 1 : info.shape[0];
    if (info.ndim > 1 || out->n > MOST_ROWS || info.type < GWS_H5_F32 || info.type > GWS_H5_UINT) {
        status = gws_err_set(err, GWS_EFORMAT, "%s: data set tc: wanted one dimension of at most %lld numbers", path,
                             (long long)MOST_ROWS);
        goto fail;
    }
    status = gws_h5_list(f, "/", &names, &n, err);
    for (int i = 0; status == GWS_OK && i < n; i++)
        status = load_column(f, names[i], out, err);
    if (status == GWS_OK)
        status = load_statics(f, out, err);
    if (status != GWS_OK)
        goto fail;
    const double *tc = gws_injections_column(out, "tc");
    for (int64_t i = 0; i < out->n; i++)
        if (!isfinite(tc[i])) {
            status = gws_err_set(err, GWS_EDATA, "%s: data set tc: row %lld is not a finite number", path, (long long)i);
            goto fail;
        }
    status = sort_rows(out, err);
    if (gws_h5_attr_i64(f, "/", "seed", &seed, NULL) == GWS_OK && seed >= 0)
        out->seed = seed;
    if (status == GWS_OK)
        status = gws_h5_check(f, err);
fail:
    gws_h5_list_free(names, n);
    gws_h5_close(f);
    if (status != GWS_OK)
        gws_injections_clear(out);
    return status;
}

/* "[a, 'b']" as PyCBC reads it out of an .ini: a list of words. */
static gws_status save_list(gws_h5 *f, const gws_static_arg *a, gws_err *err)
{
    static const char blank[] = " \t'";
    char text[GWS_PARAM_TEXT];
    const char *words[GWS_PARAM_TEXT];
    int n = 0;
    snprintf(text, sizeof text, "%.*s", (int)strlen(a->text) - 2, a->text + 1);
    for (char *at = text, *next; at; at = next) {
        next = strchr(at, ',');
        if (next)
            *next++ = '\0';
        at += strspn(at, blank);
        size_t len = strlen(at);
        while (len > 0 && strchr(blank, at[len - 1]))
            at[--len] = '\0';
        words[n++] = at;
    }
    return gws_h5_put_attr_strings(f, "/", a->name, words, n, err);
}

gws_status gws_injections_save(const gws_injections *t, const char *path, const char *command, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    GWS_ASSERT(t && path && command);
    const char **names = malloc((size_t)(t->n_statics + 1) * sizeof *names);
    if (!names)
        return gws_err_set(err, GWS_ENOMEM, "%s: no memory for its attributes", path);
    gws_h5 *f = gws_h5_create(path, err);
    gws_status status = f ? GWS_OK : err->status;
    char set[GWS_PARAM_NAME + 2];
    for (int i = 0; status == GWS_OK && i < t->n_columns; i++) {
        snprintf(set, sizeof set, "/%s", t->names[i]);
        status = gws_h5_write_f64(f, set, 1, &t->n, t->columns[i], err);
    }
    for (int i = 0; i < t->n_statics; i++)
        names[i] = t->statics[i].name;
    if (status == GWS_OK)
        status = gws_h5_put_attr_strings(f, "/", "static_args", names, t->n_statics, err);
    if (status == GWS_OK)
        status = gws_h5_put_attr_string(f, "/", "injtype", "cbc", err);
    if (status == GWS_OK)
        status = gws_h5_put_attr_string(f, "/", "cmd", command, err);
    if (status == GWS_OK)
        status = gws_h5_provenance(f, command, t->seed, NULL, err);
    for (int i = 0; status == GWS_OK && i < t->n_statics; i++) {
        const gws_static_arg *a = &t->statics[i];
        size_t len = strlen(a->text);
        if (a->is_number)
            status = gws_h5_put_attr_f64(f, "/", a->name, a->number, err);
        else if (len >= 2 && a->text[0] == '[' && a->text[len - 1] == ']')
            status = save_list(f, a, err);
        else
            status = gws_h5_put_attr_string(f, "/", a->name, a->text, err);
    }
    free(names);
    if (status != GWS_OK) {
        gws_h5_close(f);
        return status;
    }
    return gws_h5_commit(f, err);
}

gws_status gws_injections_source(const gws_injections *t, int64_t row, gws_source *out, gws_err *err)
{
    GWS_ASSERT(t && row >= 0 && row < t->n && out);
    double values[MOST_COLUMNS];
    for (int i = 0; i < t->n_columns; i++)
        values[i] = t->columns[i][row];
    gws_status status =
        gws_source_of_values((const char(*)[GWS_PARAM_NAME])t->names, values, t->n_columns, t->statics, t->n_statics, out, err);
    if (status != GWS_OK)
        gws_err_prefix(err, "row %lld", (long long)row);
    return status;
}

/* First row with tc >= t_s (or > t_s when `after`). */
static int64_t lower(const double *tc, int64_t n, double t_s, int after)
{
    int64_t lo = 0, hi = n;
    while (lo < hi) {
        int64_t mid = lo + (hi - lo) / 2;
        if (tc[mid] < t_s || (after && tc[mid] == t_s))
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

int64_t gws_injections_between(const gws_injections *t, double begin_s, double end_s, int64_t *first)
{
    const double *tc = gws_injections_column(t, "tc");
    GWS_ASSERT(tc && first);
    *first = lower(tc, t->n, begin_s, 0);
    int64_t end = lower(tc, t->n, end_s, 1);
    return end > *first ? end - *first : 0;
}
