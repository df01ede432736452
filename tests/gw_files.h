/* gw_files.h - small strain files for tests, written with libhdf5 itself, so that both string kinds and any mistake can be made. */
#ifndef GWS_TESTS_GW_FILES_H
#define GWS_TESTS_GW_FILES_H

#include <hdf5.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct gwosc_spec {
    const char *ifo;
    int64_t gps_s, duration_s; /* as the headers say */
    double spacing_s;
    int64_t n;                /* samples in the array */
    const double *h;          /* NULL: none is written, the array stays at its fill value */
    const uint32_t *dq, *inj; /* (n_dq) or NULL: no mask */
    int64_t n_mask;
    int64_t npoints, xstart; /* attributes */
    int fixed_strings;       /* the 2016 layout */
    int start_f32;           /* meta/GPSstart is float32 */
    int swap_names;          /* DATA is the name of bit 1 instead of bit 0 */
};

static inline void file_attr_i64(hid_t obj, const char *name, int64_t v)
{
    hid_t s = H5Screate(H5S_SCALAR), a = H5Acreate2(obj, name, H5T_STD_I64LE, s, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(a, H5T_NATIVE_INT64, &v);
    H5Aclose(a);
    H5Sclose(s);
}

static inline void file_attr_f64(hid_t obj, const char *name, double v)
{
    hid_t s = H5Screate(H5S_SCALAR), a = H5Acreate2(obj, name, H5T_IEEE_F64LE, s, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(a, H5T_NATIVE_DOUBLE, &v);
    H5Aclose(a);
    H5Sclose(s);
}

static inline void file_string(hid_t where, const char *name, const char *text, int fixed)
{
    hid_t s = H5Screate(H5S_SCALAR), t = H5Tcopy(H5T_C_S1);
    H5Tset_size(t, fixed ? (strlen(text) ? strlen(text) : 1) : H5T_VARIABLE);
    if (fixed)
        H5Tset_strpad(t, H5T_STR_NULLPAD);
    hid_t d = H5Dcreate2(where, name, t, s, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(d, t, H5S_ALL, H5S_ALL, H5P_DEFAULT, fixed ? (const void *)text : (const void *)&text);
    H5Dclose(d);
    H5Tclose(t);
    H5Sclose(s);
}

static inline void file_i64(hid_t where, const char *name, int64_t v)
{
    hid_t s = H5Screate(H5S_SCALAR), d = H5Dcreate2(where, name, H5T_STD_I64LE, s, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(d, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, &v);
    H5Dclose(d);
    H5Sclose(s);
}

/* 1-D, chunked and deflated as the real ones are; data NULL leaves it empty of chunks */
static inline hid_t file_array(hid_t where, const char *name, hid_t file_type, hid_t mem_type, int64_t n, const void *data)
{
    hsize_t size = (hsize_t)n, chunk = n < 2048 ? (n > 0 ? (hsize_t)n : 1) : 2048;
    hid_t s = H5Screate_simple(1, &size, NULL), p = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(p, 1, &chunk);
    H5Pset_deflate(p, 1);
    hid_t d = H5Dcreate2(where, name, file_type, s, H5P_DEFAULT, p, H5P_DEFAULT);
    if (data)
        H5Dwrite(d, mem_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
    H5Pclose(p);
    H5Sclose(s);
    return d;
}

static inline void file_names(hid_t where, const char *name, int n, const char names[][20])
{
    hsize_t size = (hsize_t)n;
    hid_t s = H5Screate_simple(1, &size, NULL), t = H5Tcopy(H5T_C_S1);
    H5Tset_size(t, 20);
    H5Tset_strpad(t, H5T_STR_NULLPAD);
    hid_t d = H5Dcreate2(where, name, t, s, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(d, t, H5S_ALL, H5S_ALL, H5P_DEFAULT, names);
    H5Dclose(d);
    H5Tclose(t);
    H5Sclose(s);
}

static inline void file_mask(hid_t where, const char *name, const struct gwosc_spec *q, const uint32_t *mask, int bits)
{
    hid_t d = file_array(where, name, H5T_STD_U32LE, H5T_NATIVE_UINT32, q->n_mask, mask);
    file_attr_i64(d, "Bits", bits);
    file_attr_i64(d, "Npoints", q->n_mask);
    file_attr_i64(d, "Xstart", q->gps_s);
    file_attr_f64(d, "Xspacing", 1.0);
    H5Dclose(d);
}

/* A consistent specification; change what the test is about. */
static inline struct gwosc_spec gwosc_spec_of(const char *ifo, int rate_hz, int64_t gps_s, int64_t duration_s, const double *h,
                                              const uint32_t *dq)
{
    struct gwosc_spec q = {.ifo = ifo,
                           .gps_s = gps_s,
                           .duration_s = duration_s,
                           .spacing_s = 1.0 / rate_hz,
                           .n = duration_s * rate_hz,
                           .h = h,
                           .dq = dq,
                           .n_mask = duration_s,
                           .npoints = duration_s * rate_hz,
                           .xstart = gps_s};
    return q;
}

static inline void write_gwosc(const char *path, const struct gwosc_spec *q)
{
    static const char dq_names[7][20] = {"DATA", "CBC_CAT1", "CBC_CAT2", "CBC_CAT3", "BURST_CAT1", "BURST_CAT2", "BURST_CAT3"};
    static const char swapped[7][20] = {"CBC_CAT1", "DATA", "CBC_CAT2", "CBC_CAT3", "BURST_CAT1", "BURST_CAT2", "BURST_CAT3"};
    static const char inj_names[5][20] = {"NO_CBC_HW_INJ", "NO_BURST_HW_INJ", "NO_DETCHAR_HW_INJ", "NO_CW_HW_INJ",
                                          "NO_STOCH_HW_INJ"};
    hid_t f = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t meta = H5Gcreate2(f, "meta", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    file_string(meta, "Description", "", q->fixed_strings);
    file_string(meta, "Detector", q->ifo, q->fixed_strings);
    file_string(meta, "UTCstart", "1999-01-01T00:00:00", q->fixed_strings); /* a lie, as in real files */
    if (q->start_f32) {
        const float rounded = (float)q->gps_s;
        hid_t s = H5Screate(H5S_SCALAR);
        hid_t r = H5Dcreate2(meta, "GPSstart", H5T_IEEE_F32LE, s, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        H5Dwrite(r, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, &rounded);
        H5Dclose(r);
        H5Sclose(s);
    } else {
        file_i64(meta, "GPSstart", q->gps_s);
    }
    file_i64(meta, "Duration", q->duration_s);
    H5Gclose(meta);
    hid_t g = H5Gcreate2(f, "strain", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    hid_t d = file_array(g, "Strain", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, q->n, q->h);
    file_attr_i64(d, "Npoints", q->npoints);
    file_attr_i64(d, "Xstart", q->xstart);
    file_attr_f64(d, "Xspacing", q->spacing_s);
    H5Dclose(d);
    H5Gclose(g);
    if (q->dq) {
        g = H5Gcreate2(f, "quality", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        hid_t simple = H5Gcreate2(g, "simple", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        file_mask(simple, "DQmask", q, q->dq, 7);
        file_names(simple, "DQShortnames", 7, q->swap_names ? swapped : dq_names);
        H5Gclose(simple);
        if (q->inj) {
            hid_t injections = H5Gcreate2(g, "injections", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
            file_mask(injections, "Injmask", q, q->inj, 5);
            file_names(injections, "InjShortnames", 5, inj_names);
            H5Gclose(injections);
        }
        H5Gclose(g);
    }
    H5Fclose(f);
}

/* A new empty folder for a test's files; path: at least 256 bytes. */
static inline char *make_folder(char *path)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(path, 200, "%s/gwspike-test-XXXXXX", tmp && *tmp ? tmp : P_tmpdir);
    return mkdtemp(path);
}

#endif
