/* Files of gwpy and PyCBC, every writer they have, and archives of numpy (tools/golden/files.py): the samples that went in, at their times, of the right detector. */
#include "gwstest.h"

#include "strain/strain.h"

#include <stdlib.h>
#include <string.h>

#define N 256
#define BEGIN (INT64_C(1300000000) * 256)

static double sample(const char *ifo, int i)
{
    return ((i * 37 + (strcmp(ifo, "L1") == 0 ? 5 : 0)) % 203 - 100) * 1e-21;
}

static void check(const char *name, const char *detectors, int narrow)
{
    char path[1024];
    const char *one = path;
    gws_err err = {0};
    snprintf(path, sizeof path, GWS_TEST_DIR "/golden/files/%s", name);
    gws_strain_set *set = gws_strain_open(&one, 1, &err);
    if (!set)
        fail_msg("%s", err.text);
    assert_int_equal(gws_strain_ifos(set), (int)strlen(detectors) / 2);
    for (int d = 0; d < gws_strain_ifos(set); d++) {
        gws_strain_info info;
        double x[N];
        gws_strain_describe(set, d, &info);
        assert_memory_equal(info.ifo, detectors + 2 * d, 2);
        assert_true(info.rate_hz == 256 && info.n_spans == 1 && info.spans[0].begin == BEGIN && info.spans[0].end == BEGIN + N);
        if (gws_strain_read(set, d, BEGIN, BEGIN + N, x, &err) != GWS_OK)
            fail_msg("%s", err.text);
        for (int i = 0; i < N; i++) {
            const double want = narrow ? (double)(float)sample(info.ifo, i) : sample(info.ifo, i);
            if (x[i] != want)
                fail_msg("%s: sample %d of %s is %.17g, not %.17g", name, i, info.ifo, x[i], want);
        }
    }
    gws_strain_destroy(set);
}

static void hdf5_of_gwpy(void **state)
{
    (void)state;
    check("gwpy_one.hdf5", "H1", 0);
    check("gwpy_path.hdf5", "H1", 0);
    check("gwpy_float32.hdf5", "H1", 1);
    check("gwpy_nameless.hdf5", "X0", 0);
    check("gwpy_dict.hdf5", "H1L1", 0);
}

static void hdf5_of_pycbc(void **state)
{
    (void)state;
    check("pycbc.hdf", "X0", 0);
    check("pycbc_two.hdf", "H1L1", 0);
    check("pycbc_deep.hdf", "H1", 0);
    check("pycbc_float32.hdf", "H1", 1);
}

static void text_of_both(void **state)
{
    (void)state;
    check("H-H1_GWPY-1300000000-1.txt", "H1", 0);
    check("H-H1_GWPY-1300000000-1.csv", "H1", 0);
    check("pycbc.txt", "X0", 0);
}

static void frames_of_gwpy(void **state)
{
    (void)state;
    check("gwpy.gwf", "H1", 0);
}

static void arrays_of_pycbc(void **state)
{
    (void)state;
    check("H-H1_PYCBC-1300000000-1.npy", "H1", 0);
}

static void archives_of_numpy(void **state)
{
    (void)state;
    check("numpy_two.npz", "H1L1", 0);
    check("numpy_times.npz", "X0", 0);
    check("numpy_columns.npz", "H1", 0);
    check("H-H1_NUMPY-1300000000-1.npz", "H1", 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hdf5_of_gwpy),   cmocka_unit_test(hdf5_of_pycbc),   cmocka_unit_test(text_of_both),
        cmocka_unit_test(frames_of_gwpy), cmocka_unit_test(arrays_of_pycbc), cmocka_unit_test(archives_of_numpy),
    };
    return GWS_RUN_TESTS(tests);
}
