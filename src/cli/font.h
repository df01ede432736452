/* font.h - a stroke font: printable ASCII drawn with straight pens, sharp at any size.
 *
 * A glyph is a list of strokes separated by spaces; a stroke is a list of points, each a digit (x, 0..4) and a letter (y, a..i for
 * -2..6 above the base line).  Capitals are 6 units high, x-height is 4, a stroke of two equal points is a dot.
 */
#ifndef GWS_CLI_FONT_H
#define GWS_CLI_FONT_H

#define GWS_FONT_CAP 6.0   /* units of a capital's height */
#define GWS_FONT_SPACE 1.8 /* units between two glyphs */

/* Strokes of a character, and its width in units; a box for what the font does not have. */
const char *gws_font_glyph(char c, double *width);

/* Width of a text in units. */
double gws_font_width(const char *text);

#endif
