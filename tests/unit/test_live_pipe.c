/* Frames one behind the other in a pipe, whole, cut, damaged, with foreign bytes between.  Truth: the frames that went in, however the stream
 * is cut into readings. */
#include "gwstest.h"

#include "base/rng.h"
#include "gwf/writer.h"
#include "live/source.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RATE_HZ 2048
#define START_S 1000000000
#define SECONDS 8

static char folder[] = "/tmp/gws-live-pipe-XXXXXX", path[100];
static unsigned char stream[1 << 21];
static size_t n_stream;

static int start(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/frame.gwf", folder);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    return rmdir(folder);
}

static double sample(int second, int i)
{
    return 1e-21 * (double)((i * 7919 + second * 31) % 1009 - 504);
}

/* A frame of a second behind the stream; returns where it begins. */
static size_t add_frame(int second)
{
    static double h[RATE_HZ];
    gws_err err = {0};
    for (int i = 0; i < RATE_HZ; i++)
        h[i] = sample(second, i);
    const gws_gwf_channel_data channel = {
        .name = "H1:STRAIN", .unit = "strain", .type = GWS_GWF_F8, .data = h, .n = RATE_HZ, .dx_s = 1.0 / RATE_HZ};
    gws_gwf_writer *w = gws_gwf_writer_create(path, "LIGO", 0, &err);
    if (!w || gws_gwf_writer_frame(w, (START_S + second) * INT64_C(1000000000), 1, &channel, 1, &err) != GWS_OK ||
        gws_gwf_writer_commit(w, &err) != GWS_OK)
        fail_msg("%s", err.text);
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    const size_t begin = n_stream;
    n_stream += fread(stream + n_stream, 1, sizeof stream - n_stream, f);
    fclose(f);
    unlink(path);
    return begin;
}

static void add_bytes(const void *bytes, size_t n)
{
    memcpy(stream + n_stream, bytes, n);
    n_stream += n;
}

/* What became of each second: 'd' data, or the first letter of the reason. */
static char got[SECONDS + 1];

static gws_status take(void *user, const gws_live_piece *p, gws_err *err)
{
    (void)user;
    (void)err;
    const int64_t second = p->sample / p->rate_hz - START_S;
    assert_string_equal(p->ifo, "H1");
    assert_in_range(second, 0, SECONDS - 1);
    assert_int_equal(got[second], '-');
    assert_int_equal(p->n, p->rate_hz);
    for (int i = 0; p->h && i < RATE_HZ; i++)
        assert_true(p->h[i] == sample((int)second, i));
    got[second] = p->h ? 'd' : gws_live_gap_name(p->why)[0];
    return GWS_OK;
}

/* Send the stream in pieces of at most `most` bytes; 0: from a file. */
static gws_status run(size_t most, uint64_t seed, gws_err *err)
{
    int ends[2] = {-1, -1};
    gws_rng r = gws_rng_init(seed, "pipe", 0);
    void *own = NULL;
    gws_live_after after = GWS_LIVE_WAITS;
    gws_status status = GWS_OK;
    memset(got, '-', SECONDS);
    if (most > 0) {
        assert_int_equal(pipe(ends), 0);
    } else {
        ends[0] = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        assert_int_equal(write(ends[0], stream, n_stream), n_stream);
        assert_int_equal(lseek(ends[0], 0, SEEK_SET), 0);
        unlink(path);
    }
    FILE *in = fdopen(ends[0], "rb");
    const gws_live_source_params p = {.list = in};
    const gws_live_taker taker = {.piece = take};
    assert_int_equal(gws_live_pipe.open(&p, &own, err), GWS_OK);
    for (size_t at = 0; status == GWS_OK && after != GWS_LIVE_ENDED;) {
        if (ends[1] >= 0) {
            size_t n = 1 + (size_t)(gws_rng_uniform(&r) * (double)most);
            n = n < n_stream - at ? n : n_stream - at;
            assert_int_equal(write(ends[1], stream + at, n), n);
            at += n;
            if (at == n_stream) {
                close(ends[1]);
                ends[1] = -1;
            }
        }
        do
            status = gws_live_pipe.poll(own, 0, &taker, &after, err);
        while (status == GWS_OK && after == GWS_LIVE_MORE);
    }
    if (ends[1] >= 0)
        close(ends[1]);
    gws_live_pipe.close(own);
    fclose(in);
    return status;
}

/* However it is cut. */
static void becomes(const char *wanted)
{
    const size_t most[] = {0, 7, 300, 5000, 40000};
    for (size_t i = 0; i < sizeof most / sizeof *most; i++) {
        gws_err err = {0};
        if (run(most[i], i, &err) != GWS_OK)
            fail_msg("%s", err.text);
        assert_string_equal(got, wanted);
    }
}

static void whole_frames_are_data(void **state)
{
    (void)state;
    n_stream = 0;
    for (int s = 0; s < SECONDS; s++)
        add_frame(s);
    becomes("dddddddd");
}

static void foreign_bytes_are_passed_over(void **state)
{
    static const unsigned char almost[] = "IGWD\0\10\0\2\4\10\4\10\x34\x12\x78\x56 and no more";
    (void)state;
    n_stream = 0;
    add_bytes("two lines of text\nin front\n", 27);
    for (int s = 0; s < SECONDS; s++) {
        add_frame(s);
        if (s % 3 == 0)
            add_bytes(almost, sizeof almost);
    }
    add_bytes("IGWD", 4);
    becomes("dddddddd");
}

static void a_cut_frame_is_a_gap(void **state)
{
    (void)state;
    n_stream = 0;
    for (int s = 0; s < SECONDS; s++) {
        const size_t begin = add_frame(s);
        if (s == 2) /* in its samples */
            n_stream -= (n_stream - begin) / 2;
        if (s == 4) /* in the structure that ends it: all samples are there */
            n_stream -= 5;
        if (s == 6) /* in front of its time: nobody knows whose it was */
            n_stream = begin + 200;
        if (s == 7)
            n_stream -= 100;
    }
    becomes("ddtddd-t");
}

static void a_damaged_frame_is_a_gap(void **state)
{
    (void)state;
    n_stream = 0;
    for (int s = 0; s < SECONDS; s++) {
        const size_t begin = add_frame(s);
        if (s == 1) /* a sample */
            stream[begin + (n_stream - begin) / 2] ^= 1;
        if (s == 3) /* the length of the last structure */
            stream[n_stream - 46] ^= 1;
        if (s == 5) /* likewise, so that it leads nowhere */
            memset(stream + n_stream - 46, 0, 8);
    }
    becomes("dcdtdcdd");
}

static void what_is_no_frame_at_all_is_refused(void **state)
{
    gws_err err = {0};
    (void)state;
    n_stream = 0;
    add_bytes("/data/a.gwf\n/data/b.gwf\n", 24);
    assert_int_equal(run(10, 1, &err), GWS_EFORMAT);
    assert_string_equal(err.text, "standard input: no frame in 24 bytes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_frames_are_data),
        cmocka_unit_test(foreign_bytes_are_passed_over),
        cmocka_unit_test(a_cut_frame_is_a_gap),
        cmocka_unit_test(a_damaged_frame_is_a_gap),
        cmocka_unit_test(what_is_no_frame_at_all_is_refused),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
