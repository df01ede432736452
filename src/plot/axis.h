/* axis.h - an axis: where a value stands on it, and where its ticks are.  Nothing here draws. */
#ifndef GWS_PLOT_AXIS_H
#define GWS_PLOT_AXIS_H

typedef enum gws_scale { GWS_LINEAR, GWS_LOG2, GWS_LOG10 } gws_scale;
typedef enum gws_numbers { GWS_NUMBERS, GWS_NO_NUMBERS } gws_numbers;

/* Values, not their logarithms: from < to, and 0 < from on a logarithmic axis. */
typedef struct gws_axis {
    double from, to;
    gws_scale scale;
    gws_numbers numbers; /* at the ticks; an axis that shares those of its neighbour has none */
    const char *label;   /* with the unit; NULL: none */
} gws_axis;

#define GWS_TICKS 128
#define GWS_TICK_TEXT 40

typedef struct gws_tick {
    double at;
    char text[GWS_TICK_TEXT]; /* empty: a small tick between those with numbers */
} gws_tick;

/* The share of the axis that lies before a value: 0 at `from`, 1 at `to`, outside of them for values that are not on it.
 * On a logarithmic axis a value of 0 or less lies infinitely far before it. */
double gws_axis_place(const gws_axis *a, double value);

/* The same axis, wide enough that neighbouring numbers differ. */
gws_axis gws_axis_widened(gws_axis a);

/* The ticks of an axis, in rising order.
 *   most  in   as many as there is room for, at least 1; two are made in any case
 *   out   (GWS_TICKS) out
 * returns  how many
 * Linear: multiples of 1, 2 or 5 times a power of ten.  Logarithmic: powers of the base, of ten also their doubles and fivefold where
 * there is room, with small ticks between; an axis too short for two of these has ticks as a linear one. */
int gws_axis_ticks(const gws_axis *a, int most, gws_tick out[GWS_TICKS]);

/* The position on one axis of a value of another, which rises or falls with it. */
typedef double (*gws_axis_map)(double value, const void *user);

/* The ticks of an axis whose values stand beside those of another, as on the right side of a panel.  Powers of ten come first, as a
 * panel leaves out whichever has no room beside an earlier one.  A tick without a finite position is left out, and so are small ones.
 *   to_other  in   position of a value on the other axis; NaN: it has none
 *   out       (GWS_TICKS) out; `at` is on the other axis
 * returns  how many */
int gws_axis_ticks_mapped(const gws_axis *a, int most, gws_axis_map to_other, const void *user, gws_tick out[GWS_TICKS]);

#endif
