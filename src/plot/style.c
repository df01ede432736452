/* style.c - see style.h. */
#include "plot/style.h"

#include <math.h>

const gws_pen gws_style_lines[GWS_LINES] = {
    {GWS_PURPLE, 2.0, GWS_SOLID}, {GWS_ORANGE, 1.7, GWS_DASHED}, {GWS_BLUE, 1.5, GWS_DASH_DOT},   {GWS_GREY, 1.5, GWS_DOTTED},
    {GWS_ORANGE, 2.0, GWS_SOLID}, {GWS_PURPLE, 1.7, GWS_DASHED}, {GWS_ORANGE, 1.5, GWS_DASH_DOT}, {GWS_INK, 1.5, GWS_DOTTED},
};

/* Of 256 colours every sixteenth; straight lines between them are off by 6 of 255 at most. */
static const uint32_t viridis[17] = {
    0x440154, 0x48186a, 0x472d7b, 0x424086, 0x3b528b, 0x33638d, 0x2c728e, 0x26828e, 0x21918c,
    0x1fa088, 0x28ae80, 0x3fbc73, 0x5ec962, 0x84d44b, 0xaddc30, 0xd8e219, 0xfde725,
};

uint32_t gws_style_scale(double share)
{
    const double at = 16 * (share > 0 ? fmin(share, 1) : 0); /* NaN is 0 */
    const int i = at < 15 ? (int)at : 15;
    uint32_t colour = 0;

    for (int shift = 16; shift >= 0; shift -= 8) {
        const double a = (double)(viridis[i] >> shift & 0xffu), b = (double)(viridis[i + 1] >> shift & 0xffu);
        colour |= (uint32_t)(a + (at - i) * (b - a) + 0.5) << shift;
    }
    return colour;
}
