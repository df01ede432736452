/* style.h - the look of lines, marks and texts in all figures: one table of colours, pens and sizes of type.
 *
 * The colours are those of Okabe and Ito (Color Universal Design, 2008), which people with any colour vision tell apart, and a dark
 * purple of equal use.  Lines that share a panel differ in dash as well as in colour, so that they are told apart in grey.
 * Lengths are in units of the page (canvas.h).
 */
#ifndef GWS_PLOT_STYLE_H
#define GWS_PLOT_STYLE_H

#include <stdint.h>

/* Colours, 0xRRGGBB. */
#define GWS_WHITE 0xffffffu
#define GWS_INK 0x1a1a1au
#define GWS_DIM 0x595959u
#define GWS_GREY 0x8c8c8cu
#define GWS_GRID 0xe3e3e3u
#define GWS_SHADE 0xe8e8e8u
#define GWS_BLUE 0x0072b2u
#define GWS_LIGHT_BLUE 0xbfdcecu
#define GWS_VERMILLION 0xd55e00u
#define GWS_GREEN 0x009e73u
#define GWS_ORANGE 0xe69f00u
#define GWS_PURPLE 0x4b2e83u

typedef enum gws_dash { GWS_SOLID, GWS_DASHED, GWS_DOTTED, GWS_DASH_DOT, GWS_DASHES } gws_dash;

typedef struct gws_pen {
    uint32_t colour;
    double width;
    gws_dash dash;
} gws_pen;

/* Lines that share a panel: the first is the one that the panel is about.  Two with the same dash differ in lightness, for people with
 * any colour vision (tests/unit/test_plot_axis.c). */
#define GWS_LINES 8
extern const gws_pen gws_style_lines[GWS_LINES];

typedef enum gws_shape { GWS_DISC, GWS_CIRCLE, GWS_UP, GWS_DOWN, GWS_CROSS } gws_shape;

typedef struct gws_mark {
    gws_shape shape;
    uint32_t colour;
    double size; /* from side to side */
} gws_mark;

/* A colour for a share of a scale from 0 to 1 (beyond them the ends): matplotlib's viridis, which rises in lightness all the way, so that it
 * is read in grey and by any eye. */
uint32_t gws_style_scale(double share);

typedef enum gws_anchor { GWS_LEFT, GWS_CENTRE, GWS_RIGHT } gws_anchor;
typedef enum gws_weight { GWS_REGULAR, GWS_BOLD } gws_weight;
typedef enum gws_direction { GWS_ACROSS, GWS_UPWARDS } gws_direction;

typedef struct gws_type {
    double size; /* of the letters, from line to line */
    uint32_t colour;
    gws_anchor anchor; /* which end of the text stands at its point */
    gws_weight weight;
    gws_direction direction;
} gws_type;

/* Sizes of type. */
#define GWS_SIZE_TITLE 18.0
#define GWS_SIZE_SUBTITLE 12.5
#define GWS_SIZE_LABEL 12.5
#define GWS_SIZE_TICK 11.5
#define GWS_SIZE_SMALLEST 7.0 /* which can still be read */

#endif
