/* Model files: what is saved comes back bit for bit, and whatever else is met gives one sentence and leaves nothing behind.
 *
 * Truth: identity (round trip), and files damaged on purpose through libhdf5 itself.
 */
#include "base/file.h"

#include "model_files.h"

#include <errno.h>
#include <fcntl.h>
#include <hdf5.h>
#include <math.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

static int files_left(void)
{
    char command[512], line[16] = "";
    snprintf(command, sizeof command, "ls -A '%s' | wc -l", model_folder);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    assert_non_null(fgets(line, sizeof line, f));
    pclose(f);
    return atoi(line);
}

static void assert_same_model(const gws_checkpoint *a, const gws_checkpoint *b)
{
    assert_int_equal(a->table.n, b->table.n);
    assert_int_equal(a->table.total, b->table.total);
    const size_t bytes = (size_t)a->table.total * sizeof *a->p;
    assert_memory_equal(a->p, b->p, bytes);
    assert_int_equal(a->phase, b->phase);
    if (a->phase >= 0) {
        assert_memory_equal(a->m, b->m, bytes);
        assert_memory_equal(a->v, b->v, bytes);
    }
    assert_int_equal(a->step, b->step);
    assert_int_equal(a->phase_step, b->phase_step);
    assert_int_equal(a->warmup, b->warmup);
    assert_memory_equal(&a->arch, &b->arch, sizeof a->arch);
    assert_memory_equal(&a->rows, &b->rows, sizeof a->rows);
    assert_string_equal(a->recipe, b->recipe);
    assert_string_equal(a->detectors, b->detectors);
    assert_int_equal(a->card != NULL, b->card != NULL);
    if (a->card)
        assert_string_equal(a->card, b->card);
    for (int h = 0; h < 2; h++) {
        assert_int_equal(a->cal[h].n, b->cal[h].n);
        if (a->cal[h].stat)
            assert_memory_equal(a->cal[h].stat, b->cal[h].stat, (size_t)a->cal[h].n * sizeof(float));
        assert_true(a->cal[h].livetime_s == b->cal[h].livetime_s && a->cal[h].offset_s == b->cal[h].offset_s &&
                    a->cal[h].threshold == b->cal[h].threshold);
    }
}

/* A small model saved under m.hdf. */
static void save(gws_checkpoint *c, int training)
{
    gws_err err;
    small_model(c, 9, training ? GWS_TO_TRAIN : GWS_TO_RUN);
    if (training) {
        c->step = 1234;
        c->phase_step = 77;
    }
    if (gws_checkpoint_save(c, model_path("m.hdf"), "test", 9, &err))
        fail_msg("%s", err.text);
}

static void a_model_comes_back_bit_for_bit(void **state)
{
    for (int training = 0; training < 2; training++)
        for (int bare = 0; bare < 2; bare++) {
            gws_checkpoint a, b, c;
            gws_err err;
            small_model(&a, 3, training ? GWS_TO_TRAIN : GWS_TO_RUN);
            a.warmup = 17;
            if (bare) { /* never calibrated, no card */
                for (int h = 0; h < 2; h++) {
                    free(a.cal[h].stat);
                    a.cal[h] = (gws_calibration){0};
                }
            } else {
                a.card = strdup("measured: nothing; \"quotes\", two\nlines, \xc3\xa9");
            }
            if (training) {
                a.step = INT64_C(5000000000);
                a.phase_step = 4;
            }
            a.p[0] = -0.0f; /* every kind of finite number */
            a.p[1] = 1e-45f;
            a.p[2] = 3.4028235e38f;
            assert_int_equal(gws_checkpoint_save(&a, model_path("m.hdf"), "test", 1, &err), GWS_OK);
            assert_int_equal(files_left(), 1);
            if (gws_checkpoint_load(&b, model_path("m.hdf"), &err))
                fail_msg("%s", err.text);
            assert_same_model(&a, &b);
            assert_int_equal(b.m != NULL, training);
            /* and once more, over itself */
            assert_int_equal(gws_checkpoint_save(&b, model_path("m.hdf"), "test", 1, &err), GWS_OK);
            assert_int_equal(gws_checkpoint_load(&c, model_path("m.hdf"), &err), GWS_OK);
            assert_same_model(&b, &c);
            gws_checkpoint_clear(&a);
            gws_checkpoint_clear(&b);
            gws_checkpoint_clear(&c);
            unlink(model_path("m.hdf"));
        }
}

static void a_finished_model_carries_no_optimizer(void **state)
{
    gws_checkpoint a, b;
    gws_err err;
    small_model(&a, 3, GWS_TO_TRAIN);
    a.phase = -1;
    a.step = 14; /* but says how many steps it did */
    assert_int_equal(gws_checkpoint_save(&a, model_path("m.hdf"), "test", 1, &err), GWS_OK);
    assert_int_equal(gws_checkpoint_load(&b, model_path("m.hdf"), &err), GWS_OK);
    assert_int_equal(b.step, 14);
    assert_null(b.m);
    assert_null(b.v);
    assert_int_equal(b.phase, -1);
    gws_checkpoint_clear(&a);
    gws_checkpoint_clear(&b);
    unlink(model_path("m.hdf"));
}

/* Truth: identity.  The start's parameters are taken over bit for bit, nothing else of it is, and its recipes are written down in order. */
static void a_run_may_start_from_another_model(void **state)
{
    gws_checkpoint from, c, again;
    gws_err err;
    char path[512], second[512];
    snprintf(path, sizeof path, "%s", model_path("from.hdf"));
    snprintf(second, sizeof second, "%s", model_path("second.hdf"));
    small_model(&from, 5, GWS_TO_TRAIN);
    from.step = 70;
    assert_int_equal(gws_checkpoint_save(&from, path, "test", 5, &err), GWS_OK);
    assert_int_equal(gws_checkpoint_init(&c, small_recipe, 6, GWS_TO_TRAIN, &err), GWS_OK);
    assert_memory_not_equal(c.p, from.p, (size_t)c.table.total * sizeof *c.p);
    assert_int_equal(gws_checkpoint_start_from(&c, path, &err), GWS_OK);
    assert_memory_equal(c.p, from.p, (size_t)c.table.total * sizeof *c.p);
    assert_int_equal(c.step, 0);
    assert_null(c.cal[0].stat);
    for (int64_t i = 0; i < c.table.total; i++)
        assert_true(c.m[i] == 0.0f && c.v[i] == 0.0f);
    assert_non_null(strstr(c.history, "after 70 optimizer steps"));
    assert_non_null(strstr(c.history, small_recipe));
    assert_int_equal(gws_checkpoint_save(&c, second, "test", 6, &err), GWS_OK);
    assert_int_equal(gws_checkpoint_init(&again, small_recipe, 7, GWS_TO_RUN, &err), GWS_OK);
    assert_int_equal(gws_checkpoint_start_from(&again, second, &err), GWS_OK);
    assert_int_equal(strncmp(again.history, c.history, strlen(c.history)), 0);
    assert_true(strlen(again.history) > strlen(c.history) + strlen(small_recipe));
    gws_checkpoint_clear(&again);

    assert_int_equal(gws_checkpoint_init(&again, "[model]\nchannels = 8,12,16\nkernels = 8,4,4\nstrides = 4,2,2\nlif = 24,24\n", 7,
                                         GWS_TO_RUN, &err),
                     GWS_OK);
    assert_int_equal(gws_checkpoint_start_from(&again, path, &err), GWS_EDATA);
    assert_non_null(strstr(err.text, "other tensors"));
    assert_null(again.history);
    gws_checkpoint_clear(&again);
    gws_checkpoint_clear(&c);
    gws_checkpoint_clear(&from);
    unlink(path);
    unlink(second);
}

static void first_values_depend_on_the_seed_alone(void **state)
{
    gws_checkpoint a, b, c;
    assert_int_equal(gws_checkpoint_init(&a, small_recipe, 1, GWS_TO_RUN, NULL), GWS_OK);
    assert_int_equal(gws_checkpoint_init(&b, small_recipe, 1, GWS_TO_TRAIN, NULL), GWS_OK);
    assert_int_equal(gws_checkpoint_init(&c, small_recipe, 2, GWS_TO_RUN, NULL), GWS_OK);
    const size_t bytes = (size_t)a.table.total * sizeof *a.p;
    assert_memory_equal(a.p, b.p, bytes);
    assert_memory_not_equal(a.p, c.p, bytes);
    /* each gate's recurrent matrix is orthogonal: Q'Q = 1 to the rounding of floats */
    const int C = a.arch.C;
    const float *w = a.p + a.table.rows[a.rows.gru_rec].offset;
    for (int g = 0; g < 3; g++)
        for (int i = 0; i < C; i++)
            for (int j = 0; j < C; j++) {
                double dot = 0.0;
                for (int q = 0; q < C; q++)
                    dot += (double)w[q * 3 * C + g * C + i] * (double)w[q * 3 * C + g * C + j];
                assert_true(fabs(dot - (i == j)) < 1e-6);
            }
    gws_checkpoint_clear(&a);
    gws_checkpoint_clear(&b);
    gws_checkpoint_clear(&c);
}

static void the_default_network_has_the_shapes_on_the_tin(void **state)
{
    gws_arch a;
    gws_err err;
    gws_ini *ini = gws_ini_parse("", "empty", &err);
    assert_int_equal(gws_arch_from_ini(ini, &a, &err), GWS_OK);
    gws_ini_destroy(ini);
    assert_int_equal(a.ifos, 2);
    assert_int_equal(a.rate_hz / gws_arch_hop(&a), 64); /* 4 s are 256 steps */
    assert_int_equal(a.C, 256);
    gws_table t;
    gws_param_rows rows;
    gws_table_init(&t);
    assert_int_equal(gws_arch_parameters(&a, &t, &rows, &err), GWS_OK);
    assert_int_equal(t.rows[rows.lif[0].w].shape[0], 512); /* ON and OFF events */
    gws_table_clear(&t);
}

/* ---- files that are not what they should be ---- */

typedef struct damage {
    const char *what;
    void (*how)(hid_t file);
    gws_status status;
    const char *words[2];
    int training;
} damage;

static void set_attribute(hid_t f, const char *object, const char *name, hid_t type, const void *value)
{
    hid_t o = H5Oopen(f, object, H5P_DEFAULT), a = H5Aopen(o, name, H5P_DEFAULT);
    assert_true(a >= 0 && H5Awrite(a, type, value) >= 0);
    H5Aclose(a);
    H5Oclose(o);
}

static void set_int(hid_t f, const char *object, const char *name, int64_t v)
{
    set_attribute(f, object, name, H5T_NATIVE_INT64, &v);
}

static void set_element(hid_t f, const char *path, int64_t index, float v)
{
    hid_t d = H5Dopen(f, path, H5P_DEFAULT), s = H5Dget_space(d);
    float *x = malloc((size_t)H5Sget_simple_extent_npoints(s) * sizeof *x);
    assert_true(x && index < H5Sget_simple_extent_npoints(s));
    assert_true(H5Dread(d, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, x) >= 0);
    x[index] = v;
    assert_true(H5Dwrite(d, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, x) >= 0);
    free(x);
    H5Sclose(s);
    H5Dclose(d);
}

static void replace(hid_t f, const char *path, hid_t type, int ndim, const hsize_t *shape)
{
    assert_true(H5Ldelete(f, path, H5P_DEFAULT) >= 0);
    hid_t s = H5Screate_simple(ndim, shape, NULL), d = H5Dcreate(f, path, type, s, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(d >= 0);
    H5Dclose(d);
    H5Sclose(s);
}

static void other_version(hid_t f)
{
    set_int(f, "/", "format_version", 2);
}

static void no_format(hid_t f)
{
    assert_true(H5Adelete(f, "format") >= 0);
}

static void no_version(hid_t f)
{
    assert_true(H5Adelete(f, "format_version") >= 0);
}

static void no_recipe(hid_t f)
{
    assert_true(H5Ldelete(f, "/recipe", H5P_DEFAULT) >= 0);
}

static void no_tensor(hid_t f)
{
    assert_true(H5Ldelete(f, "/parameters/lif.0.weight", H5P_DEFAULT) >= 0);
}

static void no_parameters(hid_t f)
{
    assert_true(H5Ldelete(f, "/parameters", H5P_DEFAULT) >= 0);
}

static void tensor_is_a_group(hid_t f)
{
    assert_true(H5Ldelete(f, "/parameters/cpc.weight", H5P_DEFAULT) >= 0);
    H5Gclose(H5Gcreate(f, "/parameters/cpc.weight", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
}

static void nan_in_a_tensor(hid_t f)
{
    set_element(f, "/parameters/context.recurrent.weight", 40, NAN);
}

static void infinity_in_the_last_tensor(hid_t f)
{
    set_element(f, "/parameters/readout.leak", 0, INFINITY);
}

static void wrong_shape(hid_t f)
{
    const hsize_t shape[2] = {24, 32}; /* the transpose: as many elements */
    replace(f, "/parameters/lif.0.weight", H5T_IEEE_F32LE, 2, shape);
}

static void wrong_rank(hid_t f)
{
    const hsize_t shape[1] = {32 * 24};
    replace(f, "/parameters/lif.0.weight", H5T_IEEE_F32LE, 1, shape);
}

static void wrong_type(hid_t f)
{
    const hsize_t shape[2] = {32, 24};
    replace(f, "/parameters/lif.0.weight", H5T_IEEE_F64LE, 2, shape);
}

static void other_rate(hid_t f)
{
    set_int(f, "/", "rate_hz", 4096);
}

static void other_hop(hid_t f)
{
    set_int(f, "/", "hop", 0);
}

static void warmup_below_zero(hid_t f)
{
    set_int(f, "/", "warmup", -1);
}

static void calibration_ascending(hid_t f)
{
    set_element(f, "/calibration/linear/stat", 3, 1e6f);
}

static void calibration_nan(hid_t f)
{
    set_element(f, "/calibration/spiking/stat", 0, NAN);
}

static void livetime_below_zero(hid_t f)
{
    const double v = -1.0;
    set_attribute(f, "/calibration/spiking/stat", "livetime_s", H5T_NATIVE_DOUBLE, &v);
}

static void threshold_nan(hid_t f)
{
    const double v = NAN;
    set_attribute(f, "/calibration/linear/stat", "threshold", H5T_NATIVE_DOUBLE, &v);
}

static void no_offset(hid_t f)
{
    hid_t d = H5Dopen(f, "/calibration/linear/stat", H5P_DEFAULT);
    assert_true(H5Adelete(d, "offset_s") >= 0);
    H5Dclose(d);
}

static void calibration_table(hid_t f)
{
    const hsize_t shape[2] = {2, 2};
    replace(f, "/calibration/spiking/stat", H5T_IEEE_F32LE, 2, shape);
}

static void no_moment(hid_t f)
{
    assert_true(H5Ldelete(f, "/optimizer/second/stem.1.bias", H5P_DEFAULT) >= 0);
}

static void nan_moment(hid_t f)
{
    set_element(f, "/optimizer/first/stem.1.bias", 0, NAN);
}

static void phase_below_zero(hid_t f)
{
    set_int(f, "/optimizer", "phase", -1);
}

static void step_below_zero(hid_t f)
{
    set_int(f, "/optimizer", "phase_step", INT64_MIN);
}

static const damage damages[] = {
    {"other version", other_version, GWS_EVERSION, {"format version 2", "reads version 1"}, 0},
    {"no format", no_format, GWS_EFORMAT, {"not a gwspike model", ""}, 0},
    {"no version", no_version, GWS_EFORMAT, {"format_version", ""}, 0},
    {"no recipe", no_recipe, GWS_EFORMAT, {"/recipe", ""}, 0},
    {"missing tensor", no_tensor, GWS_EFORMAT, {"/parameters/lif.0.weight", "missing"}, 0},
    {"no parameters", no_parameters, GWS_EFORMAT, {"/parameters/stem.0.weight", "missing"}, 0},
    {"group for a tensor", tensor_is_a_group, GWS_EFORMAT, {"/parameters/cpc.weight", ""}, 0},
    {"NaN", nan_in_a_tensor, GWS_ENUM, {"/parameters/context.recurrent.weight", "not finite"}, 0},
    {"infinity", infinity_in_the_last_tensor, GWS_ENUM, {"/parameters/readout.leak", "not finite"}, 0},
    {"transposed", wrong_shape, GWS_EFORMAT, {"/parameters/lif.0.weight", "shape"}, 0},
    {"flattened", wrong_rank, GWS_EFORMAT, {"/parameters/lif.0.weight", "shape"}, 0},
    {"double precision", wrong_type, GWS_EFORMAT, {"/parameters/lif.0.weight", "type"}, 0},
    {"other rate", other_rate, GWS_EFORMAT, {"rate", "recipe"}, 0},
    {"other hop", other_hop, GWS_EFORMAT, {"hop", "recipe"}, 0},
    {"warm-up -1", warmup_below_zero, GWS_EFORMAT, {"warm-up", ""}, 0},
    {"calibration ascending", calibration_ascending, GWS_EFORMAT, {"/calibration/linear/stat", "descending"}, 0},
    {"calibration NaN", calibration_nan, GWS_EFORMAT, {"/calibration/spiking/stat", "finite"}, 0},
    {"livetime -1", livetime_below_zero, GWS_EFORMAT, {"/calibration/spiking/stat", "attributes"}, 0},
    {"threshold NaN", threshold_nan, GWS_EFORMAT, {"/calibration/linear/stat", "attributes"}, 0},
    {"no offset", no_offset, GWS_EFORMAT, {"offset_s", ""}, 0},
    {"calibration 2-D", calibration_table, GWS_EFORMAT, {"/calibration/spiking/stat", "list"}, 0},
    {"missing moment", no_moment, GWS_EFORMAT, {"/optimizer/second/stem.1.bias", "missing"}, 1},
    {"NaN moment", nan_moment, GWS_ENUM, {"/optimizer/first/stem.1.bias", "not finite"}, 1},
    {"phase -1", phase_below_zero, GWS_EFORMAT, {"/optimizer", "phase"}, 1},
    {"step -2^63", step_below_zero, GWS_EFORMAT, {"/optimizer", "step"}, 1},
};

/* The load fails, says so in one sentence with the file's name, and leaves nothing in the checkpoint. */
static void assert_refused(const char *what, const char *path, gws_status status, const char *const words[2])
{
    static const gws_checkpoint nothing;
    gws_checkpoint c;
    gws_err err = {0};
    const gws_status st = gws_checkpoint_load(&c, path, &err);
    if (st == GWS_OK)
        fail_msg("%s: loaded", what);
    if ((status && st != status) || st != err.status)
        fail_msg("%s: status %d and %d, wanted %d (%s)", what, st, err.status, status, err.text);
    for (int i = 0; i < 2; i++)
        if (!strstr(err.text, words[i]))
            fail_msg("%s: '%s' does not say '%s'", what, err.text, words[i]);
    assert_non_null(strstr(err.text, path));
    assert_null(strchr(err.text, '\n'));
    assert_memory_equal(&c, &nothing, sizeof c);
    assert_int_not_equal(gws_checkpoint_load(&c, path, NULL), GWS_OK); /* the sentence is optional */
    assert_null(gws_model_load(path, &err));
}

static void each_damage_has_its_sentence(void **state)
{
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        gws_checkpoint c;
        save(&c, damages[i].training);
        gws_checkpoint_clear(&c);
        hid_t f = H5Fopen(model_path("m.hdf"), H5F_ACC_RDWR, H5P_DEFAULT);
        assert_true(f >= 0);
        damages[i].how(f);
        H5Fclose(f);
        assert_refused(damages[i].what, model_path("m.hdf"), damages[i].status, damages[i].words);
        unlink(model_path("m.hdf"));
    }
}

static const char *const no_words[2] = {"", ""};

static void a_file_cut_short_is_refused(void **state)
{
    gws_checkpoint c;
    char *data;
    size_t size;
    save(&c, 1);
    gws_checkpoint_clear(&c);
    assert_int_equal(gws_file_read(model_path("m.hdf"), 1 << 24, &data, &size, NULL), GWS_OK);
    for (size_t n = 0; n < size; n += 1 + size / 41) {
        FILE *f = fopen(model_path("m.hdf"), "wb");
        assert_true(f && fwrite(data, 1, n, f) == n && fclose(f) == 0);
        assert_refused("cut short", model_path("m.hdf"), 0, no_words);
    }
    free(data);
    unlink(model_path("m.hdf"));
}

static void other_files_are_not_models(void **state)
{
    static const char *const words[2] = {"not a gwspike model", ""};
    gws_err err;
    char path[512];
    snprintf(path, sizeof path, "%s", model_path("other.hdf"));
    assert_refused("absent", path, GWS_EIO, no_words);
    gws_h5 *f = gws_h5_create(path, &err); /* another HDF5 file, and one of another kind of ours */
    assert_non_null(f);
    assert_int_equal(gws_h5_write_string(f, "/recipe", small_recipe, &err), GWS_OK);
    assert_int_equal(gws_h5_commit(f, &err), GWS_OK);
    assert_refused("HDF5 of others", path, GWS_EFORMAT, words);
    f = gws_h5_create(path, &err);
    assert_int_equal(gws_h5_put_attr_string(f, "/", "format", "gwspike-triggers", &err), GWS_OK);
    assert_int_equal(gws_h5_commit(f, &err), GWS_OK);
    assert_refused("triggers", path, GWS_EFORMAT, words);
    FILE *text = fopen(path, "w");
    assert_true(text && fputs(small_recipe, text) >= 0 && fclose(text) == 0);
    assert_refused("text", path, GWS_EFORMAT, no_words);
    unlink(path);
}

static void recipes_out_of_a_file_ask_for_no_wonders(void **state)
{
    static const struct {
        const char *text, *word;
    } bad[] = {
        {"channels = 65536,65536,65536,65536", "weights"},
        {"channels = 65536\nkernels = 4\nstrides = 4", "weights"},
        {"horizons = 64\nchannels = 8,8,8,4096", "weights"},
        {"lif = 65536,65536", "weights"},
        {"channels = 8,8,8\nkernels = 65536,1,1\nstrides = 65536,1,1\ndetectors = H1", "hop"}, /* 65536 is above the rate */
        {"channels = 8,8\nkernels = 65536,65536\nstrides = 65536,65536", "hop"},               /* 2^32: 0 in 32 bits */
        {"channels = 8,8,8,8,8,8,8,8\nkernels = 65536,65536,65536,65536,65536,65536,65536,65536\n"
         "strides = 65536,65536,65536,65536,65536,65536,65536,65536",
         "hop"},
        {"channels = 4096,8\nkernels = 1,2048\nstrides = 1,2048", "latent step"},
        {"channels =\nkernels =\nstrides =", "equally many"},
        {"channels = 8,8\nkernels = 4\nstrides = 4", "equally many"},
        {"channels = 8,8,8,8,8,8,8,8,8", "at most 8"},
        {"channels = 0,8,8,8", "whole numbers"},
        {"channels = -8,8,8,8", "whole numbers"},
        {"channels = nan,8,8,8", "numbers"},
        {"channels = 1e9,8,8,8", "whole numbers"},
        {"channels = 8,8,8,12", "width 12"},
        {"kernels = 3,8,8,4", "shorter than its stride"},
        {"neuron = hodgkin", "'hodgkin' is not known"},
        {"bridge = morse", "'morse' is not known"},
        {"surrogate = none", "'none' is not known"},
        {"neuron = li", "must spike"},
        {"neuron_2 = li\nreadout = mean", "must spike"},
        {"tau_mem = 0", "tau_mem"},
        {"bridge_threshold = -1", "bridge_threshold"},
        {"lif = 8", "two numbers"},
        {"lif = 8,8,8", "two numbers"},
        {"horizons = 0", "horizons"},
        {"horizons = 4294967297", "horizons"}, /* 1 in 32 bits */
        {"rate_hz = 4294969344", "rate"},      /* 2048 in 32 bits */
        {"rate_hz = -2048", "rate"},
        {"rate_hz = 2047", "rate"},
        {"detectors = A,B,C,D,E,F", "detectors"},
        {"bridge_slope = 0", "slope"},
        {"lif_slope = -1", "slope"},
        {"lif_slope = inf", "number"},
        {"lif_slope = 1e39", "slope"},                          /* infinite as a float */
        {"bridge = latency\nbridge_tau = 1e-50", "bridge_tau"}, /* 0 as a float */
        {"bridge = rate\nbridge_threshold = 1e-60", "bridge_threshold"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        static const gws_checkpoint nothing;
        char recipe[600];
        gws_checkpoint c;
        gws_err err = {0};
        snprintf(recipe, sizeof recipe, "[model]\n%s\n", bad[i].text);
        const uint64_t before = gws_alloc_count();
        if (gws_checkpoint_init(&c, recipe, 1, GWS_TO_TRAIN, &err) != GWS_EFORMAT || !strstr(err.text, bad[i].word) ||
            strchr(err.text, '\n'))
            fail_msg("%s: status %d, '%s' does not say '%s'", bad[i].text, err.status, err.text, bad[i].word);
        assert_int_equal(gws_alloc_count(), before);
        assert_memory_equal(&c, &nothing, sizeof c);
    }
}

static void tensors_that_are_not_there_take_no_memory(void **state)
{
    /* 2^28 weights in the recipe, none in the file: refused before their gigabyte is asked for */
    gws_err err;
    char path[512];
    snprintf(path, sizeof path, "%s", model_path("hollow.hdf"));
    gws_h5 *f = gws_h5_create(path, &err);
    assert_non_null(f);
    gws_h5_put_attr_string(f, "/", "format", "gwspike-model", &err);
    gws_h5_put_attr_i64(f, "/", "format_version", GWS_MODEL_VERSION, &err);
    gws_h5_put_attr_i64(f, "/", "rate_hz", 2048, &err);
    gws_h5_put_attr_i64(f, "/", "hop", 32, &err);
    gws_h5_put_attr_i64(f, "/", "warmup", 64, &err);
    gws_h5_write_string(f, "/recipe", "[model]\nlif = 16000,16000\n", &err);
    assert_int_equal(gws_h5_commit(f, &err), GWS_OK);
    static const char *const words[2] = {"/parameters/stem.0.weight", "missing"};
    const uint64_t before = gws_alloc_count();
    assert_refused("hollow", path, GWS_EFORMAT, words);
    assert_int_equal(gws_alloc_count(), before);
    unlink(path);
}

/* A file-size limit refuses writes as a full disk does (EFBIG for ENOSPC), and needs no rights to set up. */
static int save_under_limit(rlim_t most)
{
    struct rlimit limit = {most, most};
    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
        return 77;
    gws_checkpoint c;
    gws_err err = {0};
    small_model(&c, 10, GWS_TO_TRAIN);
    const gws_status st = gws_checkpoint_save(&c, model_path("m.hdf"), "test", 9, &err);
    gws_checkpoint_clear(&c);
    return st == GWS_EIO && err.text[0] && strstr(err.text, "m.hdf") && !strchr(err.text, '\n') ? 0 : 80;
}

static void a_full_disk_leaves_the_older_model_alone(void **state)
{
    struct stat whole;
    gws_checkpoint c;
    gws_err err;
    small_model(&c, 10, GWS_TO_TRAIN);
    assert_int_equal(gws_checkpoint_save(&c, model_path("m.hdf"), "test", 9, &err), GWS_OK);
    assert_int_equal(stat(model_path("m.hdf"), &whole), 0);
    gws_checkpoint_clear(&c);
    unlink(model_path("m.hdf"));
    for (int trial = 0; trial < 4; trial++) {
        const int older = trial % 2;
        char before[65] = "", after[65] = "";
        if (older) {
            save(&c, 0);
            gws_checkpoint_clear(&c);
            assert_int_equal(gws_file_sha256(model_path("m.hdf"), before, NULL), GWS_OK);
        }
        fflush(NULL);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) /* full early, and full for the last byte, which only the end of the writing finds out */
            _exit(save_under_limit(trial < 2 ? 9000 : (rlim_t)whole.st_size - 1));
        int status;
        while (waitpid(child, &status, 0) < 0 && errno == EINTR)
            ;
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
            fail_msg("exit %d, signal %d", WEXITSTATUS(status), WTERMSIG(status));
        assert_int_equal(files_left(), older);
        if (older)
            assert_int_equal(gws_file_sha256(model_path("m.hdf"), after, NULL), GWS_OK);
        assert_string_equal(before, after);
        unlink(model_path("m.hdf"));
    }
}

static void a_folder_that_is_not_there_is_said(void **state)
{
    gws_checkpoint c;
    gws_err err = {0};
    small_model(&c, 1, GWS_TO_RUN);
    assert_int_equal(gws_checkpoint_save(&c, model_path("none/m.hdf"), "test", 1, &err), GWS_EIO);
    assert_non_null(strstr(err.text, "none/m.hdf"));
    assert_int_equal(files_left(), 0);
    gws_checkpoint_clear(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_comes_back_bit_for_bit),
        cmocka_unit_test(a_finished_model_carries_no_optimizer),
        cmocka_unit_test(a_run_may_start_from_another_model),
        cmocka_unit_test(first_values_depend_on_the_seed_alone),
        cmocka_unit_test(the_default_network_has_the_shapes_on_the_tin),
        cmocka_unit_test(each_damage_has_its_sentence),
        cmocka_unit_test(a_file_cut_short_is_refused),
        cmocka_unit_test(other_files_are_not_models),
        cmocka_unit_test(recipes_out_of_a_file_ask_for_no_wonders),
        cmocka_unit_test(tensors_that_are_not_there_take_no_memory),
        cmocka_unit_test(a_full_disk_leaves_the_older_model_alone),
        cmocka_unit_test(a_folder_that_is_not_there_is_said),
    };
    return gws_test_exit(cmocka_run_group_tests(tests, model_folder_make, model_folder_remove),
                         (int)(sizeof tests / sizeof *tests));
}
