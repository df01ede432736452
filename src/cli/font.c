#include "cli/font.h"

static const char *const glyphs[95] = {
    "",                                 /* space */
    "0i0e 0c0c",                        /* ! */
    "0i0g 2i2g",                        /* " */
    "1c1i 3c3i 0e4e 0g4g",              /* # */
    "4h3i1i0h0g1f3f4e4d3c1c0d 2b2i",    /* $ */
    "0c4i 0i0h1h1i0i 3c4c4d3d3c",       /* % */
    "4c1h1i2i2h0e0d1c2c4e",             /* & */
    "0i0g",                             /* ' */
    "1i0h0d1c",                         /* ( */
    "0i1h1d0c",                         /* ) */
    "2d2h 0e4g 0g4e",                   /* * */
    "2d2h 0f4f",                        /* + */
    "1c0b",                             /* , */
    "0f3f",                             /* - */
    "0c0c",                             /* . */
    "0c3i",                             /* / */
    "1c0d0h1i3i4h4d3c1c",               /* 0 */
    "1h2i2c 1c3c",                      /* 1 */
    "0h1i3i4h4g0c4c",                   /* 2 */
    "0h1i3i4h4g3f1f 3f4e4d3c1c0d",      /* 3 */
    "3c3i0e4e",                         /* 4 */
    "4i0i0f3f4e4d3c1c0d",               /* 5 */
    "4h3i1i0h0d1c3c4d4e3f0f",           /* 6 */
    "0i4i1c",                           /* 7 */
    "1f0g0h1i3i4h4g3f1f0e0d1c3c4d4e3f", /* 8 */
    "0d1c3c4d4h3i1i0h0g1f4f",           /* 9 */
    "0c0c 0f0f",                        /* : */
    "1c0b 1f1f",                        /* ; */
    "3d0f3h",                           /* < */
    "0e4e 0g4g",                        /* = */
    "0d3f0h",                           /* > */
    "0h1i3i4h4g2f2e 2c2c",              /* ? */
    "3e3g1g1e3e4e4h3i1i0h0d1c3c",       /* @ */
    "0c2i4c 1e3e",                      /* A */
    "0c0i3i4h4g3f0f 3f4e4d3c0c",        /* B */
    "4h3i1i0h0d1c3c4d",                 /* C */
    "0c0i3i4h4d3c0c",                   /* D */
    "4c0c0i4i 0f3f",                    /* E */
    "0c0i4i 0f3f",                      /* F */
    "4h3i1i0h0d1c3c4d4f2f",             /* G */
    "0c0i 4c4i 0f4f",                   /* H */
    "0c0i",                             /* I */
    "0d1c2c3d3i",                       /* J */
    "0c0i 4i0e 1f4c",                   /* K */
    "0i0c4c",                           /* L */
    "0c0i2e4i4c",                       /* M */
    "0c0i4c4i",                         /* N */
    "1c0d0h1i3i4h4d3c1c",               /* O */
    "0c0i3i4h4g3f0f",                   /* P */
    "1c0d0h1i3i4h4d3c1c 2e4c",          /* Q */
    "0c0i3i4h4g3f0f 2f4c",              /* R */
    "4h3i1i0h0g1f3f4e4d3c1c0d",         /* S */
    "0i4i 2i2c",                        /* T */
    "0i0d1c3c4d4i",                     /* U */
    "0i2c4i",                           /* V */
    "0i1c2g3c4i",                       /* W */
    "0c4i 0i4c",                        /* X */
    "0i2f4i 2f2c",                      /* Y */
    "0i4i0c4c",                         /* Z */
    "1i0i0c1c",                         /* [ */
    "0i3c",                             /* \ */
    "0i1i1c0c",                         /* ] */
    "0g2i4g",                           /* ^ */
    "0b4b",                             /* _ */
    "0i1h",                             /* ` */
    "3g3c 3f2g1g0f0d1c2c3d",            /* a */
    "0i0c 0f1g2g3f3d2c1c0d",            /* b */
    "3f2g1g0f0d1c2c3d",                 /* c */
    "3i3c 3f2g1g0f0d1c2c3d",            /* d */
    "0e3e3f2g1g0f0d1c2c3d",             /* e */
    "2i1h1c 0g2g",                      /* f */
    "3g3b2a1a0b 3f2g1g0f0d1c2c3d",      /* g */
    "0i0c 0f1g2g3f3c",                  /* h */
    "0c0g 0i0i",                        /* i */
    "1g1b0a 1i1i",                      /* j */
    "0c0i 3g0d 1e3c",                   /* k */
    "0i0d1c",                           /* l */
    "0g0c 0f1g2f2c 2f3g4f4c",           /* m */
    "0g0c 0f1g2g3f3c",                  /* n */
    "1c0d0f1g2g3f3d2c1c",               /* o */
    "0g0a 0f1g2g3f3d2c1c0d",            /* p */
    "3g3a 3f2g1g0f0d1c2c3d",            /* q */
    "0g0c 0f1g2g",                      /* r */
    "3g1g0f1e2e3d2c0c",                 /* s */
    "1i1d2c 0g2g",                      /* t */
    "0g0d1c2c3d 3g3c",                  /* u */
    "0g2c4g",                           /* v */
    "0g1c2f3c4g",                       /* w */
    "0g3c 0c3g",                        /* x */
    "0g2c 4g1a0a",                      /* y */
    "0g3g0c3c",                         /* z */
    "2i1h1g0f1e1d2c",                   /* { */
    "0a0i",                             /* | */
    "0i1h1g2f1e1d0c",                   /* } */
    "0f1g3e4f",                         /* ~ */
};

static const char box[] = "0c0i4i4c0c";

const char *gws_font_glyph(char c, double *width)
{
    const char *g = c >= 32 && c < 127 ? glyphs[c - 32] : box;
    int w = 0;

    for (const char *p = g; *p; p++)
        if (*p >= '0' && *p <= '4' && *p - '0' > w)
            w = *p - '0';
    if (c == ' ')
        w = 1;
    else if (c >= '0' && c <= '9')
        w = 4; /* digits line up */
    *width = w;
    return g;
}

double gws_font_width(const char *text)
{
    double sum = 0, w;

    for (const char *p = text; *p; p++) {
        gws_font_glyph(*p, &w);
        sum += w + (p[1] ? GWS_FONT_SPACE : 0);
    }
    return sum;
}
