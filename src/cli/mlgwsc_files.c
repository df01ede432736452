#include "cli/mlgwsc_files.h"

#include "base/hdf5.h"
#include "strain/mlgwsc.h"

#include <stdio.h>
#include <stdlib.h>

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
    gws_status st = GWS_OK;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0] && st == GWS_OK; i++)
        st = gws_h5_put_attr_i64(f, "/", numbers[i].name, numbers[i].value, err);
    if (st == GWS_OK)
        st = gws_h5_put_attr_string(f, "/", "real_noise_path", p->noise.real_noise ? p->noise.real_noise : "None", err);
    if (st == GWS_OK)
        st = gws_h5_put_attr_string(f, "/", "segment_path", "None", err);
    const char *const names[GWS_MLGWSC_IFOS] = {gws_mlgwsc_noise_ifo[0], gws_mlgwsc_noise_ifo[1]};
    return st == GWS_OK ? gws_h5_put_attr_strings(f, "/", "detectors", names, GWS_MLGWSC_IFOS, err) : st;
}

static gws_status describe_foreground(gws_h5 *f, const gws_mlgwsc_files *files, gws_err *err)
{
    gws_status st = gws_h5_put_attr_string(f, "/", "background-file", files->background ? files->background : "None", err);
    if (st == GWS_OK)
        st = gws_h5_put_attr_string(f, "/", "injection-file", files->injections ? files->injections : "None", err);
    if (st == GWS_OK)
        st = gws_h5_put_attr_i64(f, "/", "f_lower", 20, err);
    if (st == GWS_OK)
        st = gws_h5_put_attr_i64(f, "/", "padding_start", GWS_MLGWSC_SET_PAD_S, err);
    return st == GWS_OK ? gws_h5_put_attr_i64(f, "/", "padding_end", GWS_MLGWSC_SET_PAD_S, err) : st;
}

static gws_mlgwsc_writer *begin_file(const gws_cli *cli, const char *path, const gws_mlgwsc_set_params *p, gws_pool *pool,
                                     gws_err *err)
{
    gws_mlgwsc_writer *w = gws_mlgwsc_writer_create(path, err);
    if (w && (describe(gws_mlgwsc_writer_h5(w), p, err) != GWS_OK ||
              gws_h5_provenance(gws_mlgwsc_writer_h5(w), cli->command, -1, NULL, err) != GWS_OK)) {
        gws_mlgwsc_writer_destroy(w);
        return NULL;
    }
    if (w)
        gws_h5_set_pool(gws_mlgwsc_writer_h5(w), pool);
    return w;
}

/* One segment of both files: the noise is made once, written, and signals are added to it. */
static gws_status write_segment(gws_mlgwsc_set *m, const gws_mlgwsc_noise_segment *s, gws_mlgwsc_writer *bg, gws_mlgwsc_writer *fg,
                                double *h, double *done_s, double total_s, gws_bar *bar, gws_err *err)
{
    const int64_t rate = GWS_MLGWSC_RATE_HZ;
    gws_status st = GWS_OK;
    for (int d = 0; d < GWS_MLGWSC_IFOS && st == GWS_OK; d++) {
        if (bg)
            st = gws_mlgwsc_writer_segment(bg, gws_mlgwsc_noise_ifo[d], GWS_MLGWSC_RATE_HZ, s->start_s * rate, err);
        if (fg && st == GWS_OK)
            st = gws_mlgwsc_writer_segment(fg, gws_mlgwsc_noise_ifo[d], GWS_MLGWSC_RATE_HZ, s->start_s * rate, err);
    }
    for (int64_t t = s->start_s; t < s->end_s && st == GWS_OK; t += CHUNK_S) {
        const int64_t n = (s->end_s - t < CHUNK_S ? s->end_s - t : CHUNK_S) * rate;
        for (int d = 0; d < GWS_MLGWSC_IFOS && st == GWS_OK; d++) {
            st = gws_mlgwsc_set_noise(m, d, t * rate, n, h, err);
            if (bg && st == GWS_OK)
                st = gws_mlgwsc_writer_append_f64(bg, gws_mlgwsc_noise_ifo[d], h, n, err);
            if (fg && st == GWS_OK && (st = gws_mlgwsc_set_add_signals(m, d, t * rate, n, h, err)) == GWS_OK)
                st = gws_mlgwsc_writer_append_f64(fg, gws_mlgwsc_noise_ifo[d], h, n, err);
        }
        *done_s += (double)n / (double)rate;
        if (st == GWS_OK && gws_bar_show(bar, *done_s, total_s, "simulating"))
            st = gws_err_set(err, GWS_ESTOP, "stopped");
    }
    return st;
}

gws_status gws_mlgwsc_set_write(gws_cli *cli, const gws_mlgwsc_set_params *params, const gws_mlgwsc_files *files, gws_pool *pool,
                                gws_err *err)
{
    gws_mlgwsc_writer *bg = NULL, *fg = NULL;
    const gws_injections *table = NULL;
    double done_s = 0, total_s = 0;
    gws_bar bar = gws_bar_start();
    int n = 0;
    gws_status st = GWS_ENOMEM;
    double *h = malloc(sizeof *h * CHUNK_S * GWS_MLGWSC_RATE_HZ);
    gws_mlgwsc_set *m = gws_mlgwsc_set_create(params, err);

    if (!h)
        gws_err_set(err, GWS_ENOMEM, "no memory for %d s of strain", CHUNK_S);
    if (!h || !m)
        goto fail;
    gws_mlgwsc_set_set_pool(m, pool);
    const gws_mlgwsc_noise_segment *segment = gws_mlgwsc_set_segments(m, &n);
    for (int i = 0; i < n; i++)
        total_s += (double)(segment[i].end_s - segment[i].start_s);
    if (((files->foreground || files->injections) && !(table = gws_mlgwsc_set_injections(m, err))) ||
        (files->background && !(bg = begin_file(cli, files->background, params, pool, err))) ||
        (files->foreground && !(fg = begin_file(cli, files->foreground, params, pool, err))) ||
        (fg && describe_foreground(gws_mlgwsc_writer_h5(fg), files, err) != GWS_OK))
        goto fail;
    st = GWS_OK;
    for (int i = 0; i < n && (bg || fg) && st == GWS_OK; i++)
        st = write_segment(m, &segment[i], bg, fg, h, &done_s, total_s, &bar, err);
    if (st == GWS_OK && files->injections)
        st = gws_injections_save(table, files->injections, cli->command, err);
    if (st == GWS_OK && bg) {
        st = gws_mlgwsc_writer_commit(bg, err);
        bg = NULL;
    }
    if (st == GWS_OK && fg) {
        st = gws_mlgwsc_writer_commit(fg, err);
        fg = NULL;
    }
    if (st == GWS_OK)
        st = gws_cli_commit(cli, err);
    gws_bar_clear(&bar);
    if (st == GWS_OK)
        gws_cli_note("MLGWSC-1 set %d, seed %lld: %.6g s in %d segment%s of H1 and L1", params->noise.dataset,
                     (long long)params->noise.seed, total_s, n, n == 1 ? "" : "s");
fail:
    gws_bar_clear(&bar);
    gws_mlgwsc_writer_destroy(bg);
    gws_mlgwsc_writer_destroy(fg);
    gws_mlgwsc_set_destroy(m);
    free(h);
    return st == GWS_OK ? GWS_OK : err->status;
}
