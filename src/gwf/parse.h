/* parse.h - private to gwf/: an open file, its structures, and a cursor over one of them. */
#ifndef GWS_GWF_PARSE_H
#define GWS_GWF_PARSE_H

#include "gwf/gwf.h"

#define GWS_GWF_NONE 0xFFFFFFFFu /* as a count: none */

/* What a class is, whatever number the file gives it.  Only those of FrSH and FrSE are fixed. */
typedef enum gws_gwf_role {
    ROLE_OTHER = 0,
    ROLE_SH,
    ROLE_SE,
    ROLE_FRAME,
    ROLE_ADC,
    ROLE_PROC,
    ROLE_SIM,
    ROLE_VECT,
    ROLE_RAW,
    ROLE_END_OF_FRAME,
    ROLE_END_OF_FILE,
    ROLE_TOC,
    ROLES
} gws_gwf_role;

/* The common header of a structure. */
typedef struct gws_gwf_head {
    int64_t at, length; /* offset in the file; bytes, this header and the checksum included */
    unsigned cls;
    uint32_t instance;
    gws_gwf_role role;
} gws_gwf_head;

typedef struct gws_gwf_channel {
    char *name;
    gws_gwf_kind kind;
    int64_t *at; /* (n_at) offset of its structure in frame i, 0: none; frames beyond n_at do not have it */
    int n_at;
    int64_t room;
} gws_gwf_channel;

struct gws_gwf {
    char *path;
    int fd;                     /* -1 with */
    const unsigned char *bytes; /* (size) of a file in memory; NULL: fd is read */
    int64_t size;
    int version;
    int swap;      /* the file's byte order is not this machine's */
    int checksums; /* version 8: structures have them */
    unsigned char role[65536];
    gws_gwf_frame *frames;
    int64_t *frame_at; /* (n_frames) offset of FrameH, or of the dictionary in front of it */
    int n_frames;
    int64_t frames_room, frame_at_room;
    gws_gwf_channel *channels;
    int n_channels;
    int64_t channels_room;
    int *hash; /* (hash_size) index of a channel + 1 */
    int hash_size;
    unsigned char *buffer; /* (buffer_size) the structure read last */
    size_t buffer_size;
    /* the vector that was decoded last */
    int64_t cached_at; /* 0: none */
    gws_gwf_type cached_type;
    int64_t cached_n;
    unsigned char *cached; /* native byte order */
};

/* A cursor over the bytes of a structure.  What lies outside reads as 0 and sets `bad`. */
typedef struct gws_gwf_cursor {
    const unsigned char *p, *end;
    int swap;
    int bad;
} gws_gwf_cursor;

typedef struct gws_gwf_pointer {
    unsigned cls;
    uint32_t instance;
} gws_gwf_pointer;

uint64_t gws_gwf_take(gws_gwf_cursor *c, int bytes); /* an unsigned number of 1, 2, 4 or 8 bytes */
double gws_gwf_take_f4(gws_gwf_cursor *c);
double gws_gwf_take_f8(gws_gwf_cursor *c);
gws_gwf_pointer gws_gwf_take_pointer(gws_gwf_cursor *c);
/* A string: its bytes without the NUL, which stay the structure's; out may be NULL. */
void gws_gwf_take_string(gws_gwf_cursor *c, const char **out, size_t *n);
void gws_gwf_skip(gws_gwf_cursor *c, uint64_t bytes);

const char *gws_gwf_role_name(gws_gwf_role role);

/* The header of the structure at an offset. */
gws_status gws_gwf_head_at(gws_gwf *f, int64_t at, gws_gwf_head *out, gws_err *err);

/* The whole structure in f->buffer, its checksum verified; the cursor stands behind the header and ends before the checksum. */
gws_status gws_gwf_load(gws_gwf *f, const gws_gwf_head *h, gws_gwf_cursor *out, gws_err *err);

/* Read exactly so many bytes. */
gws_status gws_gwf_pread(gws_gwf *f, int64_t at, void *out, size_t n, gws_err *err);

/* One sentence with file, structure and offset. */
gws_status gws_gwf_wrong(const gws_gwf *f, const gws_gwf_head *h, gws_err *err, const char *what);

/* Learn a class from its FrSH, loaded. */
gws_status gws_gwf_note_class(gws_gwf *f, const gws_gwf_head *h, gws_gwf_cursor *c, gws_err *err);

/* List frames and channels (list.c). */
gws_status gws_gwf_list(gws_gwf *f, gws_err *err);

/* Likewise, as far as a walk comes.  EFORMAT: not to a frame. */
gws_status gws_gwf_list_part(gws_gwf *f, gws_err *err);

#endif
