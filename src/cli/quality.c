#include "cli/quality.h"

#include "base/clock.h"
#include "cli/cli.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* All bits of all detectors, "H1:CBC_CAT1 " each. */
#define DQ_WORDS (GWS_MAX_IFO * 2 * GWS_QUALITY_BITS)
#define DQ_ROOM ((size_t)DQ_WORDS * (GWS_QUALITY_NAME + 4) + 1)

int gws_keep_parse(const char *text, gws_strain_use *use)
{
    while (text && *text) {
        size_t n = strcspn(text, ",");
        if (n == strlen("cat1") && memcmp(text, "cat1", n) == 0)
            use->cat1 = 1;
        else if (n == strlen("injections") && memcmp(text, "injections", n) == 0)
            use->injections = 1;
        else
            return -1;
        text += n;
        if (*text == ',' && *++text == '\0')
            return -1;
    }
    return 0;
}

static double span_s(int64_t sample, int rate_hz)
{
    return (double)sample / rate_hz;
}

/* Time between the first and the last sample of any of the detectors. */
static double extent_s(const gws_strain_set *set, const int *ifo, int n)
{
    double begin_s = INFINITY, end_s = -INFINITY;
    for (int i = 0; i < n; i++) {
        gws_strain_info info;
        gws_strain_describe(set, ifo[i], &info);
        if (info.n_spans == 0)
            continue;
        begin_s = fmin(begin_s, span_s(info.spans[0].begin, info.rate_hz));
        end_s = fmax(end_s, span_s(info.spans[info.n_spans - 1].end, info.rate_hz));
    }
    return end_s > begin_s ? end_s - begin_s : 0;
}

void gws_losses_print(FILE *to, const gws_strain_set *set, const int *ifo, int n, int between)
{
    const double whole_s = between ? extent_s(set, ifo, n) : 0;
    for (int i = 0; i < n; i++) {
        gws_strain_info info;
        gws_strain_losses loss;
        double lost_s[GWS_GAPS] = {0}, covered_s = 0, sum_s = 0;
        char parts[600] = "";
        gws_strain_describe(set, ifo[i], &info);
        gws_strain_get_losses(set, ifo[i], &loss);
        for (int k = 0; k < info.n_spans; k++)
            covered_s += span_s(info.spans[k].end - info.spans[k].begin, info.rate_hz);
        for (int k = GWS_GAP_NOT_FINITE; k < GWS_GAPS; k++)
            sum_s += lost_s[k] = span_s(loss.lost[k], info.rate_hz);
        if (between)
            sum_s += lost_s[GWS_GAP_UNCOVERED] = whole_s - covered_s > 0.5 / info.rate_hz ? whole_s - covered_s : 0;
        if (!(sum_s > 0))
            continue;
        size_t used = 0;
        for (int k = GWS_GAP_UNCOVERED; k < GWS_GAPS && used < sizeof parts; k++)
            if (lost_s[k] > 0)
                used += (size_t)snprintf(parts + used, sizeof parts - used, "%s %.10g s %s", used ? "," : "", lost_s[k],
                                         gws_gap_name((gws_gap)k));
        const double of_s = between ? whole_s : span_s(loss.read - loss.lost[GWS_GAP_UNCOVERED], info.rate_hz);
        if (to)
            fprintf(to, "%s: %.10g s of %.10g s left out:%s\n", info.ifo, sum_s, of_s, parts);
        else
            gws_cli_log(GWS_LOG_INFO, "%s: %.10g s of %.10g s left out:%s", info.ifo, sum_s, of_s, parts);
    }
}

gws_status gws_dq_find(gws_strain_set *set, const int *ifo, int n, int64_t begin_ns, int64_t end_ns, char **out, gws_err *err)
{
    const size_t room = DQ_ROOM;
    gws_strain_flags flags;
    size_t used = 0;

    *out = calloc(room, 1);
    if (!*out)
        return gws_err_set(err, GWS_ENOMEM, "no memory for the quality bits of a trigger");
    for (int i = 0; i < n; i++) {
        gws_strain_info info;
        gws_strain_describe(set, ifo[i], &info);
        gws_status status = gws_strain_get_flags(set, ifo[i], begin_ns, end_ns, &flags, err);
        if (status != GWS_OK) {
            free(*out);
            *out = NULL;
            return status;
        }
        for (int k = 0; k < flags.n; k++)
            used += (size_t)snprintf(*out + used, room - used, "%s%s:%s", used ? " " : "", info.ifo, flags.name[k]);
    }
    char *fitting = realloc(*out, used + 1);
    *out = fitting ? fitting : *out;
    return GWS_OK;
}

void gws_dq_json(gws_json *j, const char *dq)
{
    char words[DQ_ROOM], *save = NULL;
    const char *list[DQ_WORDS];
    int n = 0;

    snprintf(words, sizeof words, "%s", dq);
    for (char *word = strtok_r(words, " ", &save); word; word = strtok_r(NULL, " ", &save))
        list[n++] = word;
    gws_json_put_strings(j, "dq", list, n);
}

gws_status gws_dq_write(gws_h5 *f, const char *const *dq, int64_t n, gws_err *err)
{
    return gws_h5_write_strings(f, "/dq", n, dq, err);
}
