/* schema.c - see schema.h. */
#include "ligolw/schema.h"

#include <stdio.h>
#include <string.h>

static const gws_ligolw_type types[] = {
    {"lstring", GWS_LIGOLW_TEXT, 0, 0},   {"char_s", GWS_LIGOLW_TEXT, 0, 0},       {"char_v", GWS_LIGOLW_TEXT, 0, 0},
    {"string", GWS_LIGOLW_TEXT, 0, 0},    {"ilwd:char", GWS_LIGOLW_TEXT, 0, 0},    {"int_2s", GWS_LIGOLW_INTEGER, 2, 1},
    {"int_2u", GWS_LIGOLW_INTEGER, 2, 0}, {"int_4s", GWS_LIGOLW_INTEGER, 4, 1},    {"int_4u", GWS_LIGOLW_INTEGER, 4, 0},
    {"int_8s", GWS_LIGOLW_INTEGER, 8, 1}, {"int_8u", GWS_LIGOLW_INTEGER, 8, 0},    {"int", GWS_LIGOLW_INTEGER, 4, 1},
    {"real_4", GWS_LIGOLW_REAL, 4, 1},    {"real_8", GWS_LIGOLW_REAL, 8, 1},       {"float", GWS_LIGOLW_REAL, 4, 1},
    {"double", GWS_LIGOLW_REAL, 8, 1},    {"complex_8", GWS_LIGOLW_COMPLEX, 4, 1}, {"complex_16", GWS_LIGOLW_COMPLEX, 8, 1},
    {"blob", GWS_LIGOLW_BLOB, 0, 0},      {"ilwd:char_u", GWS_LIGOLW_BLOB, 0, 0},
};

/* igwn-ligolw 2.1.1; tools/golden/ligolw.py compares. */
static const struct column {
    const char *table, *name, *type;
} columns[] = {
    /* process */
    {"process", "program", "lstring"},
    {"process", "version", "lstring"},
    {"process", "cvs_repository", "lstring"},
    {"process", "cvs_entry_time", "int_4s"},
    {"process", "comment", "lstring"},
    {"process", "is_online", "int_4s"},
    {"process", "node", "lstring"},
    {"process", "username", "lstring"},
    {"process", "unix_procid", "int_4s"},
    {"process", "start_time", "int_4s"},
    {"process", "end_time", "int_4s"},
    {"process", "jobid", "int_4s"},
    {"process", "domain", "lstring"},
    {"process", "ifos", "lstring"},
    {"process", "process_id", "int_8s"},
    /* process_params */
    {"process_params", "program", "lstring"},
    {"process_params", "process:process_id", "int_8s"},
    {"process_params", "param", "lstring"},
    {"process_params", "type", "lstring"},
    {"process_params", "value", "lstring"},
    /* sngl_inspiral */
    {"sngl_inspiral", "process:process_id", "int_8s"},
    {"sngl_inspiral", "ifo", "lstring"},
    {"sngl_inspiral", "search", "lstring"},
    {"sngl_inspiral", "channel", "lstring"},
    {"sngl_inspiral", "end_time", "int_4s"},
    {"sngl_inspiral", "end_time_ns", "int_4s"},
    {"sngl_inspiral", "end_time_gmst", "real_8"},
    {"sngl_inspiral", "impulse_time", "int_4s"},
    {"sngl_inspiral", "impulse_time_ns", "int_4s"},
    {"sngl_inspiral", "template_duration", "real_8"},
    {"sngl_inspiral", "event_duration", "real_8"},
    {"sngl_inspiral", "amplitude", "real_4"},
    {"sngl_inspiral", "eff_distance", "real_4"},
    {"sngl_inspiral", "coa_phase", "real_4"},
    {"sngl_inspiral", "mass1", "real_4"},
    {"sngl_inspiral", "mass2", "real_4"},
    {"sngl_inspiral", "mchirp", "real_4"},
    {"sngl_inspiral", "mtotal", "real_4"},
    {"sngl_inspiral", "eta", "real_4"},
    {"sngl_inspiral", "kappa", "real_4"},
    {"sngl_inspiral", "chi", "real_4"},
    {"sngl_inspiral", "tau0", "real_4"},
    {"sngl_inspiral", "tau2", "real_4"},
    {"sngl_inspiral", "tau3", "real_4"},
    {"sngl_inspiral", "tau4", "real_4"},
    {"sngl_inspiral", "tau5", "real_4"},
    {"sngl_inspiral", "ttotal", "real_4"},
    {"sngl_inspiral", "psi0", "real_4"},
    {"sngl_inspiral", "psi3", "real_4"},
    {"sngl_inspiral", "alpha", "real_4"},
    {"sngl_inspiral", "alpha1", "real_4"},
    {"sngl_inspiral", "alpha2", "real_4"},
    {"sngl_inspiral", "alpha3", "real_4"},
    {"sngl_inspiral", "alpha4", "real_4"},
    {"sngl_inspiral", "alpha5", "real_4"},
    {"sngl_inspiral", "alpha6", "real_4"},
    {"sngl_inspiral", "beta", "real_4"},
    {"sngl_inspiral", "f_final", "real_4"},
    {"sngl_inspiral", "snr", "real_4"},
    {"sngl_inspiral", "chisq", "real_4"},
    {"sngl_inspiral", "chisq_dof", "int_4s"},
    {"sngl_inspiral", "bank_chisq", "real_4"},
    {"sngl_inspiral", "bank_chisq_dof", "int_4s"},
    {"sngl_inspiral", "cont_chisq", "real_4"},
    {"sngl_inspiral", "cont_chisq_dof", "int_4s"},
    {"sngl_inspiral", "sigmasq", "real_8"},
    {"sngl_inspiral", "rsqveto_duration", "real_4"},
    {"sngl_inspiral", "Gamma0", "real_4"},
    {"sngl_inspiral", "Gamma1", "real_4"},
    {"sngl_inspiral", "Gamma2", "real_4"},
    {"sngl_inspiral", "Gamma3", "real_4"},
    {"sngl_inspiral", "Gamma4", "real_4"},
    {"sngl_inspiral", "Gamma5", "real_4"},
    {"sngl_inspiral", "Gamma6", "real_4"},
    {"sngl_inspiral", "Gamma7", "real_4"},
    {"sngl_inspiral", "Gamma8", "real_4"},
    {"sngl_inspiral", "Gamma9", "real_4"},
    {"sngl_inspiral", "spin1x", "real_4"},
    {"sngl_inspiral", "spin1y", "real_4"},
    {"sngl_inspiral", "spin1z", "real_4"},
    {"sngl_inspiral", "spin2x", "real_4"},
    {"sngl_inspiral", "spin2y", "real_4"},
    {"sngl_inspiral", "spin2z", "real_4"},
    {"sngl_inspiral", "event_id", "int_8s"},
    /* coinc_event */
    {"coinc_event", "process:process_id", "int_8s"},
    {"coinc_event", "coinc_definer:coinc_def_id", "int_8s"},
    {"coinc_event", "coinc_event_id", "int_8s"},
    {"coinc_event", "time_slide:time_slide_id", "int_8s"},
    {"coinc_event", "instruments", "lstring"},
    {"coinc_event", "nevents", "int_4u"},
    {"coinc_event", "likelihood", "real_8"},
    /* coinc_event_map */
    {"coinc_event_map", "coinc_event:coinc_event_id", "int_8s"},
    {"coinc_event_map", "table_name", "char_v"},
    {"coinc_event_map", "event_id", "int_8s"},
    /* coinc_definer */
    {"coinc_definer", "coinc_def_id", "int_8s"},
    {"coinc_definer", "search", "lstring"},
    {"coinc_definer", "search_coinc_type", "int_4u"},
    {"coinc_definer", "description", "lstring"},
    /* coinc_inspiral */
    {"coinc_inspiral", "coinc_event:coinc_event_id", "int_8s"},
    {"coinc_inspiral", "ifos", "lstring"},
    {"coinc_inspiral", "end_time", "int_4s"},
    {"coinc_inspiral", "end_time_ns", "int_4s"},
    {"coinc_inspiral", "mass", "real_8"},
    {"coinc_inspiral", "mchirp", "real_8"},
    {"coinc_inspiral", "minimum_duration", "real_8"},
    {"coinc_inspiral", "snr", "real_8"},
    {"coinc_inspiral", "false_alarm_rate", "real_8"},
    {"coinc_inspiral", "combined_far", "real_8"},
    /* time_slide */
    {"time_slide", "process:process_id", "int_8s"},
    {"time_slide", "time_slide_id", "int_8s"},
    {"time_slide", "instrument", "lstring"},
    {"time_slide", "offset", "real_8"},
    /* segment */
    {"segment", "creator_db", "int_4s"},
    {"segment", "process:process_id", "int_8s"},
    {"segment", "segment_id", "int_8s"},
    {"segment", "start_time", "int_4s"},
    {"segment", "start_time_ns", "int_4s"},
    {"segment", "end_time", "int_4s"},
    {"segment", "end_time_ns", "int_4s"},
    {"segment", "segment_definer:segment_def_id", "int_8s"},
    {"segment", "segment_def_cdb", "int_4s"},
    /* segment_definer */
    {"segment_definer", "creator_db", "int_4s"},
    {"segment_definer", "process:process_id", "int_8s"},
    {"segment_definer", "segment_def_id", "int_8s"},
    {"segment_definer", "ifos", "lstring"},
    {"segment_definer", "name", "lstring"},
    {"segment_definer", "version", "int_4s"},
    {"segment_definer", "comment", "lstring"},
    {"segment_definer", "insertion_time", "int_4s"},
    /* segment_summary */
    {"segment_summary", "creator_db", "int_4s"},
    {"segment_summary", "process:process_id", "int_8s"},
    {"segment_summary", "segment_sum_id", "int_8s"},
    {"segment_summary", "start_time", "int_4s"},
    {"segment_summary", "start_time_ns", "int_4s"},
    {"segment_summary", "end_time", "int_4s"},
    {"segment_summary", "end_time_ns", "int_4s"},
    {"segment_summary", "comment", "lstring"},
    {"segment_summary", "segment_definer:segment_def_id", "int_8s"},
    {"segment_summary", "segment_def_cdb", "int_4s"},
    /* sim_inspiral */
    {"sim_inspiral", "process:process_id", "int_8s"},
    {"sim_inspiral", "waveform", "lstring"},
    {"sim_inspiral", "geocent_end_time", "int_4s"},
    {"sim_inspiral", "geocent_end_time_ns", "int_4s"},
    {"sim_inspiral", "h_end_time", "int_4s"},
    {"sim_inspiral", "h_end_time_ns", "int_4s"},
    {"sim_inspiral", "l_end_time", "int_4s"},
    {"sim_inspiral", "l_end_time_ns", "int_4s"},
    {"sim_inspiral", "g_end_time", "int_4s"},
    {"sim_inspiral", "g_end_time_ns", "int_4s"},
    {"sim_inspiral", "t_end_time", "int_4s"},
    {"sim_inspiral", "t_end_time_ns", "int_4s"},
    {"sim_inspiral", "v_end_time", "int_4s"},
    {"sim_inspiral", "v_end_time_ns", "int_4s"},
    {"sim_inspiral", "end_time_gmst", "real_8"},
    {"sim_inspiral", "source", "lstring"},
    {"sim_inspiral", "mass1", "real_4"},
    {"sim_inspiral", "mass2", "real_4"},
    {"sim_inspiral", "mchirp", "real_4"},
    {"sim_inspiral", "eta", "real_4"},
    {"sim_inspiral", "distance", "real_4"},
    {"sim_inspiral", "longitude", "real_4"},
    {"sim_inspiral", "latitude", "real_4"},
    {"sim_inspiral", "inclination", "real_4"},
    {"sim_inspiral", "coa_phase", "real_4"},
    {"sim_inspiral", "polarization", "real_4"},
    {"sim_inspiral", "psi0", "real_4"},
    {"sim_inspiral", "psi3", "real_4"},
    {"sim_inspiral", "alpha", "real_4"},
    {"sim_inspiral", "alpha1", "real_4"},
    {"sim_inspiral", "alpha2", "real_4"},
    {"sim_inspiral", "alpha3", "real_4"},
    {"sim_inspiral", "alpha4", "real_4"},
    {"sim_inspiral", "alpha5", "real_4"},
    {"sim_inspiral", "alpha6", "real_4"},
    {"sim_inspiral", "beta", "real_4"},
    {"sim_inspiral", "spin1x", "real_4"},
    {"sim_inspiral", "spin1y", "real_4"},
    {"sim_inspiral", "spin1z", "real_4"},
    {"sim_inspiral", "spin2x", "real_4"},
    {"sim_inspiral", "spin2y", "real_4"},
    {"sim_inspiral", "spin2z", "real_4"},
    {"sim_inspiral", "theta0", "real_4"},
    {"sim_inspiral", "phi0", "real_4"},
    {"sim_inspiral", "f_lower", "real_4"},
    {"sim_inspiral", "f_final", "real_4"},
    {"sim_inspiral", "eff_dist_h", "real_4"},
    {"sim_inspiral", "eff_dist_l", "real_4"},
    {"sim_inspiral", "eff_dist_g", "real_4"},
    {"sim_inspiral", "eff_dist_t", "real_4"},
    {"sim_inspiral", "eff_dist_v", "real_4"},
    {"sim_inspiral", "numrel_mode_min", "int_4s"},
    {"sim_inspiral", "numrel_mode_max", "int_4s"},
    {"sim_inspiral", "numrel_data", "lstring"},
    {"sim_inspiral", "amp_order", "int_4s"},
    {"sim_inspiral", "taper", "lstring"},
    {"sim_inspiral", "bandpass", "int_4s"},
    {"sim_inspiral", "simulation_id", "int_8s"},
    /* search_summary */
    {"search_summary", "process:process_id", "int_8s"},
    {"search_summary", "shared_object", "lstring"},
    {"search_summary", "lalwrapper_cvs_tag", "lstring"},
    {"search_summary", "lal_cvs_tag", "lstring"},
    {"search_summary", "comment", "lstring"},
    {"search_summary", "ifos", "lstring"},
    {"search_summary", "in_start_time", "int_4s"},
    {"search_summary", "in_start_time_ns", "int_4s"},
    {"search_summary", "in_end_time", "int_4s"},
    {"search_summary", "in_end_time_ns", "int_4s"},
    {"search_summary", "out_start_time", "int_4s"},
    {"search_summary", "out_start_time_ns", "int_4s"},
    {"search_summary", "out_end_time", "int_4s"},
    {"search_summary", "out_end_time_ns", "int_4s"},
    {"search_summary", "nevents", "int_4s"},
    {"search_summary", "nnodes", "int_4s"},
};

const gws_ligolw_type *gws_ligolw_type_find(const char *name)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i].name, name) == 0)
            return &types[i];
    return NULL;
}

static int is_word(const char *word, const char *text, size_t n)
{
    return strlen(word) == n && memcmp(word, text, n) == 0;
}

const gws_ligolw_type *gws_ligolw_column_type(const char *table, const char *column, size_t n, const char **full)
{
    if (full)
        *full = NULL;
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        if (strcmp(columns[i].table, table) != 0)
            continue;
        const char *colon = strrchr(columns[i].name, ':');
        if (!is_word(columns[i].name, column, n) && !(colon && is_word(colon + 1, column, n)))
            continue;
        if (full)
            *full = columns[i].name;
        return gws_ligolw_type_find(columns[i].type);
    }
    return NULL;
}

void gws_ligolw_bare_name(const char *name, char *out, size_t size)
{
    static const char *const endings[] = {":table", ":param", ":array"};
    size_t n = strlen(name), begin;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (n > strlen(endings[i]) && strcmp(name + n - strlen(endings[i]), endings[i]) == 0) {
            n -= strlen(endings[i]);
            break;
        }
    for (begin = n; begin > 0 && name[begin - 1] != ':';)
        begin--;
    n -= begin;
    if (n >= size)
        n = size - 1;
    memcpy(out, name + begin, n);
    out[n] = '\0';
}
