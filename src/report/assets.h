/* assets.h - private to report/: what a page carries with it; tools/embed makes it from page.js, page.css and the installed dygraphs. */
#ifndef GWS_REPORT_ASSETS_H
#define GWS_REPORT_ASSETS_H

extern const char gws_asset_script[], gws_asset_style[];
extern const unsigned long gws_asset_script_size, gws_asset_style_size;

/* dygraphs and its licence; empty when it was not there to build with. */
extern const char gws_asset_dygraphs[], gws_asset_dygraphs_style[], gws_asset_dygraphs_licence[];
extern const unsigned long gws_asset_dygraphs_size, gws_asset_dygraphs_style_size, gws_asset_dygraphs_licence_size;

#endif
