/* A host program whose locale has a decimal comma gets the same numbers, files and sentences as one in the C locale.
 *
 * Truth: this program's own results in the C locale.  The locale is made with localedef where none is installed (Debian: package
 * locales). */
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "gw/continuous.h"
#include "sim/glitch.h"
#include "sim/injections.h"
#include "gw/named_psd.h"
#include "gwstest.h"
#include "model/checkpoint.h"
#include "train/recipe.h"
#include "train/step.h"

#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COMMA "de_DE.UTF-8"

/* In the folder of the test's own, which is the working folder. */
static const char curve_text[] = "10.5 1.5e-43\n100.25 2.5e-46\n2000.75 7.5e-46\n";
static const char recipe[] =
    "[model]\nchannels = 8,16,32\nkernels = 16,8,8\nstrides = 8,2,2\nlif = 32,16\nhorizons = 3\nbridge_threshold = 0.0625\n"
    "tau_mem = 12.5\n[data]\nwindow_s = 1.5\nmerger_min_s = 0.75\nmerger_max_s = 1.25\npsd_spread = 0.375\npsd = curve.txt\n"
    "[condition]\nlow_hz = 21.5\n[train]\nbeta2 = 0.875\n[joint]\nlr = 4.5e-4\n";
static const char population[] =
    "[variable_params]\nmass1 =\nmass2 =\ndistance =\n[static_params]\nf_lower = 20.5\nf_ref = 25.25\napproximant = IMRPhenomD\n"
    "mode_array = 22\n[prior-mass1]\nname = uniform\nmin-mass1 = 10.5\nmax-mass1 = 50.25\n"
    "[prior-mass2]\nname = uniform\nmin-mass2 = 10.5\nmax-mass2 = 50.25\n"
    "[prior-distance]\nname = uniform_power_law\nmin-distance = 100.5\nmax-distance = 200.5\ndim = 2.5\n"
    "[constraint-1]\nname = custom\nconstraint_arg = mass1 >= 12.5\n";

/* glibc keeps the folders of LOCPATH that it has taken apart. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:argz_add_sep";
}

/* What was found, as text without a decimal point. */
typedef struct notes {
    char text[1 << 16];
    size_t n;
} notes;

static void note(notes *to, const char *name, const char *words)
{
    to->n += (size_t)snprintf(to->text + to->n, sizeof to->text - to->n, "%s: %s\n", name, words);
    assert_true(to->n < sizeof to->text);
}

static void note_numbers(notes *to, const char *name, const double *v, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        uint64_t bits;
        char words[20];
        memcpy(&bits, &v[i], sizeof bits);
        snprintf(words, sizeof words, "%016" PRIx64, bits);
        note(to, name, words);
    }
}

static void note_file(notes *to, const char *path)
{
    gws_err err;
    char sha256[65];
    if (gws_file_sha256(path, sha256, &err))
        fail_msg("%s", err.text);
    note(to, path, sha256);
    unlink(path);
}

static void on_log(void *user, const gws_log_line *line)
{
    note(user, "log", line->text);
}

static void texts(notes *to)
{
    gws_err err;
    char size[24];
    int64_t bytes = 0;
    gws_log_set(on_log, to, GWS_LOG_INFO);
    gws_log_write(GWS_LOG_INFO, "test", "%.2f s", 1.25);
    gws_log_set(NULL, NULL, GWS_LOG_ERROR);
    gws_err_set(&err, GWS_EDATA, "%g Hz", 0.5);
    gws_err_prefix(&err, "%.3f", 2.125);
    note(to, "err", err.text);
    note(to, "memory", gws_memory_parse("1.5G", 0, &bytes, &err) ? err.text : "read");
    gws_memory_text(bytes, size);
    note(to, "memory", size);

    const double numbers[2] = {0.1, 1e22 / 3};
    gws_json *j = gws_json_object();
    gws_json_put_f64(j, "one", 1.0 / 3);
    gws_json_put_f64s(j, "two", numbers, 2);
    FILE *f = fopen("json", "w");
    assert_non_null(f);
    assert_int_equal(gws_json_print(j, f), 0);
    fclose(f);
    note_file(to, "json");
}

static void curves(notes *to)
{
    static const char *const names[] = {"curve.txt", "asd:curve.txt", "aLIGOO3LowT1800545", "KAGRAEarlySensitivityT1600593"};
    gws_err err;
    gws_psd psd;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (gws_psd_by_name(names[i], 32, 40, 32, &psd, &err)) {
            note(to, names[i], err.text);
            continue;
        }
        note_numbers(to, names[i], psd.data, psd.n);
        assert_int_equal(gws_psd_save(&psd, "psd.hdf", "H1", 1.5, "test", NULL), GWS_OK);
        note_file(to, "psd.hdf");
        gws_psd_clear(&psd);
    }
}

static void sources(notes *to)
{
    gws_err err = {0};
    gws_injections t;
    gws_ini *ini = gws_ini_parse(population, "population", &err);
    gws_population *p = ini ? gws_population_create(ini, &err) : NULL;
    note(to, "population", p ? "read" : err.text);
    if (p && gws_injections_draw(p, &(gws_injections_plan){3, 1000, 1100, 10, 2}, &t, &err) == GWS_OK) {
        for (int c = 0; c < t.n_columns; c++)
            note_numbers(to, t.names[c], t.columns[c], t.n);
        assert_int_equal(gws_injections_save(&t, "inj.hdf", "test", NULL), GWS_OK);
        note_file(to, "inj.hdf");
        gws_injections_clear(&t);
    }
    gws_population_destroy(p);
    gws_ini_destroy(ini);

    gws_pulsar *pulsars = NULL;
    int n = 0;
    if (gws_pulsars_read("f0=100.5,h0=1.5e-24,ra=1.25,dec=0.375,tref=1e9", &pulsars, &n, &err))
        note(to, "pulsar", err.text);
    else
        note_numbers(to, "pulsar", &pulsars->ra_rad, 1);
    free(pulsars);
    gws_glitch_params g = {0};
    note(to, "glitches", gws_glitch_rates_parse("blip=0.5,tomte=1.25", &g, &err) ? err.text : "read");
    note_numbers(to, "glitches", g.per_hour, GWS_GLITCH_FAMILIES);
}

static void models(notes *to)
{
    gws_err err = {0};
    gws_ini *ini = gws_ini_parse(recipe, "recipe", &err);
    assert_non_null(ini);
    gws_data_recipe r;
    gws_step_params step;
    const int bad = gws_data_recipe_read(ini, GWS_SPLIT_TRAIN, &r, &err) || gws_step_params_from_ini(ini, &step, &err);
    note(to, "recipe", bad ? err.text : "read");
    if (!bad) {
        const double some[] = {r.curves.spread, r.merger_max_s, r.condition.low_hz, step.beta2, step.phase[GWS_PHASES - 1].lr};
        note_numbers(to, "recipe", some, 5);
        note_numbers(to, "recipe", r.curves.design.data, 40);
    }
    gws_data_recipe_clear(&r);
    gws_ini_destroy(ini);

    gws_checkpoint c, back;
    if (gws_checkpoint_init(&c, recipe, 5, GWS_TO_RUN, &err)) {
        note(to, "model", err.text);
        return;
    }
    assert_int_equal(gws_checkpoint_save(&c, "model.hdf", "test", 5, NULL), GWS_OK);
    note(to, "model", gws_checkpoint_load(&back, "model.hdf", &err) ? err.text : "read");
    note_file(to, "model.hdf");
    gws_checkpoint_clear(&back);
    gws_checkpoint_clear(&c);
}

static void everything(notes *to)
{
    to->n = 0;
    texts(to);
    curves(to);
    sources(to);
    models(to);
}

static void compare(const notes *want, const notes *got)
{
    const char *a = want->text, *b = got->text;
    while (*a && strcspn(a, "\n") == strcspn(b, "\n") && strncmp(a, b, strcspn(a, "\n")) == 0) {
        a += strcspn(a, "\n") + 1;
        b += strcspn(b, "\n") + (b[strcspn(b, "\n")] != '\0');
    }
    if (*a || *b)
        fail_msg("wanted '%.*s', found '%.*s'", (int)strcspn(a, "\n"), a, (int)strcspn(b, "\n"), b);
}

static char folder[] = "gws-locale-XXXXXX";
static notes wanted, found;

/* A locale with a decimal comma, made where none is installed; 0 when there can be none. */
static int have_comma(void)
{
    locale_t l = newlocale(LC_ALL_MASK, COMMA, (locale_t)0);
    if (l == (locale_t)0 && system("localedef --no-archive -i de_DE -f UTF-8 ./" COMMA " > localedef.log 2>&1") == 0) {
        char here[4096];
        assert_non_null(getcwd(here, sizeof here));
        assert_int_equal(setenv("LOCPATH", here, 1), 0);
        l = newlocale(LC_ALL_MASK, COMMA, (locale_t)0);
    }
    if (l == (locale_t)0)
        return 0;
    freelocale(l);
    return 1;
}

static int setup(void **state)
{
    (void)state;
    return mkdtemp(folder) && chdir(folder) == 0 && gws_file_write("curve.txt", curve_text, strlen(curve_text), NULL) == GWS_OK
               ? 0
               : -1;
}

static int teardown(void **state)
{
    char remove_all[64];
    (void)state;
    if (chdir(".."))
        return -1;
    snprintf(remove_all, sizeof remove_all, "rm -r ./%s", folder);
    return system(remove_all);
}

static void needs_comma(void)
{
    if (!have_comma())
        GWS_SKIP("no locale %s, and localedef cannot make it (Debian: package locales)", COMMA);
    everything(&wanted);
    assert_non_null(strstr(wanted.text, "recipe: read"));
    assert_non_null(strstr(wanted.text, "population: read"));
    assert_non_null(strstr(wanted.text, "model: read"));
}

static void under_setlocale(void **state)
{
    char text[16];
    (void)state;
    needs_comma();
    assert_non_null(setlocale(LC_ALL, COMMA));
    snprintf(text, sizeof text, "%.1f", 0.5);
    assert_string_equal(text, "0,5"); /* the host's locale is what it was meant to be ... */
    everything(&found);
    snprintf(text, sizeof text, "%.1f", 0.5);
    assert_string_equal(text, "0,5"); /* ... and stays so */
    setlocale(LC_ALL, "C");
    compare(&wanted, &found);
}

static void under_uselocale(void **state)
{
    char text[16];
    (void)state;
    needs_comma();
    locale_t l = newlocale(LC_ALL_MASK, COMMA, (locale_t)0), before = uselocale(l);
    everything(&found);
    snprintf(text, sizeof text, "%.1f", 0.5);
    assert_string_equal(text, "0,5");
    assert_true(uselocale(before) == l);
    freelocale(l);
    compare(&wanted, &found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(under_setlocale), cmocka_unit_test(under_uselocale)};
    return gws_test_exit(cmocka_run_group_tests(tests, setup, teardown), 2);
}
