/* style.c - see style.h. */
#include "plot/style.h"

const gws_pen gws_style_lines[GWS_LINES] = {
    {GWS_PURPLE, 2.0, GWS_SOLID},
    {GWS_ORANGE, 1.7, GWS_DASHED},
    {GWS_BLUE, 1.5, GWS_DASH_DOT},
    {GWS_GREY, 1.5, GWS_DOTTED},
};
