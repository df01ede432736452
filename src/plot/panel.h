/* panel.h - private to plot/: the struct of a panel. */
#ifndef GWS_PLOT_PANEL_H
#define GWS_PLOT_PANEL_H

#include "plot/axis.h"
#include "plot/canvas.h"

struct gws_panel {
    gws_canvas *canvas;
    gws_box box;
    gws_axis x, y;
};

/* Where a value stands on the page; for a value far off the panel, just as far as a drawing library can still reckon with. */
double gws_panel_x(const struct gws_panel *q, double x);
double gws_panel_y(const struct gws_panel *q, double y);

#endif
