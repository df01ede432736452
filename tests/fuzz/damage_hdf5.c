/* damage_hdf5.c - HDF5 files with a few damaged bytes, through every reader of them.
 *
 *   damage_hdf5 N FIRST FILE...      damages FIRST .. FIRST+N-1, each of one of the files in turn
 *
 * Damage k is a function of the file and k.  It falls where HDF5 keeps its structure (near a signature) more often than not, for in
 * the samples it changes numbers and nothing else.  Each reader must return, with success or with a sentence, within 5 s; a signal or a
 * loop in this process is what must never happen, and ends the run with the file and the number.  The last line counts.
 */
#include "base/hdf5.h"
#include "dsp/psd.h"
#include "fuzz/mutate.h"
#include "sim/injections.h"
#include "strain/inspect.h"
#include "strain/strain.h"
#include "model/checkpoint.h"
#include "search/background.h"
#include "matched/bank.h"
#include "search/volume.h"
#include "train/candidates.h"

#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_S 100 /* of one reader */
#define MOST 4096
#define NEAR 700 /* bytes behind a signature */

const char *__asan_default_options(void);
const char *__lsan_default_suppressions(void);

/* A damaged length asks for more memory than there is: malloc says NULL, as it does without the sanitizer. */
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

const char *__lsan_default_suppressions(void)
{
    return "leak:libhdf5";
}

static char running[700] = "none";

static void died(int sig)
{
    ssize_t ignored = write(2, running, strlen(running));
    ignored += write(2, sig == SIGALRM ? ": hangs\n" : ": crashes\n", sig == SIGALRM ? 8 : 10);
    (void)ignored;
    signal(sig, SIG_DFL);
    raise(sig);
}

/* ---- the readers; each returns whether it took the file ---- */

static int read_strain(const char *path, gws_err *err)
{
    static double x[MOST];
    gws_strain_file file;
    if (gws_strain_inspect(path, NULL, &file, err) != GWS_OK)
        return 0;
    gws_strain_file_clear(&file);
    gws_strain_set *s = gws_strain_open(&path, 1, err);
    int fine = s != NULL;
    for (int k = 0; fine && k < gws_strain_ifos(s); k++) {
        gws_strain_info info;
        gws_strain_describe(s, k, &info);
        for (int i = 0; fine && i < info.n_spans && i < 8; i++)
            fine = gws_strain_read(s, k, info.spans[i].begin, info.spans[i].begin + MOST, x, err) == GWS_OK &&
                   gws_strain_read(s, k, info.spans[i].end - MOST, info.spans[i].end, x, err) == GWS_OK;
    }
    gws_strain_destroy(s);
    return fine;
}

static int read_psd(const char *path, gws_err *err)
{
    gws_psd psd;
    int fine = gws_psd_load(path, &psd, err) == GWS_OK;
    gws_psd_clear(&psd);
    return fine;
}

static int read_model(const char *path, gws_err *err)
{
    gws_checkpoint c;
    int fine = gws_checkpoint_load(&c, path, err) == GWS_OK;
    if (fine)
        gws_checkpoint_clear(&c);
    return fine;
}

static int read_tables(const char *path, gws_err *err)
{
    gws_injections t;
    gws_injected inj;
    gws_events events;
    gws_bank bank;
    int fine = gws_injections_load(path, &t, err) == GWS_OK;
    if (fine)
        gws_injections_clear(&t);
    if (gws_injected_load(path, &inj, err) == GWS_OK) {
        gws_injected_clear(&inj);
        fine = 1;
    }
    if (gws_events_load(&path, 1, &events, err) == GWS_OK) {
        gws_events_clear(&events);
        fine = 1;
    }
    gws_background background;
    if (gws_background_load(path, &background, err) == GWS_OK) {
        gws_background_clear(&background);
        fine = 1;
    }
    if (gws_bank_load(path, 20, "IMRPhenomD", &bank, err) == GWS_OK) {
        gws_bank_clear(&bank);
        fine = 1;
    }
    return fine;
}

/* As if they were those asked for, which is what a file says of itself. */
static int read_candidates(const char *path, gws_err *err)
{
    char *identity = NULL;
    gws_candidates c;
    gws_h5 *f = gws_h5_open(path, err);
    int fine = f && gws_h5_read_string(f, "/identity", 0, &identity, err) == GWS_OK;
    gws_h5_close(f);
    for (int split = 0; fine && split < 3; split++) {
        fine = gws_candidates_read(path, split, identity, &c, err) == GWS_OK;
        gws_candidates_clear(&c);
    }
    free(identity);
    return fine;
}

/* Everything there is: as `inspect` lists it, and its numbers and strings. */
static int read_all(const char *path, gws_err *err)
{
    static const char *const attrs[] = {"format", "command_line", "detectors", "static_args", "note"};
    static double x[MOST];
    gws_h5_entry *entries = NULL;
    char *text = NULL, **list = NULL;
    int n = 0, m = 0;
    gws_h5 *f = gws_h5_open(path, err);
    if (!f)
        return 0;
    int fine = gws_h5_tree(f, &entries, &n, err) == GWS_OK;
    for (int i = 0; i < n && i < 200; i++) {
        gws_h5_info *info = &entries[i].info;
        int64_t count = info->ndim == 1 && info->shape[0] < MOST ? info->shape[0] : info->ndim == 1 ? MOST : 1;
        if (entries[i].is_group || entries[i].status)
            continue;
        if (info->type == GWS_H5_STRING) {
            fine &= gws_h5_read_string(f, entries[i].path, 0, &text, err) == GWS_OK;
            free(text);
        } else if (info->type >= GWS_H5_F32 && info->type <= GWS_H5_UINT) {
            fine &= gws_h5_read_f64(f, entries[i].path, 0, count, x, err) == GWS_OK;
        }
    }
    for (size_t i = 0; i < sizeof attrs / sizeof attrs[0]; i++)
        if (gws_h5_has_attr(f, "/", attrs[i]) && gws_h5_attr_strings(f, "/", attrs[i], &list, &m, err) == GWS_OK)
            gws_h5_list_free(list, m);
    fine &= gws_h5_check(f, err) == GWS_OK;
    gws_h5_tree_free(entries, n);
    gws_h5_close(f);
    return fine;
}

/* ---- the damage ---- */

typedef struct victim {
    const char *name;
    uint8_t *data, *copy;
    size_t size, *near, n_near;
} victim;

static int begins_structure(const uint8_t *p)
{
    static const char *const signatures[] = {"\x89HDF", "TREE", "SNOD", "HEAP", "GCOL", "OHDR", "OCHK", "FRHP", "FHDB", "FHIB",
                                             "BTHD",    "BTLF", "BTIN", "FSHD", "FSSE", "FADB", "FAHD", "EAHD", "EAIB", "SMTB"};
    for (size_t i = 0; i < sizeof signatures / sizeof signatures[0]; i++)
        if (memcmp(p, signatures[i], 4) == 0)
            return 1;
    return 0;
}

static int load(victim *v, char *path)
{
    FILE *f = fopen(path, "rb");
    *v = (victim){.name = basename(path)};
    if (!f || fseek(f, 0, SEEK_END) != 0)
        return -1;
    v->size = (size_t)ftell(f);
    rewind(f);
    v->data = malloc(v->size + MUTATE_ROOM);
    v->copy = malloc(v->size + MUTATE_ROOM);
    v->near = malloc((v->size + 1) * sizeof *v->near);
    int bad = !v->data || !v->copy || !v->near || v->size < 8 || fread(v->data, 1, v->size, f) != v->size;
    fclose(f);
    for (size_t i = 0; !bad && i + 4 <= v->size; i++)
        if (begins_structure(v->data + i))
            v->near[v->n_near++] = i;
    return bad ? -1 : 0;
}

static size_t damage(const victim *v, int k)
{
    uint64_t state = (uint64_t)k * 977;
    memcpy(v->copy, v->data, v->size);
    if (v->n_near == 0 || mix(&state) % 4 == 0)
        return mutate(v->copy, v->size, v->name, k);
    int steps = 1 + (int)(mix(&state) % 2);
    for (int i = 0; i < steps; i++) {
        static const uint64_t edges[] = {0, 1, 0x7f, 0xff, 0xffff, 0x7fffffff, 0xffffffff, INT64_MAX, UINT64_MAX};
        size_t at = v->near[mix(&state) % v->n_near] + mix(&state) % NEAR, length = (size_t)1 << (mix(&state) % 4);
        uint64_t how = mix(&state) % 3, value = mix(&state);
        if (at + 8 > v->size)
            at = v->size - 8;
        if (how == 0)
            v->copy[at] ^= (uint8_t)(1u << (value % 8));
        else if (how == 1)
            v->copy[at] = (uint8_t)value;
        else
            memcpy(v->copy + at, &edges[value % (sizeof edges / sizeof edges[0])], length);
    }
    return v->size;
}

static int write_copy(const char *path, const uint8_t *data, size_t size)
{
    FILE *f = fopen(path, "wb");
    int bad = !f || fwrite(data, 1, size, f) != size;
    return (f && fclose(f) != 0) || bad ? -1 : 0;
}

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
    int (*const readers[])(const char *, gws_err *) = {read_all, read_strain, read_psd, read_model, read_tables, read_candidates};
    static const int deadly[] = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGALRM};
    const char *folder = getenv("TMPDIR");
    char path[512];
    if (argc < 4) {
        fprintf(stderr, "usage: %s N FIRST FILE...\n", argv[0]);
        return 2;
    }
    for (size_t i = 0; i < sizeof deadly / sizeof deadly[0]; i++)
        signal(deadly[i], died);
    snprintf(path, sizeof path, "%s/gws-damage-XXXXXX", folder && *folder ? folder : P_tmpdir);
    int fd = mkstemp(path), n = atoi(argv[1]), first = atoi(argv[2]), n_files = argc - 3;
    victim *files = calloc((size_t)n_files, sizeof *files);
    if (fd < 0 || !files)
        return 1;
    close(fd);
    for (int i = 0; i < n_files; i++)
        if (load(&files[i], argv[3 + i]) != 0) {
            fprintf(stderr, "damage_hdf5: cannot read %s\n", argv[3 + i]);
            return 1;
        }
    int taken = 0, refused = 0, failed = 0;
    double longest = 0;
    char slowest[300] = "none";
    for (int k = first; k < first + n && !failed; k++) {
        const victim *v = &files[k % n_files];
        int fine = 0;
        if (write_copy(path, v->copy, damage(v, k)) != 0)
            return 1;
        for (size_t r = 0; r < sizeof readers / sizeof readers[0]; r++) {
            gws_err err = {0};
            double began = now_s();
            snprintf(running, sizeof running, "damage_hdf5: %s damage %d reader %zu", v->name, k, r);
            alarm(200); /* a loop in this process */
            int took = readers[r](path, &err);
            double seconds = now_s() - began;
            fine |= took;
            if (!took && !err.text[0]) {
                fprintf(stderr, "%s: refused without a sentence\n", running);
                failed = 1;
            }
            if (seconds > longest) {
                longest = seconds;
                snprintf(slowest, sizeof slowest, "%s damage %d reader %zu", v->name, k, r);
            }
        }
        fine ? taken++ : refused++;
    }
    alarm(0);
    unlink(path);
    printf("damage_hdf5: %d damages of %d files: %d read, %d refused, longest %.2f s (%s)\n", taken + refused, n_files, taken,
           refused, longest, slowest);
    if (longest > PATIENCE_S) {
        fprintf(stderr, "damage_hdf5: %s took %.1f s\n", slowest, longest);
        failed = 1;
    }
    for (int i = 0; i < n_files; i++) {
        free(files[i].data);
        free(files[i].copy);
        free(files[i].near);
    }
    free(files);
    return failed;
}
