/* A format is one row: one that exists in this file alone is found, listed, read in pieces and beside files of other formats, inspected
 * and named in provenance.  Truth: the rule by which its samples are made. */
#include "strain/inspect.h"
#include "strain/mlgwsc_writer.h"
#include "strain/source.h"
#include "strain/strain.h"
#include "gw_files.h"
#include "gwstest.h"

#include <string.h>

#define RATE 16
#define GPS 1000

static char folder[256];
static int n_open; /* handles that have not been closed */

static double sample_at(int64_t absolute)
{
    return 1e-21 * (double)(absolute % 1000);
}

static int probe(const char *path, gws_h5 *f)
{
    return f == NULL && strncmp(path, "ramp:", 5) == 0;
}

static gws_status list(const char *path, gws_h5 *f, const gws_strain_use *use, gws_strain_content *out, gws_err *err)
{
    (void)use;
    assert_null(f);
    if (strcmp(path, "ramp:broken") == 0)
        return gws_err_set(err, GWS_EFORMAT, "%s: broken", path);
    out->own = strdup(path);
    out->segments = calloc(2, sizeof *out->segments);
    out->n_segments = 2;
    for (int i = 0; i < 2; i++)
        out->segments[i] = (gws_strain_segment){"H1", RATE, (GPS + 20 * i) * RATE, 10 * RATE, "here"};
    return GWS_OK;
}

static gws_status open_handle(const char *path, void **handle, gws_err *err)
{
    (void)err;
    n_open++;
    *handle = strdup(path);
    return GWS_OK;
}

static void close_handle(void *handle)
{
    n_open--;
    free(handle);
}

static gws_status read_samples(const gws_strain_content *c, void *handle, int segment, int64_t start, int64_t n, double *out,
                               gws_err *err)
{
    (void)err;
    assert_string_equal(handle, c->own);
    for (int64_t i = 0; i < n; i++)
        out[i] = sample_at(c->segments[segment].begin + start + i);
    return GWS_OK;
}

static gws_status bytes(void *own, int64_t *out, gws_err *err)
{
    (void)err;
    *out = (int64_t)strlen(own);
    return GWS_OK;
}

static const char *identity(const void *own)
{
    return own;
}

static const gws_strain_format ramp = {
    .name = "ramp",
    .probe = probe,
    .list = list,
    .forget = free,
    .open = open_handle,
    .close = close_handle,
    .read = read_samples,
    .bytes = bytes,
    .identity = identity,
};
static const gws_strain_format *const formats[] = {&ramp, NULL};
static const gws_strain_use with_ramp = {.formats = formats};

static int set_up(void **state)
{
    (void)state;
    return make_folder(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
    char command[300];
    (void)state;
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

/* L1 from second GPS on, in MLGWSC-1's layout. */
static const char *write_file(void)
{
    static char path[300];
    double h[10 * RATE];
    for (int i = 0; i < 10 * RATE; i++)
        h[i] = 2 * sample_at(GPS * RATE + i);
    snprintf(path, sizeof path, "%s/l1.hdf", folder);
    gws_mlgwsc_writer *w = gws_mlgwsc_writer_create(path, NULL);
    assert_non_null(w);
    assert_int_equal(gws_mlgwsc_writer_segment(w, "L1", RATE, GPS * RATE, NULL), GWS_OK);
    assert_int_equal(gws_mlgwsc_writer_append_f64(w, "L1", h, 10 * RATE, NULL), GWS_OK);
    assert_int_equal(gws_mlgwsc_writer_commit(w, NULL), GWS_OK);
    return path;
}

static void a_row_reads_beside_the_reader_s_own(void **state)
{
    (void)state;
    const char *paths[2] = {"ramp:one", write_file()};
    gws_err err = {0};
    double x[30 * RATE];
    gws_strain_info info;
    int64_t room = 0;
    gws_strain_set *s = gws_strain_open_use(paths, 2, &with_ramp, &err);
    if (!s)
        fail_msg("%s", err.text);
    assert_int_equal(gws_strain_ifos(s), 2);
    gws_strain_describe(s, 0, &info);
    assert_string_equal(info.ifo, "H1");
    assert_int_equal(info.n_spans, 2);
    for (int i = 0; i < 30; i += 3)
        assert_int_equal(gws_strain_read(s, 0, (GPS + i) * RATE, (GPS + i + 3) * RATE, x + i * RATE, &err), GWS_OK);
    for (int i = 0; i < 30 * RATE; i++)
        if (i < 10 * RATE || i >= 20 * RATE ? x[i] != sample_at(GPS * RATE + i) : gws_gap_of(x[i]) != GWS_GAP_UNCOVERED)
            fail_msg("sample %d of the ramp is %g", i, x[i]);
    assert_int_equal(gws_strain_read(s, 1, GPS * RATE, (GPS + 10) * RATE, x, &err), GWS_OK);
    for (int i = 0; i < 10 * RATE; i++)
        if (x[i] != 2 * sample_at(GPS * RATE + i))
            fail_msg("sample %d of the file is %g", i, x[i]);
    assert_int_equal(n_open, 1);
    assert_int_equal(gws_strain_bytes(s, &room, &err), GWS_OK);
    assert_int_equal(room, strlen("ramp:one"));
    assert_non_null(strstr(gws_strain_sha256(s, &err), "virtual  ramp:one\n"));
    assert_non_null(strstr(gws_strain_sha256(s, &err), "  l1.hdf\n"));
    gws_strain_destroy(s);
    assert_int_equal(n_open, 0);
}

static void a_row_is_inspected(void **state)
{
    (void)state;
    gws_strain_file file;
    assert_int_equal(gws_strain_inspect("ramp:one", formats, &file, NULL), GWS_OK);
    assert_string_equal(file.format->name, "ramp");
    assert_int_equal(file.n_segments, 2);
    assert_int_equal(file.segments[1].begin, (GPS + 20) * RATE);
    assert_string_equal(file.segments[1].path, "here");
    gws_strain_file_clear(&file);
    assert_ptr_equal(gws_strain_format_find("ramp:one", NULL, formats), &ramp);
    assert_null(gws_strain_format_find("ramp:one", NULL, NULL));
}

static void a_refusal_is_the_row_s_own_and_without_the_row_it_is_a_file(void **state)
{
    (void)state;
    const char *broken = "ramp:broken", *one = "ramp:one";
    gws_err err = {0};
    gws_strain_file file;
    assert_null(gws_strain_open_use(&broken, 1, &with_ramp, &err));
    assert_int_equal(err.status, GWS_EFORMAT);
    assert_string_equal(err.text, "ramp:broken: broken");
    assert_int_equal(gws_strain_inspect(broken, formats, &file, &err), GWS_EFORMAT);
    assert_null(file.segments);
    assert_null(gws_strain_open(&one, 1, &err));
    assert_int_equal(err.status, GWS_EIO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_reads_beside_the_reader_s_own),
        cmocka_unit_test(a_row_is_inspected),
        cmocka_unit_test(a_refusal_is_the_row_s_own_and_without_the_row_it_is_a_file),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
