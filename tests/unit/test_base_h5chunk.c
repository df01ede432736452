/* Unit tests of base/h5chunk.h through base/hdf5.h.  Truth: a second implementation (H5Dread of libhdf5 on the same
 * undamaged file), and the rule that a chunk of the wrong size is refused (libhdf5 1.10.8 crashed on it). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/hdf5.h"
#include "gw_files.h"

#include <math.h>
#include <zlib.h>

#define N 1000
#define CHUNK 64

static char folder[256], path[300];

static int set_up(void **state)
{
    if (!make_folder(folder))
        return -1;
    snprintf(path, sizeof path, "%s/chunks.h5", folder);
    return 0;
}

static int tear_down(void **state)
{
    unlink(path);
    return rmdir(folder);
}

static hid_t create(hid_t f, const char *name, hid_t type, int shuffle, int deflate, int checksum, double fill)
{
    hsize_t size = N, chunk = CHUNK;
    hid_t s = H5Screate_simple(1, &size, NULL), p = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(p, 1, &chunk);
    H5Pset_fill_value(p, H5T_NATIVE_DOUBLE, &fill);
    if (shuffle)
        H5Pset_shuffle(p);
    if (deflate)
        H5Pset_deflate(p, 4);
    if (checksum)
        H5Pset_fletcher32(p);
    hid_t d = H5Dcreate2(f, name, type, s, H5P_DEFAULT, p, H5P_DEFAULT);
    H5Pclose(p);
    H5Sclose(s);
    return d;
}

static void every_type_and_part_reads_as_libhdf5_reads_it(void **state)
{
    hid_t types[] = {H5T_IEEE_F64LE, H5T_IEEE_F32LE, H5T_IEEE_F64BE, H5T_STD_I16BE, H5T_STD_U32LE, H5T_STD_I64LE};
    double x[N], want[N], got[N];
    for (int i = 0; i < N; i++)
        x[i] = (double)((i * 37) % 1001);
    for (size_t t = 0; t < sizeof types / sizeof types[0]; t++) {
        for (int filters = 0; filters < 8; filters++) {
            hid_t f = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
            hid_t d = create(f, "x", types[t], filters & 1, filters & 2, filters & 4, 7.0);
            /* chunks 3 and 4 are never written: no numbers, and the fill value as whole numbers */
            hid_t space = H5Dget_space(d);
            hsize_t from = 5 * CHUNK, count = N - 5 * CHUNK, head = 3 * CHUNK, zero = 0;
            H5Sselect_hyperslab(space, H5S_SELECT_SET, &from, NULL, &count, NULL);
            H5Sselect_hyperslab(space, H5S_SELECT_OR, &zero, NULL, &head, NULL);
            hsize_t total = count + head;
            hid_t mem = H5Screate_simple(1, &total, NULL);
            assert_true(H5Dwrite(d, H5T_NATIVE_DOUBLE, mem, space, H5P_DEFAULT, x) >= 0);
            assert_true(H5Dread(d, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, want) >= 0);
            H5Sclose(mem);
            H5Sclose(space);
            H5Dclose(d);
            H5Fclose(f);
            assert_true(want[3 * CHUNK] == 7.0 && want[5 * CHUNK - 1] == 7.0 && want[1] == 37.0);
            gws_err err = {0};
            gws_h5 *h = gws_h5_open(path, &err);
            if (!h)
                fail_msg("%s", err.text);
            static const int parts[][2] = {{0, N}, {0, 1}, {63, 2}, {64, 64}, {100, 333}, {999, 1}, {500, 0}};
            for (size_t k = 0; k < sizeof parts / sizeof parts[0]; k++) {
                int a = parts[k][0], n = parts[k][1];
                float f32[N];
                int64_t i64[N];
                if (gws_h5_read_f64(h, "/x", a, n, got, &err) != GWS_OK)
                    fail_msg("type %zu filters %d: %s", t, filters, err.text);
                for (int i = 0; i < n; i++)
                    assert_true((a + i) / CHUNK == 3 || (a + i) / CHUNK == 4 ? isnan(got[i]) : got[i] == want[a + i]);
                assert_int_equal(gws_h5_read_f32(h, "/x", a, n, f32, &err), GWS_OK);
                assert_int_equal(gws_h5_read_i64(h, "/x", a, n, i64, &err), GWS_OK);
                for (int i = 0; i < n; i++)
                    assert_true((double)i64[i] == want[a + i] && (isnan(got[i]) ? isnan(f32[i]) : (double)f32[i] == want[a + i]));
            }
            gws_h5_close(h);
        }
    }
}

/* One chunk replaced by bytes of our own. */
static gws_status read_with_chunk(const void *bytes, size_t size, uint32_t mask, double *out, gws_err *err)
{
    hid_t f = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t d = create(f, "x", H5T_IEEE_F64LE, 0, 1, 0, 0.0);
    double x[N] = {0};
    hsize_t at = CHUNK;
    H5Dwrite(d, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, x);
    assert_true(H5Dwrite_chunk(d, H5P_DEFAULT, mask, &at, size, bytes) >= 0);
    H5Dclose(d);
    H5Fclose(f);
    gws_h5 *h = gws_h5_open(path, err);
    if (!h)
        fail_msg("%s", err->text);
    gws_status st = gws_h5_read_f64(h, "/x", 0, N, out, err);
    gws_h5_close(h);
    return st;
}

static void a_chunk_that_unpacks_to_another_size_is_refused(void **state)
{
    double x[2 * CHUNK], out[N];
    unsigned char packed[4096];
    for (int i = 0; i < 2 * CHUNK; i++)
        x[i] = i;
    static const int elements[] = {CHUNK, CHUNK - 1, CHUNK + 1, 2 * CHUNK, 1};
    for (size_t k = 0; k < sizeof elements / sizeof elements[0]; k++) {
        uLongf size = sizeof packed;
        assert_int_equal(compress(packed, &size, (const Bytef *)x, (uLong)elements[k] * sizeof *x), Z_OK);
        gws_err err = {0};
        gws_status st = read_with_chunk(packed, size, 0, out, &err);
        if (elements[k] == CHUNK) {
            assert_int_equal(st, GWS_OK);
            assert_memory_equal(out + CHUNK, x, CHUNK * sizeof *x);
            continue;
        }
        assert_int_equal(st, GWS_EFORMAT);
        assert_non_null(strstr(err.text, "chunks.h5"));
        assert_non_null(strstr(err.text, "element 64"));
        st = read_with_chunk(packed, size / 2, 0, out, &err); /* cut in the middle */
        assert_int_equal(st, GWS_EFORMAT);
    }
    /* a mask that says "not deflated": right size, then wrong size */
    gws_err err = {0};
    assert_int_equal(read_with_chunk(x, CHUNK * sizeof *x, 1, out, &err), GWS_OK);
    assert_memory_equal(out + CHUNK, x, CHUNK * sizeof *x);
    assert_int_equal(read_with_chunk(x, CHUNK * sizeof *x - 8, 1, out, &err), GWS_EFORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_and_part_reads_as_libhdf5_reads_it),
        cmocka_unit_test(a_chunk_that_unpacks_to_another_size_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
