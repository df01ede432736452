/* tables.h - private to gw/: noise curves that LIGO documents tabulate, packed; noise_curve.c reads them.
 *
 * Frequencies of every table are logarithmic, lo (hi/lo)^(i/intervals), and printed with few digits: rounding the formula's value to
 * `before` and then to `digits` significant digits (0: not at all) gives the printed number.
 *
 * ln(asd) is kept in units of 2^-26, so that a PSD comes back to 1.5e-8.  The text holds the integers' differences of order `order` (with
 * zeros before the first), each as zigzag (0 -1 1 -2 2 ...: 0 1 2 3 4 ...) in base 32, least significant digit first; a digit is a
 * letter of GWS_TABLE_ALPHABET, 32 places later when another one follows.  Lines end anywhere.
 */
#ifndef GWS_GW_NOISE_TABLES_TABLES_H
#define GWS_GW_NOISE_TABLES_TABLES_H

#define GWS_TABLE_ALPHABET "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-"
#define GWS_TABLE_STEP 0x1p-26
#define GWS_TABLE_ROWS 4000 /* at most */

typedef struct gws_noise_table {
    const char *name; /* of the document's file: "LIGO-T0900288-v3-ZERO_DET_high_P" */
    double lo_hz, hi_hz;
    int intervals, skip; /* row i is point skip+i of the grid */
    int before, digits;
    int n; /* rows */
    int order;
    const char *const *text; /* lines, NULL at the end */
} gws_noise_table;

/* Each ends with a row whose name is NULL. */
extern const gws_noise_table gws_tables_p1200087[], gws_tables_p1600143[], gws_tables_t0900288[], gws_tables_t1600593[],
    gws_tables_t1800042[], gws_tables_t1800044[], gws_tables_t1800545[];

#endif
