#include "sim/mlgwsc_files.h"

#include "base/hdf5.h"
#include "strain/mlgwsc_writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_S 64

/* The attributes that the generator leaves; informative only. */
static gws_status describe(gws_h5 *f, const gws_mlgwsc_set_params *p, gws_err *err)
{
    const struct {
        const char *name;
        int64_t value;
    } numbers[] = {{"dataset", p->noise.dataset},
                   {"start_offset", p->noise.start_offset_s},
                   {"duration", p->noise.duration_s},
                   {"seed", p->noise.seed},
                   {"low_frequency_cutoff", GWS_MLGWSC_LOW_HZ},
                   {"sample_rate", GWS_MLGWSC_RATE_HZ},
                   {"filter_duration", GWS_MLGWSC_FILTER_S},
                   {"min_segment_duration", GWS_MLGWSC_SHORTEST_S},
                   {"slide_buffer", GWS_MLGWSC_SLIDE_S}};
    gws_status status = GWS_OK;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0] && status == GWS_OK; i++)
        status = gws_h5_put_attr_i64(f, "/", numbers[i].name, numbers[i].value, err);
    if (status == GWS_OK)
        status = gws_h5_put_attr_string(f, "/", "real_noise_path", p->noise.real_noise ? p->noise.real_noise : "None", err);
    if (status == GWS_OK)
        status = gws_h5_put_attr_string(f, "/", "segment_path", "None", err);
    const char *const names[GWS_MLGWSC_IFOS] = {gws_mlgwsc_noise_ifo[0], gws_mlgwsc_noise_ifo[1]};
    return status == GWS_OK ? gws_h5_put_attr_strings(f, "/", "detectors", names, GWS_MLGWSC_IFOS, err) : status;
}

static gws_status describe_foreground(gws_h5 *f, const gws_mlgwsc_files *files, gws_err *err)
{
    gws_status status = gws_h5_put_attr_string(f, "/", "background-file", files->background ? files->background : "None", err);
    if (status == GWS_OK)
        status = gws_h5_put_attr_string(f, "/", "injection-file", files->injections ? files->injections : "None", err);
    if (status == GWS_OK)
        status = gws_h5_put_attr_i64(f, "/", "f_lower", 20, err);
    if (status == GWS_OK)
        status = gws_h5_put_attr_i64(f, "/", "padding_start", GWS_MLGWSC_SET_PAD_S, err);
    return status == GWS_OK ? gws_h5_put_attr_i64(f, "/", "padding_end", GWS_MLGWSC_SET_PAD_S, err) : status;
}

static gws_mlgwsc_writer *begin_file(const char *path, const gws_mlgwsc_set_params *p, const gws_sim_how *how, gws_err *err)
{
    gws_mlgwsc_writer *w = gws_mlgwsc_writer_create(path, err);
    if (w && (describe(gws_mlgwsc_writer_h5(w), p, err) != GWS_OK ||
              gws_h5_provenance(gws_mlgwsc_writer_h5(w), how->command, -1, NULL, err) != GWS_OK)) {
        gws_mlgwsc_writer_destroy(w);
        return NULL;
    }
    if (w)
        gws_h5_set_pool(gws_mlgwsc_writer_h5(w), how->pool);
    return w;
}

/* The files being written. */
typedef struct writing {
    gws_mlgwsc_set *set;
    gws_mlgwsc_writer *bg, *fg; /* NULL: not wanted */
    double *h;                  /* (CHUNK_S) one detector */
    double done_s, total_s;
    const gws_progress *progress;
} writing;

/* One segment of both files: the noise is made once, written, and signals are added to it. */
static gws_status write_segment(writing *w, const gws_mlgwsc_noise_segment *s, gws_err *err)
{
    const int64_t rate = GWS_MLGWSC_RATE_HZ;
    gws_status status = GWS_OK;
    for (int d = 0; d < GWS_MLGWSC_IFOS && status == GWS_OK; d++) {
        if (w->bg)
            status = gws_mlgwsc_writer_segment(w->bg, gws_mlgwsc_noise_ifo[d], GWS_MLGWSC_RATE_HZ, s->start_s * rate, err);
        if (w->fg && status == GWS_OK)
            status = gws_mlgwsc_writer_segment(w->fg, gws_mlgwsc_noise_ifo[d], GWS_MLGWSC_RATE_HZ, s->start_s * rate, err);
    }
    for (int64_t t = s->start_s; t < s->end_s && status == GWS_OK; t += CHUNK_S) {
        const int64_t n = (s->end_s - t < CHUNK_S ? s->end_s - t : CHUNK_S) * rate;
        for (int d = 0; d < GWS_MLGWSC_IFOS && status == GWS_OK; d++) {
            status = gws_mlgwsc_set_noise(w->set, d, t * rate, n, w->h, err);
            if (w->bg && status == GWS_OK)
                status = gws_mlgwsc_writer_append_f64(w->bg, gws_mlgwsc_noise_ifo[d], w->h, n, err);
            if (w->fg && status == GWS_OK && (status = gws_mlgwsc_set_add_signals(w->set, d, t * rate, n, w->h, err)) == GWS_OK)
                status = gws_mlgwsc_writer_append_f64(w->fg, gws_mlgwsc_noise_ifo[d], w->h, n, err);
        }
        w->done_s += (double)n / (double)rate;
        if (status == GWS_OK && gws_progress_tell(w->progress, w->done_s, w->total_s, "simulating"))
            status = gws_err_set(err, GWS_ESTOP, "stopped");
    }
    return status;
}

static gws_status commit(gws_mlgwsc_writer **w, gws_err *err)
{
    gws_mlgwsc_writer *taken = *w;
    *w = NULL; /* commit takes it, whatever happens */
    return taken ? gws_mlgwsc_writer_commit(taken, err) : GWS_OK;
}

gws_status gws_mlgwsc_set_write(const gws_mlgwsc_set_params *params, const gws_mlgwsc_files *files, const gws_sim_how *how,
                                gws_mlgwsc_written *out, gws_err *err)
{
    GWS_ASSERT(params && files && how && out);
    writing w = {.progress = &how->progress};
    const gws_injections *table = NULL;
    gws_err local = {0};
    int n = 0;

    memset(out, 0, sizeof *out);
    if (!(w.h = malloc(sizeof *w.h * CHUNK_S * GWS_MLGWSC_RATE_HZ)))
        gws_err_set(&local, GWS_ENOMEM, "no memory for %d s of strain", CHUNK_S);
    if (!w.h || !(w.set = gws_mlgwsc_set_create(params, &local)))
        goto fail;
    gws_mlgwsc_set_set_pool(w.set, how->pool);
    const gws_mlgwsc_noise_segment *segment = gws_mlgwsc_set_segments(w.set, &n);
    for (int i = 0; i < n; i++)
        w.total_s += (double)(segment[i].end_s - segment[i].start_s);
    if (((files->foreground || files->injections) && !(table = gws_mlgwsc_set_injections(w.set, &local))) ||
        (files->background && !(w.bg = begin_file(files->background, params, how, &local))) ||
        (files->foreground && !(w.fg = begin_file(files->foreground, params, how, &local))) ||
        (w.fg && describe_foreground(gws_mlgwsc_writer_h5(w.fg), files, &local) != GWS_OK))
        goto fail;
    for (int i = 0; i < n && (w.bg || w.fg); i++)
        if (write_segment(&w, &segment[i], &local) != GWS_OK)
            goto fail;
    if ((files->injections && gws_injections_save(table, files->injections, how->command, &local) != GWS_OK) ||
        commit(&w.bg, &local) != GWS_OK || commit(&w.fg, &local) != GWS_OK)
        goto fail;
    *out = (gws_mlgwsc_written){w.total_s, n};
fail:
    gws_mlgwsc_writer_destroy(w.bg);
    gws_mlgwsc_writer_destroy(w.fg);
    gws_mlgwsc_set_destroy(w.set);
    free(w.h);
    return local.status == GWS_OK ? GWS_OK : gws_err_set(err, local.status, "%s", local.text);
}
