/* feed_frames REFERENCE FOLDER SEED PACE_S LOG INPUT... - strain as frames of a second each that appear in a folder as they do at an
 * observatory on a bad day, and beside it what of them can be used.
 *
 * FOLDER gets frames of H1, L1, ... with the channels IFO:STRAIN and IFO:STATE (16 Hz, 3 where the detector observes), PACE_S apart; 0:
 * at once.  By the seed some seconds are missing, written in two halves, written in half and left so, damaged, out of order, there twice,
 * too late (when LOG, that of the search, says that they were given up), without the channel of strain, with another state, gone as soon as they are there, or have a run of NaN; each
 * detector drops out once.  REFERENCE gets the same seconds as plain frames, those that cannot be used left out, and is written whole
 * before FOLDER is begun.  The last second is followed by one that is 100 s later, so that a search closes what it has. */
#include "base/clock.h"
#include "base/rng.h"
#include "gwf/writer.h"
#include "strain/strain.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE 3000 /* looks at the log, LOOK_S apart */
#define LOOK_S 0.05

enum { GOOD, MISSING, HALVES, TRUNCATED, DAMAGED, SWAPPED, TWICE, LATE, NO_CHANNEL, NOT_OBSERVING, VANISHED, HAS_NAN, KINDS };

typedef struct second {
    int ifo, kind;
    int64_t gps;
    double when_s;
} second;

static gws_strain_set *set;
static const char *reference, *folder, *search_log;
static double pace_s;

static void die(const char *what)
{
    fprintf(stderr, "feed_frames: %s\n", what);
    exit(1);
}

static void rest(double s)
{
    if (s > 0)
        nanosleep(&(struct timespec){(time_t)s, (long)((s - floor(s)) * 1e9)}, NULL);
}

static int usable(int kind)
{
    return kind == GOOD || kind == HALVES || kind == SWAPPED || kind == TWICE || kind == HAS_NAN;
}

/* One frame under its own name, whole. */
static void write_frame(const char *path, const second *s)
{
    gws_strain_info info;
    gws_err err = {0};
    char strain[32], state[32];
    uint32_t bits[16];

    gws_strain_describe(set, s->ifo, &info);
    double *h = malloc((size_t)info.rate_hz * sizeof *h);
    const int64_t begin = s->gps * info.rate_hz;
    if (!h || gws_strain_read(set, s->ifo, begin, begin + info.rate_hz, h, &err) != GWS_OK)
        die(err.text);
    for (int i = 0; i < 100 && s->kind == HAS_NAN; i++)
        h[700 + i] = (double)NAN;
    for (int i = 0; i < 16; i++)
        bits[i] = s->kind == NOT_OBSERVING && i == 7 ? 1 : 3;
    snprintf(strain, sizeof strain, "%s:%s", info.ifo, s->kind == NO_CHANNEL ? "OTHER" : "STRAIN");
    snprintf(state, sizeof state, "%s:STATE", info.ifo);
    const gws_gwf_channel_data all[2] = {{strain, "strain", GWS_GWF_F8, h, info.rate_hz, 1.0 / info.rate_hz, 0},
                                         {state, NULL, GWS_GWF_U4, bits, 16, 1.0 / 16, 0}};
    gws_gwf_writer *w = gws_gwf_writer_create(path, info.ifo, 0, &err);
    if (!w || gws_gwf_writer_frame(w, s->gps * GWS_NS, 1, all, 2, &err) != GWS_OK || gws_gwf_writer_commit(w, &err) != GWS_OK)
        die(err.text);
    free(h);
}

static void name_of(const second *s, const char *where, const char *more, char out[1000])
{
    gws_strain_info info;

    gws_strain_describe(set, s->ifo, &info);
    snprintf(out, 1000, "%s/%c-%s_TEST%s-%lld-1.gwf", where, info.ifo[0], info.ifo, more, (long long)s->gps);
}

/* A frame that is not simply whole: made in the reference's folder, and what there is to be of it copied. */
static void write_part(const char *path, const second *s)
{
    char made[1000], *bytes = malloc(1 << 20);

    snprintf(made, sizeof made, "%s/.made.gwf", reference);
    write_frame(made, s);
    FILE *f = fopen(made, "rb");
    const size_t n = f && bytes ? fread(bytes, 1, 1 << 20, f) : 0;
    if (f)
        fclose(f);
    unlink(made);
    if (s->kind == DAMAGED && n > 0)
        bytes[n / 2] ^= 1;
    f = fopen(path, "wb");
    const size_t first = s->kind == DAMAGED ? n : n / 2;
    if (!f || n == 0 || fwrite(bytes, 1, first, f) != first || fflush(f) != 0)
        die("a part of a frame cannot be written");
    if (s->kind == HALVES) {
        rest(pace_s > 0 ? 0.1 : 0);
        if (fwrite(bytes + first, 1, n - first, f) != n - first)
            die("the rest of a frame cannot be written");
    }
    fclose(f);
    free(bytes);
}

static void appear(const second *s)
{
    char path[1000], again[1000];

    name_of(s, folder, "", path);
    switch (s->kind) {
    case MISSING: break;
    case HALVES:
    case TRUNCATED:
    case DAMAGED: write_part(path, s); break;
    case TWICE:
        write_frame(path, s);
        name_of(s, folder, "_AGAIN", again);
        write_frame(again, s);
        break;
    case VANISHED:
        if (symlink("nowhere.gwf", path) != 0) /* listed, and not there when it is opened */
            die("a link cannot be made");
        break;
    default: write_frame(path, s);
    }
}

static int by_time(const void *a, const void *b)
{
    const second *x = a, *y = b;
    if (x->when_s != y->when_s)
        return x->when_s < y->when_s ? -1 : 1;
    return x->ifo - y->ifo;
}

/* What becomes of each second. */
static int64_t draw(second *all, uint64_t seed)
{
    gws_rng r = gws_rng_init(seed, "frames", 0);
    int64_t n = 0;
    int bad = 0;

    for (int i = 0; i < gws_strain_ifos(set); i++) {
        gws_strain_info info;
        gws_strain_describe(set, i, &info);
        const int64_t from = gws_floor_div(info.spans[0].begin, info.rate_hz),
                      to = gws_floor_div(info.spans[info.n_spans - 1].end, info.rate_hz);
        const int64_t out = from + (int64_t)(gws_rng_uniform(&r) * 0.5 * (double)(to - from)), back = out + 25;
        for (int64_t t = from; t < to; t++) {
            const double x = gws_rng_uniform(&r);
            second *s = &all[n++];
            *s = (second){i, GOOD, t, (double)(t - from)};
            if (t > from + 20 && x < 0.06)
                s->kind = 1 + bad++ % (KINDS - 1); /* each of them */
            if (t >= out && t < back)
                s->kind = MISSING;
            if ((pace_s <= 0 && (s->kind == LATE || s->kind == VANISHED)) || (s->kind == LATE && t > to - 5))
                s->kind = MISSING;
            s->when_s += s->kind == SWAPPED ? 1.5 : 0;
            s->when_s *= pace_s;
        }
        all[n] = all[n - 1];
        all[n].gps = to + 100;
        all[n++].kind = -1; /* what closes it: the last second once more */
    }
    return n;
}

/* The second that closes what is open: noise of nobody, 100 s later. */
static void close_second(const second *s, const char *where)
{
    gws_strain_info info;
    gws_err err = {0};
    char path[1000], strain[32], state[32];
    uint32_t bits[16];
    gws_rng r = gws_rng_init(1, "closing", (uint64_t)s->ifo);

    gws_strain_describe(set, s->ifo, &info);
    double *h = malloc((size_t)info.rate_hz * sizeof *h);
    if (!h)
        die("out of memory");
    gws_rng_normal_at(&r, 0, h, (size_t)info.rate_hz);
    for (int i = 0; i < 16; i++)
        bits[i] = 3;
    snprintf(strain, sizeof strain, "%s:STRAIN", info.ifo);
    snprintf(state, sizeof state, "%s:STATE", info.ifo);
    name_of(s, where, "", path);
    const gws_gwf_channel_data all[2] = {{strain, "strain", GWS_GWF_F8, h, info.rate_hz, 1.0 / info.rate_hz, 0},
                                         {state, NULL, GWS_GWF_U4, bits, 16, 1.0 / 16, 0}};
    gws_gwf_writer *w = gws_gwf_writer_create(path, info.ifo, 0, &err);
    if (!w || gws_gwf_writer_frame(w, s->gps * GWS_NS, 1, all, 2, &err) != GWS_OK || gws_gwf_writer_commit(w, &err) != GWS_OK)
        die(err.text);
    free(h);
}

/* GPS second up to which the search has given up a detector; 0: none. */
static double given_up(const char *ifo)
{
    char line[2000], wanted[60];
    double last = 0;
    FILE *f = fopen(search_log, "r");

    snprintf(wanted, sizeof wanted, "%s: nothing came before GPS ", ifo);
    while (f && fgets(line, sizeof line, f)) {
        const char *p = strstr(line, wanted);
        last = p ? atof(p + strlen(wanted)) : last;
    }
    if (f)
        fclose(f);
    return last;
}

/* Of n seconds, those that are late and were given up.  returns  how many were not yet */
static int64_t late_ones(second *all, int64_t n)
{
    gws_strain_info info;
    int64_t left = 0;

    for (int64_t i = 0; i < n; i++) {
        if (all[i].kind != LATE)
            continue;
        gws_strain_describe(set, all[i].ifo, &info);
        if (given_up(info.ifo) >= (double)all[i].gps + 1) {
            appear(&all[i]);
            all[i].kind = MISSING; /* there now */
        } else {
            left++;
        }
    }
    return left;
}

int main(int argc, char **argv)
{
    gws_err err = {0};
    char path[1000];

    if (argc < 7)
        die("usage: feed_frames REFERENCE FOLDER SEED PACE_S LOG INPUT...");
    reference = argv[1];
    folder = argv[2];
    pace_s = atof(argv[4]);
    search_log = argv[5];
    if (!(set = gws_strain_open((const char *const *)argv + 6, argc - 6, &err)))
        die(err.text);
    second *all = calloc(GWS_MAX_IFO * 100000, sizeof *all);
    if (!all)
        die("out of memory");
    const int64_t n = draw(all, strtoull(argv[3], NULL, 10));
    for (int64_t i = 0; i < n; i++) {
        if (all[i].kind < 0) {
            close_second(&all[i], reference);
        } else if (usable(all[i].kind)) {
            name_of(&all[i], reference, "", path);
            write_frame(path, &all[i]);
        }
    }
    printf("ready\n");
    fflush(stdout);
    qsort(all, (size_t)n, sizeof *all, by_time);
    double at_s = 0;
    for (int64_t i = 0; i < n; i++) {
        if (all[i].kind < 0 || all[i].kind == LATE)
            continue;
        rest(all[i].when_s - at_s);
        at_s = all[i].when_s;
        appear(&all[i]);
        late_ones(all, i);
    }
    for (int i = 0; late_ones(all, n) > 0; i++) {
        if (i == PATIENCE)
            die("the search has not given up what is late");
        rest(LOOK_S);
    }
    for (int64_t i = 0; i < n; i++)
        if (all[i].kind < 0)
            close_second(&all[i], folder);
    gws_strain_destroy(set);
    free(all);
    return 0;
}
