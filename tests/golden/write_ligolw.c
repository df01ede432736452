/* write_ligolw PATH - a document of our writer for tools/golden/ligolw.py to read with igwn-ligolw and lal.series: texts and numbers of every kind, a PSD, an
 * SNR series.  The numbers are formulas, which that script has as well. */
#include "ligolw/writer.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    static const char *const texts[] = {"plain",    "",        "a \"quoted\" \\ one", "<&>, with\n\ta delimiter,", "\xc3\xa9",
                                        " blanks ", "'single'"};
    double psd[9], snr[22];
    gws_err err = {0};
    gws_ligolw_writer *w = argc == 2 ? gws_ligolw_writer_create(argv[1], &err) : NULL;
    if (!w) {
        fprintf(stderr, "write_ligolw: %s\n", argc == 2 ? err.text : "PATH");
        return 1;
    }
    gws_ligolw_process(w, "pycbc", "1", NULL, "H1,L1", (const char *const[]){"--a", "b, \"c\"", "--d", ""}, 2);
    gws_ligolw_table(w, "sngl_inspiral", "process_id event_id ifo channel end_time end_time_ns snr sigmasq chisq_dof mass1");
    for (int i = 0; i < 7; i++) {
        gws_ligolw_put_int(w, 0);
        gws_ligolw_put_int(w, i + (INT64_C(1) << 40));
        gws_ligolw_put_text(w, "H1");
        gws_ligolw_put_text(w, texts[i]);
        gws_ligolw_put_time(w, (INT64_C(1126259462) + i) * 1000000000 + 123456789 * (int64_t)i);
        gws_ligolw_put_real(w, i / 7.);
        gws_ligolw_put_real(w, 1e40 / (i + 7));
        gws_ligolw_put_int(w, -i);
        if (i % 2)
            gws_ligolw_put_real(w, -1.5 * i);
        else
            gws_ligolw_put_null(w);
    }
    gws_ligolw_table_end(w);
    for (int i = 0; i < 9; i++)
        psd[i] = 1e-46 * (i + 1) / 7;
    for (int i = 0; i < 11; i++) {
        snr[2 * i] = i / 7.;
        snr[2 * i + 1] = (5 - i) / 7.;
    }
    gws_ligolw_open(w, "psd");
    gws_ligolw_series_open(w, &(gws_ligolw_series){.name = "psd",
                                                   .unit = "s strain^2",
                                                   .epoch_ns = INT64_C(1126259462000000005),
                                                   .f0_hz = 10,
                                                   .delta = 0.25,
                                                   .n = 9,
                                                   .data = psd});
    gws_ligolw_param_text(w, "instrument", "H1");
    gws_ligolw_close(w);
    gws_ligolw_close(w);
    gws_ligolw_series_open(w, &(gws_ligolw_series){.name = "snr",
                                                   .is_time = 1,
                                                   .is_complex = 1,
                                                   .is_single = 1,
                                                   .epoch_ns = INT64_C(1126259462999999999),
                                                   .delta = 1 / 4096.,
                                                   .n = 11,
                                                   .data = snr});
    gws_ligolw_param_int(w, "event_id", 7);
    gws_ligolw_close(w);
    if (gws_ligolw_writer_commit(w, &err) != GWS_OK) {
        fprintf(stderr, "write_ligolw: %s\n", err.text);
        return 1;
    }
    return 0;
}
