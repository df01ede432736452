/* Bytes that are known before a run against what the allocator hands out in it.  Truth: glibc's own books (mallinfo2). */
#include "gwstest.h"
#include "books.h"

#include "train/budget.h"
#include "train/calibrate.h"
#include "train/dataset.h"
#include "train/step.h"

#include <stdlib.h>
#include <string.h>

static const char recipe[] =
    "[model]\nchannels = 8,16,32\nkernels = 16,8,8\nstrides = 8,2,2\nlif = 32,16\nhorizons = 3\n"
    "[data]\nsignals = 40\nvalid_signals = 20\ntest_signals = 20\nnoise_s = 64\nvalid_noise_s = 64\n"
    "test_noise_s = 64\nstretch_s = 32\n[train]\nbatch = 24\n[pretrain]\nanchors = 6\n[joint]\nanchors = 4\n";

static void stepper(void **state)
{
    gws_checkpoint c;
    gws_err err;
    gws_step_params p;
    if (!books_are_kept())
        GWS_SKIP("this allocator keeps no books");
    gws_ini *ini = gws_ini_parse(recipe, "recipe", &err);
    assert_non_null(ini);
    assert_int_equal(gws_step_params_from_ini(ini, &p, &err), GWS_OK);
    assert_int_equal(gws_checkpoint_init(&c, recipe, 1, GWS_TO_TRAIN, &err), GWS_OK);
    const int64_t T = 64;
    for (int accumulate = 1; accumulate <= 3; accumulate += 2)
        for (int threads = 1; threads <= 3; threads++) {
            p.accumulate = accumulate;
            gws_pool *pool = gws_pool_create(threads, &err);
            const int64_t before = books_in_use();
            gws_stepper *s = gws_stepper_create(&p, &c, T, pool, &err);
            assert_non_null(s);
            const int64_t took = books_in_use() - before, known = gws_stepper_bytes(&p, &c.arch, c.table.total, T, threads);
            assert_in_range(took, known, known + 64 * 1024); /* the machine itself and the rounding of its arenas */
            gws_stepper_destroy(s);
            gws_pool_destroy(pool);
        }
    gws_checkpoint_clear(&c);
    gws_ini_destroy(ini);
}

static void tables(void **state)
{
    gws_checkpoint c;
    gws_weights w;
    gws_work k;
    gws_table t;
    assert_int_equal(gws_checkpoint_init(&c, recipe, 1, GWS_TO_TRAIN, NULL), GWS_OK);
    for (int training = 0; training < 2; training++) {
        assert_int_equal(gws_weights_create(&w, &c.arch, &c.table, &c.rows, (gws_purpose)training, NULL), GWS_OK);
        assert_true(gws_weights_bytes(&c.arch, (gws_purpose)training) == 4 * w.layout.total);
        gws_weights_clear(&w);
        assert_int_equal(gws_work_create(&k, &c.arch, &(gws_work_shape){5, 17, 2, (gws_purpose)training, 2}, NULL), GWS_OK);
        assert_true(gws_work_bytes(&c.arch, &(gws_work_shape){5, 17, 2, (gws_purpose)training, 2}) == 4 * k.layout.total);
        assert_int_equal(gws_work_table(&c.arch, &(gws_work_shape){5, 17, 2, (gws_purpose)training, 2}, &t, NULL), GWS_OK);
        assert_int_equal(t.n, k.layout.n);
        for (int i = 0; i < t.n; i++)
            assert_true(strcmp(t.rows[i].name, k.layout.rows[i].name) == 0 && t.rows[i].offset == k.layout.rows[i].offset);
        gws_table_clear(&t);
        gws_work_clear(&k);
    }
    gws_checkpoint_clear(&c);
}

static void dataset(void **state)
{
    gws_err err;
    int64_t most;
    gws_ini *ini = gws_ini_parse(recipe, "recipe", &err);
    assert_non_null(ini);
    assert_int_equal(gws_dataset_bytes_most(ini, GWS_SPLIT_TRAIN, 0, &most, &err), GWS_OK);
    gws_dataset *d = gws_dataset_create(ini, GWS_SPLIT_TRAIN, 1, NULL, NULL, NULL, &err);
    assert_non_null(d);
    assert_true(gws_dataset_bytes(d) <= most && 2 * gws_dataset_bytes(d) > most);
    gws_dataset_destroy(d);
    gws_ini_destroy(ini);
}

static void whole_run(void **state)
{
    gws_err err;
    gws_step_params p;
    gws_checkpoint c;
    int64_t train, more, own, averaged;
    gws_ini *ini = gws_ini_parse(recipe, "recipe", &err);
    assert_non_null(ini);
    assert_int_equal(gws_train_bytes(ini, 0, 2, &train, &err), GWS_OK);
    assert_int_equal(gws_train_bytes(ini, 24, 2, &own, &err), GWS_OK);
    assert_true(own == train); /* the recipe's batch */
    assert_int_equal(gws_train_bytes(ini, 48, 2, &more, &err), GWS_OK);
    assert_int_equal(gws_step_params_from_ini(ini, &p, &err), GWS_OK);
    assert_int_equal(gws_checkpoint_init(&c, recipe, 1, GWS_TO_RUN, &err), GWS_OK);
    /* a larger batch takes more of the stepper and of nothing else */
    const int64_t T = 128; /* 2 s of 2048 Hz in hops of 32 */
    const int64_t small = gws_stepper_bytes(&p, &c.arch, c.table.total, T, 2);
    p.batch = 48;
    assert_true(more - train == gws_stepper_bytes(&p, &c.arch, c.table.total, T, 2) - small && more > train);
    assert_true(train > small + 12 * c.table.total);
    gws_ini_destroy(ini);
    char text[sizeof recipe + 32];
    snprintf(text, sizeof text, "%s[train]\naverage = 5\n", recipe);
    assert_non_null(ini = gws_ini_parse(text, "recipe", &err));
    assert_int_equal(gws_train_bytes(ini, 0, 2, &averaged, &err), GWS_OK);
    assert_true(averaged == train + 4 * c.table.total); /* an average is one more set of parameters */
    gws_checkpoint_clear(&c);
    gws_ini_destroy(ini);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(stepper), cmocka_unit_test(tables), cmocka_unit_test(dataset),
                                       cmocka_unit_test(whole_run)};
    return GWS_RUN_TESTS(tests);
}
