/* noise_curve.h - noise curves of detectors as formulas, under LALSimulation's names. */
#ifndef GWS_GW_NOISE_CURVE_H
#define GWS_GW_NOISE_CURVE_H

/* One-sided PSD in 1/Hz at f_hz > 0. */
typedef double (*gws_curve_fn)(double f_hz);

/* The curve of a name, or NULL. */
gws_curve_fn gws_curve_find(const char *name);

/* Name i, or NULL beyond the last. */
const char *gws_curve_name(int i);

#endif
