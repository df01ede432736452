/* axis.c - see axis.h. */
#include "plot/axis.h"

#include "base/err.h"
#include "base/number.h"

#include <math.h>
#include <string.h>

#define NEAR 1e-9 /* of a step or of the axis: closer numbers are one */

static double base_of(gws_scale scale)
{
    return scale == GWS_LOG2 ? 2 : 10;
}

/* Along a linear scale, the axis runs from here; powers of the base are whole numbers. */
static double along(gws_scale scale, double value)
{
    if (scale == GWS_LINEAR)
        return value;
    if (!(value > 0))
        return value <= 0 ? (double)-INFINITY : value;
    return scale == GWS_LOG2 ? log2(value) : log10(value);
}

double gws_axis_place(const gws_axis *a, double value)
{
    const double from = along(a->scale, a->from), to = along(a->scale, a->to);

    return (along(a->scale, value) - from) / (to - from);
}

gws_axis gws_axis_widened(gws_axis a)
{
    GWS_ASSERT(a.to >= a.from && isfinite(a.from) && isfinite(a.to) && (a.scale == GWS_LINEAR || a.from > 0));
    if (a.scale != GWS_LINEAR) {
        if (a.to < a.from * (1 + NEAR)) {
            a.from *= 1 - NEAR;
            a.to *= 1 + NEAR;
        }
        return a;
    }
    const double least = NEAR * fmax(fabs(a.from), fabs(a.to));
    if (a.to - a.from <= least) {
        a.from -= fmax(least, NEAR);
        a.to += fmax(least, NEAR);
    }
    return a;
}

/* ---- numbers ---- */

static void append(char out[GWS_TICK_TEXT], const char *text)
{
    const size_t n = strlen(out);

    if (n + strlen(text) < GWS_TICK_TEXT)
        memcpy(out + n, text, strlen(text) + 1);
}

/* "1.5e-07" becomes 1.5 times ten to a raised number, and a hyphen a minus. */
static void number_text(double value, int digits, char out[GWS_TICK_TEXT])
{
    static const char *const raised[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
    char plain[GWS_TICK_TEXT], one[2] = "";
    const char *exponent;

    gws_text_print(plain, sizeof plain, "%.*g", digits, value);
    exponent = strchr(plain, 'e');
    out[0] = 0;
    if (exponent && strncmp(plain, "1e", 2) == 0)
        append(out, "10");
    else if (exponent && strncmp(plain, "-1e", 3) == 0)
        append(out, "−10");
    else {
        for (const char *c = plain; *c && c != exponent; c++) {
            one[0] = *c;
            append(out, *c == '-' ? "−" : one);
        }
        if (exponent)
            append(out, "×10");
    }
    if (!exponent)
        return;
    if (exponent[1] == '-')
        append(out, "⁻");
    for (const char *c = exponent + 1 + strspn(exponent + 1, "+-0"); *c; c++)
        append(out, raised[*c - '0']);
}

static int add(gws_tick *out, int n, double at, const char *text)
{
    if (n == GWS_TICKS)
        return n;
    out[n].at = at;
    memcpy(out[n].text, text, strlen(text) + 1);
    return n + 1;
}

/* ---- linear ---- */

/* The smallest of 1, 2, 5 times a power of ten that gives at most `most` steps. */
static double step_of(double range, int most)
{
    const double raw = range / most, power = pow(10, floor(log10(raw)));

    if (power >= raw)
        return power;
    return 2 * power >= raw ? 2 * power : 5 * power >= raw ? 5 * power : 10 * power;
}

static int steps_within(double lo, double hi, double step)
{
    return (int)(floor(hi / step + NEAR) - ceil(lo / step - NEAR)) + 1;
}

static int linear_ticks(const gws_axis *a, int most, gws_tick *out)
{
    double step = step_of(a->to - a->from, most);
    int n = 0;

    for (int more = most + 1; steps_within(a->from, a->to, step) < 2; more++)
        step = step_of(a->to - a->from, more);
    const double largest = fmax(fabs(a->from), fabs(a->to)), first = ceil(a->from / step - NEAR);
    const int digits = (int)(floor(log10(largest)) - floor(log10(step) + NEAR)) + 1; /* which tell one tick from the next */
    for (int i = 0; i < steps_within(a->from, a->to, step); i++) {
        char text[GWS_TICK_TEXT];
        const double value = first + i == 0 ? 0.0 : (first + i) * step;
        number_text(value, digits < 6 ? 6 : digits > 15 ? 15 : digits, text);
        n = add(out, n, value, text);
    }
    return n;
}

/* ---- logarithmic ---- */

/* At multiples of a power of the base; those of 1, 2 and 5 have numbers where `dense`. */
typedef struct powers {
    double base;
    int every; /* powers from number to number */
    int dense;
} powers;

static int log_tick(const gws_axis *a, const powers *p, int power, int times, gws_tick *out, int n)
{
    const double value = times * pow(p->base, power), place = gws_axis_place(a, value);
    const int counts = power % p->every == 0 && (times == 1 || (p->dense && (times == 2 || times == 5)));
    char text[GWS_TICK_TEXT] = "";

    if (place < -NEAR || place > 1 + NEAR)
        return n;
    if (counts)
        number_text(value, 6, text);
    return add(out, n, value, text);
}

static int with_numbers(const gws_tick *t, int n)
{
    int count = 0;

    for (int i = 0; i < n; i++)
        count += t[i].text[0] != 0;
    return count;
}

static int log_ticks(const gws_axis *a, int most, gws_tick *out)
{
    const double lo = along(a->scale, a->from), hi = along(a->scale, a->to);
    const powers p = {base_of(a->scale), (int)ceil((hi - lo) / most), a->scale == GWS_LOG10 && most >= 4 * (hi - lo)};
    const int last = a->scale == GWS_LOG10 && p.every == 1 && hi - lo < GWS_TICKS / 10 ? 9 : 1;
    int n = 0;

    for (int power = (int)floor(lo); power <= hi; power++)
        for (int times = 1; times <= last; times++)
            n = log_tick(a, &p, power, times, out, n);
    return with_numbers(out, n) >= 2 ? n : linear_ticks(a, most, out);
}

int gws_axis_ticks(const gws_axis *a, int most, gws_tick out[GWS_TICKS])
{
    const int room = most < 1 ? 1 : most > GWS_TICKS / 2 ? GWS_TICKS / 2 : most;

    GWS_ASSERT(a->to > a->from && (a->scale == GWS_LINEAR || a->from > 0));
    return a->scale == GWS_LINEAR ? linear_ticks(a, room, out) : log_ticks(a, room, out);
}

/* ---- the other side ---- */

static int is_power_of_ten(double value)
{
    const double power = log10(fabs(value));

    return value != 0 && fabs(power - round(power)) < NEAR;
}

int gws_axis_ticks_mapped(const gws_axis *a, int most, gws_axis_map to_other, const void *user, gws_tick out[GWS_TICKS])
{
    gws_tick all[GWS_TICKS];
    const int n = gws_axis_ticks(a, most, all);
    int kept = 0;

    for (int powers_first = 1; powers_first >= 0; powers_first--)
        for (int i = 0; i < n; i++) {
            const double at = to_other(all[i].at, user);
            if (all[i].text[0] && isfinite(at) && is_power_of_ten(all[i].at) == powers_first)
                kept = add(out, kept, at, all[i].text);
        }
    return kept;
}
