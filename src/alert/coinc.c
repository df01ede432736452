#include "alert/coinc.h"

#include "gws_config.h"
#include "ligolw/writer.h"

#include <complex.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define F_FINAL_HZ (GWS_FOLLOWUP_RATE_HZ / 2)

typedef gws_ligolw_writer writer;

static void put_real(writer *w, double x)
{
    if (isfinite(x))
        gws_ligolw_put_real(w, x);
    else
        gws_ligolw_put_null(w);
}

static void put_process(writer *w, const char *path, const gws_followup *f, const char *ifos)
{
    const char *name = strrchr(path, '/');
    char low[32], tried[64];
    snprintf(low, sizeof low, "%d", (int)lround(f->best.f_lower_hz));
    snprintf(tried, sizeof tried, "%d templates", f->templates);
    const char *const params[] = {"--reference-psd",
                                  name ? name + 1 : path,
                                  "--low-frequency-cutoff",
                                  low,
                                  "--approximant",
                                  f->best.approximant,
                                  "--follow-up",
                                  tried};
    gws_ligolw_process(w, "pycbc", GWS_VERSION, "gwspike " GWS_VERSION "; phases as PyCBC's", ifos, params,
                       (int)(sizeof params / sizeof *params / 2));
}

static void put_time_slide(writer *w, const gws_followup *f)
{
    gws_ligolw_table(w, "time_slide", "process_id time_slide_id instrument offset");
    for (int i = 0; i < f->n; i++) {
        gws_ligolw_put_int(w, 0);
        gws_ligolw_put_int(w, 0);
        gws_ligolw_put_text(w, f->ifo[i].ifo);
        gws_ligolw_put_real(w, 0);
    }
    gws_ligolw_table_end(w);
}

static void put_singles(writer *w, const gws_coinc *c)
{
    const gws_followup *f = c->followup;
    const gws_template *t = &f->best;
    const double total = t->mass1_msun + t->mass2_msun;
    gws_ligolw_table(
        w, "sngl_inspiral",
        "process_id event_id ifo search channel end_time end_time_ns snr coa_phase chisq chisq_dof sigmasq "
        "eff_distance template_duration mass1 mass2 mtotal mchirp eta spin1x spin1y spin1z spin2x spin2y spin2z f_final");
    for (int i = 0; i < f->n; i++) {
        const gws_followup_ifo *o = &f->ifo[i];
        gws_ligolw_put_int(w, 0);
        gws_ligolw_put_int(w, i);
        gws_ligolw_put_text(w, o->ifo);
        gws_ligolw_put_text(w, "gwspike");
        gws_ligolw_put_text(w, c->channel[i] ? c->channel[i] : o->ifo);
        gws_ligolw_put_time(w, o->gps_ns);
        put_real(w, o->snr);
        put_real(w, o->phase_rad);
        put_real(w, o->chisq_reduced); /* over its degrees of freedom, as PyCBC writes it beside 1 of them */
        gws_ligolw_put_int(w, 1);
        put_real(w, o->sigma * o->sigma);
        put_real(w, o->sigma / o->snr);
        put_real(w, gws_template_tau0_s(t));
        put_real(w, t->mass1_msun);
        put_real(w, t->mass2_msun);
        put_real(w, total);
        put_real(w, gws_template_mchirp_msun(t));
        put_real(w, t->mass1_msun * t->mass2_msun / (total * total));
        for (int k = 0; k < 6; k++)
            put_real(w, k == 2 ? t->spin1z : k == 5 ? t->spin2z : 0);
        gws_ligolw_put_real(w, F_FINAL_HZ);
    }
    gws_ligolw_table_end(w);
}

static void put_coinc(writer *w, const gws_coinc *c, const char *ifos)
{
    const gws_followup *f = c->followup;
    int64_t mean = 0;
    gws_ligolw_table(w, "coinc_definer", "coinc_def_id search search_coinc_type description");
    gws_ligolw_put_int(w, 0);
    gws_ligolw_put_text(w, "inspiral");
    gws_ligolw_put_int(w, 0);
    gws_ligolw_put_text(w, "sngl_inspiral<-->sngl_inspiral coincidences");
    gws_ligolw_table_end(w);
    gws_ligolw_table(w, "coinc_event", "process_id coinc_def_id coinc_event_id time_slide_id instruments nevents likelihood");
    for (int i = 0; i < 4; i++)
        gws_ligolw_put_int(w, 0);
    gws_ligolw_put_text(w, ifos);
    gws_ligolw_put_int(w, f->n);
    put_real(w, c->stat);
    gws_ligolw_table_end(w);
    gws_ligolw_table(w, "coinc_event_map", "coinc_event_id table_name event_id");
    for (int i = 0; i < f->n; i++) {
        gws_ligolw_put_int(w, 0);
        gws_ligolw_put_text(w, "sngl_inspiral");
        gws_ligolw_put_int(w, i);
        mean += (f->ifo[i].gps_ns - f->ifo[0].gps_ns) / f->n;
    }
    gws_ligolw_table_end(w);
    gws_ligolw_table(w, "coinc_inspiral",
                     "coinc_event_id ifos end_time end_time_ns mass mchirp minimum_duration snr false_alarm_rate combined_far");
    gws_ligolw_put_int(w, 0);
    gws_ligolw_put_text(w, ifos);
    gws_ligolw_put_time(w, f->ifo[0].gps_ns + mean);
    put_real(w, f->best.mass1_msun + f->best.mass2_msun);
    put_real(w, gws_template_mchirp_msun(&f->best));
    put_real(w, gws_template_tau0_s(&f->best));
    put_real(w, f->snr);
    put_real(w, c->far_hz);
    put_real(w, c->far_hz);
    gws_ligolw_table_end(w);
}

static void put_series(writer *w, const gws_followup *f)
{
    for (int i = 0; i < f->n; i++) {
        const gws_followup_ifo *o = &f->ifo[i];
        gws_ligolw_series_open(w, &(gws_ligolw_series){.name = "snr",
                                                       .is_time = 1,
                                                       .is_complex = 1,
                                                       .is_single = 1,
                                                       .epoch_ns = o->series_ns,
                                                       .delta = 1.0 / GWS_FOLLOWUP_RATE_HZ,
                                                       .n = o->n_series,
                                                       .data = (const double *)o->series});
        gws_ligolw_param_int(w, "event_id", i);
        gws_ligolw_close(w);
    }
    gws_ligolw_open(w, "psd");
    for (int i = 0; i < f->n; i++) {
        const gws_followup_ifo *o = &f->ifo[i];
        gws_ligolw_series_open(w, &(gws_ligolw_series){.name = "psd",
                                                       .unit = "s strain^2",
                                                       .epoch_ns = o->gps_ns,
                                                       .delta = o->psd.delta_f_hz,
                                                       .n = o->psd.n,
                                                       .data = o->psd.data});
        gws_ligolw_param_text(w, "instrument", o->ifo);
        gws_ligolw_close(w);
    }
    gws_ligolw_close(w);
}

gws_status gws_coinc_write(const char *path, const gws_coinc *c, gws_err *err)
{
    GWS_ASSERT(c->followup->n > 0);
    char ifos[GWS_MAX_IFO * 4] = "";
    gws_err own = {0};
    err = err ? err : &own;
    gws_ligolw_writer *w = gws_ligolw_writer_create(path, err);
    if (!w)
        return err->status;
    for (int i = 0; i < c->followup->n; i++)
        snprintf(ifos + strlen(ifos), sizeof ifos - strlen(ifos), "%s%.3s", i ? "," : "", c->followup->ifo[i].ifo);
    put_process(w, path, c->followup, ifos);
    put_time_slide(w, c->followup);
    put_singles(w, c);
    put_coinc(w, c, ifos);
    put_series(w, c->followup);
    return gws_ligolw_writer_commit(w, err);
}
