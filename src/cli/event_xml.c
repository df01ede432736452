/* event_xml.c - see event_xml.h. */
#include "cli/event_xml.h"

#include "base/clock.h"
#include "cli/rate.h"
#include "gws_config.h"
#include "ligolw/writer.h"
#include "sim/source.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void put_real(gws_ligolw_writer *w, double x)
{
    if (isfinite(x))
        gws_ligolw_put_real(w, x);
    else
        gws_ligolw_put_null(w);
}

/* "H1,L1" of the bits. */
static const char *names(const gws_xml_found *f, int ifos, char out[GWS_MAX_IFO * 4])
{
    size_t used = 0;
    out[0] = '\0';
    for (int i = 0; i < f->n_ifo; i++)
        if (ifos >> i & 1)
            used += (size_t)snprintf(out + used, GWS_MAX_IFO * 4 - used, "%s%s", used ? "," : "", f->ifo[i]);
    return out;
}

static void put_singles(gws_ligolw_writer *w, const gws_xml_found *f)
{
    gws_ligolw_table(w, "sngl_inspiral",
                     "process_id event_id ifo search channel end_time end_time_ns snr coa_phase chisq chisq_dof sigmasq "
                     "eff_distance mass1 mass2 mtotal mchirp eta "
                     "spin1x spin1y spin1z spin2x spin2y spin2z");
    for (int64_t i = 0; i < f->n_singles; i++) {
        gws_xml_single s;
        f->single(f->user, i, &s);
        const gws_template *t = s.template;
        const double total = t->mass1_msun + t->mass2_msun;
        gws_ligolw_put_int(w, 0);
        gws_ligolw_put_int(w, i);
        gws_ligolw_put_text(w, f->ifo[s.ifo]);
        gws_ligolw_put_text(w, "gwspike");
        gws_ligolw_put_null(w);
        gws_ligolw_put_time(w, s.end_ns);
        put_real(w, s.snr);
        put_real(w, s.phase_rad);
        put_real(w, s.chisq_reduced); /* over its degrees of freedom, as PyCBC writes it beside 1 of them */
        gws_ligolw_put_int(w, 1);
        put_real(w, s.sigma * s.sigma);
        put_real(w, s.sigma / s.snr);
        put_real(w, t->mass1_msun);
        put_real(w, t->mass2_msun);
        put_real(w, total);
        put_real(w, gws_chirp_mass(t->mass1_msun, t->mass2_msun));
        put_real(w, t->mass1_msun * t->mass2_msun / (total * total));
        for (int k = 0; k < 6; k++)
            put_real(w, k == 2 ? t->spin1z : k == 5 ? t->spin2z : 0);
    }
    gws_ligolw_table_end(w);
}

static void put_coincs(gws_ligolw_writer *w, const gws_xml_found *f)
{
    char text[GWS_MAX_IFO * 4];
    gws_xml_event e;
    gws_ligolw_table(w, "coinc_definer", "coinc_def_id search search_coinc_type description");
    gws_ligolw_put_int(w, 0);
    gws_ligolw_put_text(w, "inspiral");
    gws_ligolw_put_int(w, 0);
    gws_ligolw_put_text(w, "sngl_inspiral<-->sngl_inspiral coincidences");
    gws_ligolw_table_end(w);
    gws_ligolw_table(w, "coinc_event", "process_id coinc_def_id coinc_event_id time_slide_id instruments nevents likelihood");
    for (int64_t i = 0; i < f->n_events; i++) {
        int n = 0;
        f->event(f->user, i, &e);
        for (int d = 0; d < f->n_ifo; d++)
            n += e.single[d] >= 0;
        gws_ligolw_put_int(w, 0);
        gws_ligolw_put_int(w, 0);
        gws_ligolw_put_int(w, i);
        gws_ligolw_put_int(w, 0);
        gws_ligolw_put_text(w, names(f, e.ifos, text));
        gws_ligolw_put_int(w, n);
        put_real(w, e.stat);
    }
    gws_ligolw_table_end(w);
    gws_ligolw_table(w, "coinc_event_map", "coinc_event_id table_name event_id");
    for (int64_t i = 0; i < f->n_events; i++) {
        f->event(f->user, i, &e);
        for (int d = 0; d < f->n_ifo; d++)
            if (e.single[d] >= 0) {
                gws_ligolw_put_int(w, i);
                gws_ligolw_put_text(w, "sngl_inspiral");
                gws_ligolw_put_int(w, e.single[d]);
            }
    }
    gws_ligolw_table_end(w);
    gws_ligolw_table(w, "coinc_inspiral", "coinc_event_id ifos end_time end_time_ns mass mchirp snr false_alarm_rate combined_far");
    for (int64_t i = 0; i < f->n_events; i++) {
        f->event(f->user, i, &e);
        const gws_template *t = e.template;
        const double far_hz = gws_rate_value(e.far) / GWS_MONTH_S;
        gws_ligolw_put_int(w, i);
        gws_ligolw_put_text(w, names(f, e.ifos, text));
        gws_ligolw_put_time(w, e.end_ns);
        put_real(w, t ? t->mass1_msun + t->mass2_msun : (double)NAN);
        put_real(w, t ? gws_chirp_mass(t->mass1_msun, t->mass2_msun) : (double)NAN);
        put_real(w, e.snr);
        put_real(w, far_hz);
        put_real(w, far_hz);
    }
    gws_ligolw_table_end(w);
}

static void put_segments(gws_ligolw_writer *w, const gws_xml_found *f)
{
    int64_t id = 0;
    gws_ligolw_table(w, "segment_definer", "process_id segment_def_id ifos name version comment");
    for (int d = 0; d < f->n_ifo; d++) {
        gws_ligolw_put_int(w, 0);
        gws_ligolw_put_int(w, d);
        gws_ligolw_put_text(w, f->ifo[d]);
        gws_ligolw_put_text(w, "GWSPIKE-SEARCHED");
        gws_ligolw_put_int(w, 1);
        gws_ligolw_put_null(w);
    }
    gws_ligolw_table_end(w);
    gws_ligolw_table(w, "segment", "process_id segment_id segment_def_id start_time start_time_ns end_time end_time_ns");
    for (int d = 0; d < f->n_ifo; d++)
        for (int i = 0; i < f->n_live[d]; i++) {
            gws_ligolw_put_int(w, 0);
            gws_ligolw_put_int(w, id++);
            gws_ligolw_put_int(w, d);
            gws_ligolw_put_time(w, gws_ns_of_sample(f->live[d][i].begin, f->live_rate_hz));
            gws_ligolw_put_time(w, gws_ns_of_sample(f->live[d][i].end, f->live_rate_hz));
        }
    gws_ligolw_table_end(w);
}

gws_status gws_event_xml_write(const char *path, const gws_xml_found *found, gws_err *err)
{
    char ifos[GWS_MAX_IFO * 4];
    const char *const params[] = {"--command-line", found->command, "--input-sha256", found->sha256};
    gws_ligolw_writer *w = gws_ligolw_writer_create(path, err);
    if (!w)
        return err->status;
    gws_ligolw_process(w, "gwspike", GWS_VERSION " " GWS_GIT_HASH, NULL, names(found, (1 << found->n_ifo) - 1, ifos), params, 2);
    put_singles(w, found);
    put_coincs(w, found);
    gws_ligolw_table(w, "time_slide", "process_id time_slide_id instrument offset");
    for (int d = 0; d < found->n_ifo; d++) {
        gws_ligolw_put_int(w, 0);
        gws_ligolw_put_int(w, 0);
        gws_ligolw_put_text(w, found->ifo[d]);
        gws_ligolw_put_real(w, 0);
    }
    gws_ligolw_table_end(w);
    if (found->live_rate_hz)
        put_segments(w, found);
    return gws_ligolw_writer_commit(w, err);
}
