#include "api/api.h"

#include "base/ifo.h"
#include "gws_config.h"

#include <math.h>
#include <string.h>

/* NOLINTNEXTLINE(misc-redundant-expression): two names of one number */
_Static_assert(GWSPIKE_VERSION_MAJOR == GWS_VERSION_MAJOR && GWSPIKE_VERSION_MINOR == GWS_VERSION_MINOR &&
                   GWSPIKE_VERSION_PATCH == GWS_VERSION_PATCH,
               "the version in gwspike.h is that of meson.build");

/* A struct that may grow ends with its last member.  Where bytes were left over, a member added there would not change struct_size, and an
 * older program's stray bytes would be taken for it. */
#define ENDS_WITH(type, last)                                                                                                      \
    _Static_assert(offsetof(type, last) + sizeof(((type *)0)->last) == sizeof(type), #type " has bytes after its last member")
ENDS_WITH(gws_model_info, background_s);
ENDS_WITH(gws_input_info, end_s);
ENDS_WITH(gws_stream_params, pool);
ENDS_WITH(gws_stream_stats, gaps);
ENDS_WITH(gws_whitener_params, model);
ENDS_WITH(gws_simulation_params, step_s);
ENDS_WITH(gws_simulation_signal, snr);

_Static_assert(GWS_MODEL_IFOS <= GWS_INFO_IFOS, "the structs of gwspike.h have room for a model's detectors");

#define MOST_BYTES 65536 /* no struct will be larger: a struct_size that nobody set is an error, and seldom a crash */

static gws_status check_length(size_t length, const char *name, gws_err *err)
{
    if (length >= sizeof length && length <= MOST_BYTES)
        return GWS_OK;
    return gws_err_set(err, GWS_EARG, "%s: struct_size is %zu, wanted sizeof(%s)", name, length, name);
}

const char *gws_version(void)
{
    return GWS_VERSION;
}

gws_status gws_api_take(void *own, size_t size, const void *theirs, const char *name, gws_err *err)
{
    size_t length;
    gws_status status;

    memset(own, 0, size);
    if (!theirs)
        return GWS_OK;
    memcpy(&length, theirs, sizeof length);
    if ((status = check_length(length, name, err)) != GWS_OK)
        return status;
    for (size_t i = size; i < length; i++)
        if (((const unsigned char *)theirs)[i])
            return gws_err_set(err, GWS_EARG, "%s: of %zu bytes, this library is older and knows %zu of them", name, length, size);
    memcpy(own, theirs, length < size ? length : size);
    return GWS_OK;
}

gws_status gws_api_give(void *theirs, const void *own, size_t size, const char *name, gws_err *err)
{
    size_t length;
    gws_status status;

    if (!theirs)
        return gws_err_set(err, GWS_EARG, "%s: nowhere to put it", name);
    memcpy(&length, theirs, sizeof length);
    if ((status = check_length(length, name, err)) != GWS_OK)
        return status;
    memset(theirs, 0, length);
    memcpy(theirs, own, length < size ? length : size);
    memcpy(theirs, &length, sizeof length);
    return GWS_OK;
}

gws_status gws_api_sample(const char *detector, double gps_s, size_t n, int rate_hz, int64_t *out, gws_err *err)
{
    const double at = gps_s * rate_hz;

    *out = 0;
    if (!(gps_s >= 0 && gps_s + (double)n / rate_hz <= GWS_API_LAST_S))
        return gws_err_set(err, GWS_EARG, "%s: %zu samples from GPS %.9g s on: wanted a time between 0 and %g s", detector, n,
                           gps_s, GWS_API_LAST_S);
    if (fabs(at - round(at)) > 0.25)
        return gws_err_set(err, GWS_EARG, "%s: GPS %.9f s lies between the samples at %d Hz", detector, gps_s, rate_hz);
    *out = llround(at);
    return GWS_OK;
}

gws_status gws_api_follow(const gws_api_end *end, const char *detector, int64_t sample, int rate_hz, gws_err *err)
{
    if (!end->started || sample >= end->next)
        return GWS_OK;
    return gws_err_set(err, GWS_EARG, "%s: a block begins at GPS %.6f s, the one before it ended at %.6f s", detector,
                       (double)sample / rate_hz, (double)end->next / rate_hz);
}
