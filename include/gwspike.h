/* gwspike.h - gwspike as a library: this header is all of it.
 *
 *     cc program.c $(pkg-config --cflags --libs gwspike)
 *
 * Objects.  gws_model        a trained network; const, may be shared by threads
 *           gws_stream       a search: blocks of strain in, triggers out through a callback
 *           gws_input        strain that was recorded or is made on demand: every file and name that the program reads
 *           gws_whitener     whitening of one detector, as the search does it
 *           gws_simulation   noise with signals of merging black holes
 *           gws_rates        false-alarm rates of a measured background
 *           gws_pool         threads
 * Each is made by one function and freed by its destroy, which takes NULL.
 *
 * Errors.  A function that can fail returns a gws_status or NULL, and leaves one sentence in its last argument, which may be NULL.  Wrong
 * arguments are such a failure too (GWS_EARG).  The library never prints, never exits, installs no handler of signals or of the process's
 * end, and leaves a host's libhdf5 as it was.  What it has to say beside errors goes to the function given to gws_log_set.  Should it find
 * a mistake of its own, it writes one line on stderr and aborts.
 *
 * Times are GPS.  Blocks of strain begin at a time in seconds (double); the sample nearest to it is meant, and it has to lie within a
 * quarter of a sample of it.  Times of triggers and of whitened samples are whole nanoseconds.  A sample that is NaN is a gap, and so is
 * time that no block covers.  However strain is cut into blocks, what comes out is the same, bit for bit.
 *
 * Structs that may grow begin with struct_size: set it to sizeof of the struct, and all else to zero for the defaults.
 *
 *     gws_stream_params p = {.struct_size = sizeof p};
 *
 * In C++17, which has no such initialisers:
 *
 *     gws_stream_params p{};
 *     p.struct_size = sizeof p;
 *
 * Threads.  An object is used by one thread at a time; two objects by two threads at once, but for a shared pool.  Callbacks run in the
 * calling thread, within the call that causes them, and must not call into the object that called them.  They have to return: an exception
 * or a longjmp out of one leaves the object, and the log its lock, as it was in mid-work.
 *
 * Processes.  A file is opened in a child process, so that a damaged one cannot bring down its reader.  A host that waits for any child
 * (wait, waitpid of -1) may meet one that it does not know.  It ends when the host does, or when the library is unloaded.
 *
 * Licence.  These sources are under the MIT licence.  The library is linked with FFTW, which is under the GPL, version 2 or later: a program
 * that is distributed together with it is under the GPL's terms (docs/licence.md).
 */
#ifndef GWSPIKE_H
#define GWSPIKE_H

#include <stddef.h>
#include <stdint.h>

#define GWSPIKE_VERSION_MAJOR 0
#define GWSPIKE_VERSION_MINOR 1
#define GWSPIKE_VERSION_PATCH 0

#if defined(__GNUC__) || defined(__clang__)
#define GWS_API __attribute__((visibility("default")))
#else
#define GWS_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- version and errors ---- */

/* The version of the library that runs, "0.1.0"; the macros above are that of the header. */
GWS_API const char *gws_version(void);

/* Append only. */
typedef enum gws_status {
    GWS_OK = 0,
    GWS_EARG = 1,     /* the caller's request makes no sense */
    GWS_ENOMEM = 2,   /* an allocation failed */
    GWS_EIO = 3,      /* the system refused to open, read, write, rename */
    GWS_EFORMAT = 4,  /* the bytes are not what the format says */
    GWS_EVERSION = 5, /* the format is right, but not its version */
    GWS_EDATA = 6,    /* readable, but unusable: all NaN, too short, wrong rate */
    GWS_ENUM = 7,     /* arithmetic left the finite numbers */
    GWS_ESTOP = 8     /* a callback asked to stop */
} gws_status;

typedef struct gws_err {
    gws_status status;
    char text[480]; /* one line without newline: what was wanted, what was found, where */
} gws_err;

/* The name of a status in one lower-case word. */
GWS_API const char *gws_status_name(gws_status status);

/* ---- log ---- */

typedef enum gws_log_level { GWS_LOG_ERROR, GWS_LOG_WARNING, GWS_LOG_INFO, GWS_LOG_DEBUG } gws_log_level;

typedef struct gws_log_line {
    int64_t unix_ms;     /* when it was written: milliseconds since 1970, UTC */
    gws_log_level level; /* how much it matters */
    const char *module;  /* who says it: a verb of the program, a module of the library */
    const char *text;    /* the sentence: cleaned, without control characters, without newline */
} gws_log_line;

/* Take a line.  The line is the library's and is gone afterwards.  Calls never overlap.  What the function logs itself is dropped. */
typedef void (*gws_log_fn)(void *user, const gws_log_line *line);

/* Say who takes the lines of this process, and up to which level.  fn NULL, as at first: nobody.  The function may call this itself, and
 * no other function of this header but gws_log_text and gws_status_name. */
GWS_API void gws_log_set(gws_log_fn fn, void *user, gws_log_level level);

/* A line as text, without newline: "2026-11-28 22:10:03,123 - detect - INFO - 3 triggers".  The time is UTC.  line NULL: no text.
 *   out  (size) out  cut where there is no room */
GWS_API void gws_log_text(const gws_log_line *line, char *out, size_t size);

/* ---- threads ---- */

typedef struct gws_pool gws_pool;

/* A pool of `threads` threads, the caller's included; 0 means one per processor.  Wherever a pool is taken, NULL means the caller's
 * thread alone, and no result depends on it.  It has to outlive what it was given to. */
GWS_API gws_pool *gws_pool_create(int threads, gws_err *err);
GWS_API void gws_pool_destroy(gws_pool *pool);

/* ---- model ---- */

#define GWS_INFO_IFOS 8 /* detectors in the structs below */

typedef struct gws_model gws_model;

/* A model has two heads: the network of spiking neurons, and a linear one beside it, which some models do not have. */
typedef enum gws_head { GWS_HEAD_SPIKING = 0, GWS_HEAD_LINEAR = 1 } gws_head;

typedef enum gws_far_bound {
    GWS_FAR_NONE,    /* never calibrated, or the statistic is NaN */
    GWS_FAR_COUNTED, /* the rate */
    GWS_FAR_BELOW,   /* it is at most this */
    GWS_FAR_ABOVE,   /* it is at least this */
    GWS_FAR_FITTED   /* an exponential tail says so (gws_rates_open) */
} gws_far_bound;

/* How often noise alone makes a trigger as loud as one. */
typedef struct gws_far_rate {
    gws_far_bound bound;
    double per_month;       /* in 30 days; NaN with GWS_FAR_NONE */
    double sigma_per_month; /* of GWS_FAR_FITTED; else 0 */
} gws_far_rate;

typedef struct gws_model_info {
    size_t struct_size;
    int n_detectors;
    char detector[GWS_INFO_IFOS][8]; /* "H1", in the model's order */
    int rate_hz;                     /* strain comes at a multiple of this */
    int hop;                         /* samples of rate_hz in a step: the heads answer once a step */
    int has_linear;                  /* not 0: has the linear head */
    double threshold[2];             /* by gws_head: the statistic above which a trigger is made unless told otherwise */
    double delay_s;                  /* from the last sample that is needed to the answer, for strain at rate_hz */
    double background_s[2];          /* by gws_head: time of noise in which its rates were counted; 0: none */
} gws_model_info;

/* Open a model.
 *   name   of a shipped one, "bbh-real", "bbh-design" or "cpc", or "default", which is the first of them; or the path of a file: what holds a
 *          slash or a point is a path */
GWS_API gws_model *gws_model_open(const char *name, gws_err *err);

/* The same model with some of its detectors, "H1" or "H1,V1".  It can be had of a model with matched filters alone (not "cpc"), shares what m
 * holds, and has to go before it.  Its rates are those that the model's file has of exactly these detectors. */
GWS_API gws_model *gws_model_with(const gws_model *m, const char *detectors, gws_err *err);

/* What a model is.  Cost: that of creating a search, which says its delay. */
GWS_API gws_status gws_model_get_info(const gws_model *m, gws_model_info *out, gws_err *err);

/* The rate of a statistic by the background that the model was calibrated with. */
GWS_API gws_far_rate gws_model_rate(const gws_model *m, gws_head head, double statistic);
GWS_API void gws_model_destroy(gws_model *m);

/* ---- input ---- */

typedef struct gws_input gws_input;

/* What is data though the program leaves it out; to be joined by |. */
#define GWS_KEEP_CAT1 1u       /* seconds whose quality bit CBC_CAT1 is clear */
#define GWS_KEEP_INJECTIONS 2u /* seconds with a hardware injection */
#define GWS_KEEP_WHITENED 4u   /* files of whitened strain */

typedef struct gws_input_info {
    size_t struct_size;
    char detector[8]; /* "H1" */
    int rate_hz;
    size_t n_spans;        /* stretches that the files cover */
    double begin_s, end_s; /* of the first and of the last */
} gws_input_info;

/* Open files, and names such as sim:mlgwsc=1,seed=7,duration=600,part=fg,data=FOLDER, which are made as they are read (FOLDER has
 * MLGWSC-1's segments.csv).  Files of several detectors and of many times make one input.
 *   names  (n)
 *   keep   0, or GWS_KEEP_*
 *   pool   makes what is made; NULL: the caller's thread */
GWS_API gws_input *gws_input_open(const char *const *names, size_t n, unsigned keep, gws_pool *pool, gws_err *err);
GWS_API size_t gws_input_detectors(const gws_input *in);

/* Detector i, i < gws_input_detectors(), in order of name. */
GWS_API gws_status gws_input_get_info(const gws_input *in, size_t i, gws_input_info *out, gws_err *err);

/* Span k of a detector: it covers [begin_s, end_s), within which there may be gaps. */
GWS_API gws_status gws_input_span(const gws_input *in, const char *detector, size_t k, double *begin_s, double *end_s,
                                  gws_err *err);

/* Read n samples of a detector from a GPS time on; what is not there is NaN.
 *   out   (n) out, strain */
GWS_API gws_status gws_input_read(gws_input *in, const char *detector, double gps_s, double *out, size_t n, gws_err *err);

/* One line "sha256  name" for each file, to keep with what was made of them.  It is the input's; NULL on failure. */
GWS_API const char *gws_input_sha256(gws_input *in, gws_err *err);
GWS_API void gws_input_destroy(gws_input *in);

/* ---- search ---- */

typedef struct gws_stream gws_stream;

typedef struct gws_stream_trigger {
    int64_t time_ns;     /* merger at the Earth's centre */
    double window_s;     /* it lies within time +- window */
    gws_head head;       /* the head that was searched */
    double statistic[2]; /* by gws_head: larger is more signal-like.  Of the other head the largest value while the searched one
                               * was above the threshold (in the last two minutes of that); NaN when the model does not have it */
    gws_far_rate far;    /* of the searched head's, by the model's calibration */
    int64_t begin_ns, end_ns; /* first and last step above the threshold */
} gws_stream_trigger;

typedef void (*gws_trigger_fn)(void *user, const gws_stream_trigger *t);

/* Whitened samples of a detector, (n) from a time on.  Runs come in order of time; a jump is a gap.  A whitener says "" for the detector. */
typedef void (*gws_whitened_fn)(void *user, const char *detector, int64_t time_ns, const float *w, size_t n);

/* What the heads answer, (n) steps from a time on; linear is NULL when the model does not have that head. */
typedef void (*gws_logits_fn)(void *user, int64_t time_ns, const float *spiking, const float *linear, size_t n);

typedef struct gws_stream_params {
    size_t struct_size;
    void *user;             /* first argument of the callbacks */
    gws_trigger_fn trigger; /* any may be NULL */
    gws_whitened_fn whitened;
    gws_logits_fn logits;
    gws_head head;
    const double *threshold; /* read in gws_stream_create only; NULL: the model's */
    const int *rate_hz;      /* likewise (n_detectors), each a multiple of the model's; NULL: the model's */
    gws_pool *
        pool; /* for recorded strain: samples are gathered until the threads have enough to do, so triggers come later.  NULL: live */
} gws_stream_params;

/* Counts since the stream was made.  Neither finish nor reset clears them; an input of other rates does. */
typedef struct gws_stream_stats {
    size_t struct_size;
    double together_s;     /* whitened strain of all detectors together: what the network saw */
    int64_t steps, scored; /* answers; those that were compared with the threshold */
    int64_t triggers;
    int64_t bad;                                               /* answers that were no numbers */
    double strain_s[GWS_INFO_IFOS], whitened_s[GWS_INFO_IFOS]; /* by detector: what came, and what of it could be whitened */
    int64_t gaps[GWS_INFO_IFOS];
} gws_stream_stats;

/* A search with a model, which has to outlive it.  params NULL: the defaults, and no callback. */
GWS_API gws_stream *gws_stream_create(const gws_model *m, const gws_stream_params *params, gws_err *err);

/* The next block of a detector's strain.  A block begins where the one before it ended or later; each detector may be ahead of the others.
 *   gps_s  of h[0]
 *   h      (n) strain; NULL with n 0, which says that this detector has nothing before gps_s, so that nobody waits for it */
GWS_API gws_status gws_stream_push(gws_stream *s, const char *detector, double gps_s, const double *h, size_t n, gws_err *err);

/* Push all of an input, as `gwspike detect` does, and finish.  Rates of another input are taken over.  Data of which nothing could be
 * searched are GWS_EDATA.  Not between a push and its finish. */
GWS_API gws_status gws_stream_feed(gws_stream *s, gws_input *in, gws_err *err);

/* End of data: what is held comes out.  Then any time may come next. */
GWS_API gws_status gws_stream_finish(gws_stream *s, gws_err *err);

/* Forget what is held, without triggers.  Then any time may come next. */
GWS_API void gws_stream_reset(gws_stream *s);
GWS_API gws_status gws_stream_get_stats(const gws_stream *s, gws_stream_stats *out, gws_err *err);
GWS_API void gws_stream_destroy(gws_stream *s);

/* ---- whitening and spectra ---- */

typedef struct gws_whitener gws_whitener;

typedef struct gws_whitener_params {
    size_t struct_size;
    void *user; /* first argument of the callback */
    gws_whitened_fn whitened;
    int in_hz, out_hz;      /* rates; in_hz is always given, a multiple of out_hz; out_hz 0: in_hz */
    double low_hz, high_hz; /* band; 0: 20 Hz, Nyquist */
    const gws_model
        *model; /* read in gws_whitener_create only: its search's out_hz, band and times instead of these; NULL: as they say */
} gws_whitener_params;

/* The spectrum is estimated from what is past, so the first 8 to 16 s are waited for.  White noise of the input's spectrum comes out with
 * variance 1 over the full band. */
GWS_API gws_whitener *gws_whitener_create(const gws_whitener_params *params, gws_err *err);
GWS_API gws_status gws_whitener_push(gws_whitener *w, double gps_s, const double *h, size_t n, gws_err *err);

/* End of data: what is held comes out.  Then any time may come next. */
GWS_API gws_status gws_whitener_finish(gws_whitener *w, gws_err *err);
GWS_API void gws_whitener_destroy(gws_whitener *w);

typedef enum gws_average { GWS_AVERAGE_MEDIAN = 0, GWS_AVERAGE_MEAN = 1, GWS_AVERAGE_MEDIAN_MEAN = 2 } gws_average;

/* Welch's estimate of the one-sided power spectral density, strain^2/Hz, with segments that overlap by half.
 *   h     (n) strain without gaps
 *   psd   (n_psd) out, at k*rate_hz/(2*(n_psd-1)): a segment has 2*(n_psd-1) samples */
GWS_API gws_status gws_spectrum_estimate(const double *h, size_t n, int rate_hz, gws_average average, double *psd, size_t n_psd,
                                         gws_err *err);

/* A detector's noise curve by LALSimulation's name ("aLIGOZeroDetHighPower"), or from a file (asd:FILE: of amplitudes).
 *   psd   (n_psd) out, at k*delta_f_hz; 0 where the curve has no value */
GWS_API gws_status gws_spectrum_curve(const char *name, double delta_f_hz, double *psd, size_t n_psd, gws_err *err);

/* ---- simulation ---- */

typedef struct gws_simulation gws_simulation;

#define GWS_NO_NOISE 1u   /* signals alone */
#define GWS_NO_SIGNALS 2u /* noise alone, the same as with signals */

typedef struct gws_simulation_params {
    size_t struct_size;
    const char *detectors; /* NULL: "H1,L1" */
    int rate_hz;           /* even, 256 to 65536; 0: 2048 */
    unsigned leave_out;    /* GWS_NO_* */
    double start_s;        /* whole seconds; 0: 1238205077 */
    double duration_s;     /* signals lie within it; noise has no end */
    uint64_t seed;
    const char *psd;         /* as gws_spectrum_curve's; NULL: "aLIGOZeroDetHighPower" */
    const char *population;  /* PyCBC-style .ini of the sources; NULL: black holes of 10 to 50 solar masses, as MLGWSC-1's first */
    const char *approximant; /* NULL: the population's */
    double snr_min, snr_max; /* network SNR, uniform; both 0: what the population's distances give */
    double step_s;           /* least time from one signal to the next, up to 6 s more; 0: 24 */
} gws_simulation_params;

typedef struct gws_simulation_signal {
    size_t struct_size;
    int64_t time_ns;               /* of coalescence, at the Earth's centre */
    double mass1_msun, mass2_msun; /* in the detectors' frame */
    double distance_mpc, ra_rad, dec_rad, inclination_rad;
    double snr; /* optimal, of the network */
} gws_simulation_signal;

/* Every sample is a function of the parameters and of its time alone.  Strings are read in this call only. */
GWS_API gws_simulation *gws_simulation_create(const gws_simulation_params *params, gws_err *err);

/* n samples of a detector from a GPS time on.
 *   out   (n) out, strain */
GWS_API gws_status gws_simulation_fill(gws_simulation *s, const char *detector, double gps_s, double *out, size_t n, gws_err *err);

/* Signals in order of time: signal i, i < gws_simulation_signals(). */
GWS_API size_t gws_simulation_signals(const gws_simulation *s);
GWS_API gws_status gws_simulation_get_signal(const gws_simulation *s, size_t i, gws_simulation_signal *out, gws_err *err);

/* Write the whole as files that gws_input_open and `gwspike detect` read.  An existing file is replaced; nothing is left after a failure.
 *   strain    path of the strain, HDF5 in the layout of MLGWSC-1
 *   signals   path of the table of signals, as PyCBC's; NULL: not wanted */
GWS_API gws_status gws_simulation_write(const gws_simulation_params *params, const char *strain, const char *signals,
                                        gws_pool *pool, gws_err *err);
GWS_API void gws_simulation_destroy(gws_simulation *s);

/* ---- rates of a measured background ---- */

typedef struct gws_rates gws_rates;

/* Backgrounds that `gwspike background` measured for a model.
 *   paths      (n)
 *   model      as gws_model_open's
 *   fit_above  a statistic above which an exponential tail is fitted; NULL: rates are only counted */
GWS_API gws_rates *gws_rates_open(const char *const *paths, size_t n, const char *model, gws_head head, const double *fit_above,
                                  gws_err *err);

/* The rate of a statistic at a GPS time. */
GWS_API gws_far_rate gws_rates_at(const gws_rates *r, double statistic, double gps_s);
GWS_API void gws_rates_destroy(gws_rates *r);

#ifdef __cplusplus
}
#endif

#endif
