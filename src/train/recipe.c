#include "train/recipe.h"

#include "base/file.h"
#include "gw/named_psd.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const gws_split_name[3] = {"train", "valid", "test"};

#define HOLD_HZ 8.0 /* below the band; the seismic wall there would only cost dynamic range */

static gws_status read_detectors(gws_ini *ini, gws_data_recipe *r, gws_err *err)
{
    char text[128];
    const char *list = gws_ini_string(ini, "data", "detectors", "H1,L1");
    if (strlen(list) >= sizeof text)
        return gws_err_set(err, GWS_EARG, "recipe: [data] detectors is too long");
    strcpy(text, list);
    for (char *save = NULL, *name = strtok_r(text, ", ", &save); name; name = strtok_r(NULL, ", ", &save)) {
        const gws_site *site = gws_site_find(name);
        if (!site || r->n_ifo == GWS_MODEL_IFOS)
            return gws_err_set(err, GWS_EARG, "recipe: [data] detectors = %s: unknown detector %s, or more than %d", list, name,
                               GWS_MODEL_IFOS);
        r->site[r->n_ifo++] = site;
    }
    if (r->n_ifo == 0)
        return gws_err_set(err, GWS_EARG, "recipe: [data] detectors names none");
    return GWS_OK;
}

static gws_status read_name(gws_ini *ini, const char *key, const char *fallback, char *out, size_t size, gws_err *err)
{
    const char *value = gws_ini_string(ini, "data", key, fallback);
    if (strlen(value) >= size)
        return gws_err_set(err, GWS_EARG, "recipe: [data] %s is too long", key);
    strcpy(out, value);
    return GWS_OK;
}

static gws_status read_numbers(gws_ini *ini, gws_split split, gws_data_recipe *r, gws_err *err)
{
    static const char *const signals[3] = {"signals", "valid_signals", "test_signals"};
    static const char *const noise[3] = {"noise_s", "valid_noise_s", "test_noise_s"};
    static const double n_signals[3] = {30000, 2000, 2000}, n_noise[3] = {7200, 1800, 1800};
    double rate, window_s, n, volume;
    const struct {
        const char *key;
        double fallback, lo, hi;
        double *out;
    } keys[] = {
        /* clang-format off */
        {"rate_hz", 2048, 256, 16384, &rate},
        {"window_s", 2, 0.25, 64, &window_s},
        {signals[split], n_signals[split], 1, 1e7, &n},
        {noise[split], n_noise[split], 8, 1e7, &r->noise_s},
        {"stretch_s", 256, 4, 16384, &r->stretch_s},
        {"noise_filter_s", 4, 0.5, 64, &r->noise_filter_s},
        {"psd_spread", 0, 0, 1, &r->curves.spread},
        {"mass_min", 8, 0.5, 500, &r->sources.mass_min_msun},
        {"mass_max", 50, 0.5, 500, &r->sources.mass_max_msun},
        {"spin_max", 0.9, 0, 0.99, &r->sources.spin_max},
        {"precessing", 0, 0, 1, &r->sources.precessing},
        {"f_lower_hz", 18, 5, 200, &r->sources.f_lower_hz},
        {"volume_weighted", 0, 0, 1, &volume},
        {"snr_min", 5, 0.1, 1000, &r->snr_min},
        {"snr_max", 15, 0.1, 1000, &r->snr_max},
        {"snr_power", 0, 0, 8, &r->snr_power},
        {"snr_tail", 0.05, 0, 1, &r->snr_tail},
        {"snr_tail_max", 40, 0.1, 10000, &r->snr_tail_max},
        {"merger_min_s", 0.9, 0, 64, &r->merger_min_s},
        {"merger_max_s", 1.75, 0, 64, &r->merger_max_s},
        {"after_s", 0.2, 0.02, 8, &r->after_s},
        {"signal_share", 0.5, 0, 1, &r->signal_share},
        {"glitch_share", 0.1, 0, 1, &r->glitch_share},
        {"signal_glitch_share", 0.05, 0, 1, &r->signal_glitch_share},
        /* clang-format on */
    };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        gws_status status = gws_ini_double(ini, "data", keys[i].key, keys[i].fallback, keys[i].out, err);
        if (status != GWS_OK)
            return status;
        if (!(*keys[i].out >= keys[i].lo && *keys[i].out <= keys[i].hi))
            return gws_err_set(err, GWS_EARG, "recipe: [data] %s = %g: want %g..%g", keys[i].key, *keys[i].out, keys[i].lo,
                               keys[i].hi);
    }
    /* The other splits' keys are known too; asking marks them as used. */
    for (int s = 0; s < 3; s++) {
        gws_ini_string(ini, "data", signals[s], NULL);
        gws_ini_string(ini, "data", noise[s], NULL);
    }
    if (n != floor(n) || (volume != 0 && volume != 1))
        return gws_err_set(err, GWS_EARG, "recipe: [data] %s = %g, volume_weighted = %g: want a whole number, and 0 or 1",
                           signals[split], n, volume);
    r->rate_hz = (int)rate;
    r->window = (int)lround(window_s * rate);
    r->n_signals = (int64_t)n;
    r->sources.seeing = volume != 0 ? GWS_SEEING_LOUD : GWS_SEEING_ALL;
    if (r->rate_hz != rate || r->rate_hz % 2)
        return gws_err_set(err, GWS_EARG, "recipe: [data] rate_hz = %g: want a whole even number", rate);
    if (r->sources.mass_min_msun > r->sources.mass_max_msun || r->snr_min > r->snr_max || r->snr_tail_max < r->snr_max ||
        r->merger_min_s > r->merger_max_s)
        return gws_err_set(err, GWS_EARG, "recipe: [data] a minimum of mass, snr or merger exceeds its maximum");
    if (r->merger_max_s >= window_s)
        return gws_err_set(err, GWS_EARG, "recipe: [data] merger_max_s = %g: want less than window_s = %g", r->merger_max_s,
                           window_s);
    if (r->stretch_s < 2 * window_s)
        return gws_err_set(err, GWS_EARG, "recipe: [data] stretch_s = %g: want at least two windows", r->stretch_s);
    return GWS_OK;
}

gws_status gws_recipe_path(const char *key, const char *given, char *out, size_t size, gws_err *err)
{
    char name[64] = "";
    const size_t n = given[0] == '$' ? strcspn(given + 1, "/") : 0;
    const char *value = "", *rest = given;
    if (n > 0 && n < sizeof name) {
        memcpy(name, given + 1, n);
        value = getenv(name);
        rest = given + 1 + n;
        if (!value || !*value)
            return gws_err_set(err, GWS_EARG, "recipe: %s = %s: %s is not set in the environment", key, given, name);
    }
    if (strlen(value) + strlen(rest) >= size)
        return gws_err_set(err, GWS_EARG, "recipe: %s: a path is too long", key);
    strcpy(out, value);
    strcat(out, rest);
    return GWS_OK;
}

/* The measured curves of every detector: FOLDER/H1/psd-0.hdf, psd-1.hdf, ... */
static gws_status read_measured(gws_ini *ini, gws_data_recipe *r, gws_err *err)
{
    char folder[512], path[640];
    const char *given = gws_ini_string(ini, "data", "curves", "");
    gws_status status = *given ? gws_recipe_path("[data] curves", given, folder, sizeof folder, err) : GWS_OK;
    for (int i = 0; i < r->n_ifo && *given && status == GWS_OK; i++) {
        if (!(r->measured[i] = calloc(GWS_DATA_CURVES, sizeof *r->measured[i])))
            return gws_err_set(err, GWS_ENOMEM, "recipe: no memory for curves");
        for (int k = 0; k < GWS_DATA_CURVES && status == GWS_OK; k++) {
            snprintf(path, sizeof path, "%s/%s/psd-%d.hdf", folder, r->site[i]->ifo, k);
            if (!gws_file_exists(path))
                break;
            status = gws_psd_design(path, r->rate_hz, GWS_CURVE_DF_HZ, HOLD_HZ, fmax(HOLD_HZ, r->condition.low_hz),
                                    &r->measured[i][k], err);
            r->n_measured[i] += status == GWS_OK;
        }
        if (status == GWS_OK && r->n_measured[i] == 0)
            status = gws_err_set(err, GWS_EIO, "recipe: [data] curves = %s: %s is not there", given, path);
    }
    return status;
}

/* What disturbed noise holds. */
static gws_status read_disturbance(gws_ini *ini, gws_data_recipe *r, gws_err *err)
{
    const char *rates = gws_ini_string(ini, "data", "glitches", "");
    gws_glitch_params *g = &r->disturbance.glitch;
    gws_status status;
    r->disturbance = gws_contaminate_defaults();
    if ((status = gws_ini_double(ini, "data", "glitch_snr_max", g->snr_max, &g->snr_max, err)) ||
        (status = gws_ini_double(ini, "data", "line_snr", 0, &r->disturbance.line_snr, err)))
        return status;
    if (!(g->snr_max > g->snr_min && g->snr_max <= 10000) || !(r->disturbance.line_snr >= 0 && r->disturbance.line_snr <= 10000))
        return gws_err_set(err, GWS_EARG,
                           "recipe: [data] glitch_snr_max = %g, wanted above %g to 10000; line_snr = %g, wanted 0 to 10000",
                           g->snr_max, g->snr_min, r->disturbance.line_snr);
    return *rates ? gws_glitch_rates_parse(rates, g, err) : GWS_OK;
}

gws_status gws_data_recipe_read(gws_ini *ini, gws_split split, gws_data_recipe *r, gws_err *err)
{
    GWS_ASSERT(ini && r && split >= GWS_SPLIT_TRAIN && split <= GWS_SPLIT_TEST);
    *r = (gws_data_recipe){0};
    gws_status status = read_detectors(ini, r, err);
    if (status == GWS_OK)
        status = read_numbers(ini, split, r, err);
    if (status == GWS_OK)
        status = read_name(ini, "psd", "aLIGOZeroDetHighPower", r->psd, sizeof r->psd, err);
    if (status == GWS_OK)
        status = read_name(ini, "approximant", "IMRPhenomD", r->approximant, sizeof r->approximant, err);
    if (status == GWS_OK)
        status = gws_condition_params_from_ini(ini, &r->condition, err);
    if (status == GWS_OK)
        status = read_measured(ini, r, err);
    if (status == GWS_OK)
        status = read_disturbance(ini, r, err);
    if (status == GWS_OK)
        status = gws_ini_unused(ini, "data", err);
    if (status != GWS_OK)
        return status;

    memcpy(r->sources.site, r->site, sizeof r->site);
    r->sources.n_sites = r->n_ifo;
    gws_psd design;
    const double spread = r->curves.spread;
    status = gws_psd_design(r->psd, r->rate_hz, GWS_CURVE_DF_HZ, HOLD_HZ, fmax(HOLD_HZ, r->condition.low_hz), &design, err);
    if (status != GWS_OK) {
        gws_err_prefix(err, "recipe: [data] psd");
        return status;
    }
    if ((status = gws_curve_family_init(&r->curves, &design, HOLD_HZ, spread, err)) != GWS_OK)
        gws_err_prefix(err, "recipe");
    return status;
}

void gws_data_recipe_clear(gws_data_recipe *r)
{
    for (int i = 0; i < GWS_MODEL_IFOS; i++) {
        for (int k = 0; k < r->n_measured[i]; k++)
            gws_psd_clear(&r->measured[i][k]);
        free(r->measured[i]);
        r->measured[i] = NULL;
        r->n_measured[i] = 0;
    }
    gws_curve_family_clear(&r->curves);
}
