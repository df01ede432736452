/* memory.h - how much memory there is, how much a run may take, and a watcher that warns before there is none left.
 *
 * What a run needs is known before it begins, from the tables that lay out its arenas.  A run that needs more than its cap is
 * refused with one sentence that says what it would need, what the cap is and which size fits.
 * Linux and macOS differ in memory.c only.
 */
#ifndef GWS_BASE_MEMORY_H
#define GWS_BASE_MEMORY_H

#include "base/err.h"

#include <stdint.h>

/* What the system says; 0 where it says nothing. */
typedef struct gws_memory {
    int64_t total_bytes, available_bytes, swap_total_bytes, swap_free_bytes; /* of the machine */
    int64_t resident_bytes, peak_bytes;                                      /* of this process */
    int64_t limit_bytes; /* most that this process may take: the least of total, gws_memory_cgroup, RLIMIT_AS and RLIMIT_DATA */
} gws_memory;

void gws_memory_now(gws_memory *out);

/* The least of the limits of this process's control groups and of all groups above them: memory.max and memory.high of version 2,
 * memory.limit_in_bytes of version 1.
 *   root  what stands before /proc/self/cgroup and /sys/fs/cgroup: "", or the folder of a made-up tree
 * returns  INT64_MAX where there is none.  In a container the groups' own path may not be visible; what is mounted is the
 * container's own group then, and is looked at in any case. */
int64_t gws_memory_cgroup(const char *root);

/* An amount as people write it: 4G, 500M, 1.5GiB (all binary: K M G T), plain bytes, or 50% of `total_bytes`.
 * EARG with a sentence unless it is a number above zero and at most 2^62 bytes. */
gws_status gws_memory_parse(const char *text, int64_t total_bytes, int64_t *out, gws_err *err);

/* "1.4 GiB", "23 MiB", for people. */
void gws_memory_text(int64_t bytes, char out[24]);

/* Bytes that a run of some size (batch, block of steps) needs, all of the process included.  Must not fall as size grows. */
typedef int64_t (*gws_memory_need)(void *user, int64_t size);

/* Largest multiple of `step` up to `most` whose need is within the cap, by bisection; 0 when not even `step` is. */
int64_t gws_memory_fit(int64_t cap_bytes, int64_t step, int64_t most, gws_memory_need need, void *user);

/* Refuse a run that needs more than the cap: ENOMEM and
 *   "batch 64 would need 3.2 GiB, the cap is 1.0 GiB; batch 16 fits"
 *   what   name of the size
 *   step   sizes that make sense are its multiples */
gws_status gws_memory_check(int64_t cap_bytes, const char *what, int64_t size, int64_t step, gws_memory_need need, void *user,
                            gws_err *err);

/* The least room that is asked for before FFTW or libhdf5 is called, however small the call. */
#define GWS_MEMORY_ROOM (INT64_C(8) << 20)

/* Whether `bytes` more can be had at this moment: address space is taken and given back, nothing of it is touched.  FFTW and libhdf5 end
 * the process when they get no memory, so this is asked before they are called.
 *   what  whom it is for
 * ENOMEM: "no memory for WHAT: it may take 8.0 MiB more, and the system gives less" */
gws_status gws_memory_room(int64_t bytes, const char *what, gws_err *err);

/* Levels at which the watcher warns, as shares of the machine's memory and swap in use. */
#define GWS_WATCH_MEMORY 0.85
#define GWS_WATCH_SWAP 0.10

/* Which warnings have been given while the level has not come down since. */
typedef struct gws_watch_state {
    int memory_high, swap_high;
} gws_watch_state;

/* Look at one reading: a warning in the log (base/log.h, module "memory") when a level is crossed upwards. */
void gws_watch_look(gws_watch_state *s, const gws_memory *m);

typedef struct gws_watch gws_watch;

/* Start a thread that looks every period_s seconds, at once for the first time.
 *   read  where readings come from, called from that thread; NULL: gws_memory_now
 * returns  NULL on failure (ENOMEM) */
gws_watch *gws_watch_create(double period_s, void (*read)(void *user, gws_memory *out), void *user, gws_err *err);
void gws_watch_destroy(gws_watch *w); /* the thread has ended when it returns */

#endif
