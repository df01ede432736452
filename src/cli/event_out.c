#include "cli/event_out.h"

#include "base/clock.h"
#include "cli/rate.h"

gws_json *gws_event_json(int64_t gps_ns, double stat, gws_far_rate far, double window_s)
{
    gws_json *j = gws_json_object();

    gws_json_put_f64(j, "gps", (double)gps_ns / (double)GWS_NS);
    gws_json_put_f64(j, "stat", stat);
    gws_rate_put(j, far);
    gws_json_put_f64(j, "window_s", window_s);
    return j;
}

void gws_event_json_template(gws_json *j, int index, const double *chirp_mass, const gws_template *t)
{
    gws_json_put_i64(j, "template", index);
    if (chirp_mass)
        gws_json_put_f64(j, "chirp_mass", *chirp_mass);
    gws_json_put_f64(j, "mass1", t->mass1_msun);
    gws_json_put_f64(j, "mass2", t->mass2_msun);
    gws_json_put_f64(j, "spin1z", t->spin1z);
    gws_json_put_f64(j, "spin2z", t->spin2z);
}

gws_status gws_event_file_finish(gws_h5 **f, const char *command, int64_t seed, const char *sha256, gws_err *err)
{
    gws_status status = gws_h5_provenance(*f, command, seed, sha256, err);

    if (status != GWS_OK)
        return status;
    status = gws_h5_commit(*f, err);
    *f = NULL;
    return status;
}
