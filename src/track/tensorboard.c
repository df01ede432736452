#include "track/tensorboard.h"

#include "base/number.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Numbers of fields, from tensorboard/compat/proto/{event,summary,tensor}.proto and tensorboard/plugins/hparams/{api,plugin_data}.proto. */
enum { EVENT_WALL_TIME = 1, EVENT_STEP = 2, EVENT_FILE_VERSION = 3, EVENT_SUMMARY = 5, EVENT_SESSION_LOG = 7 };
enum { SESSION_STATUS = 1, SESSION_START = 1 };
enum { SUMMARY_VALUE = 1, VALUE_TAG = 1, VALUE_SIMPLE = 2, VALUE_IMAGE = 4, VALUE_HISTO = 5, VALUE_TENSOR = 8, VALUE_METADATA = 9 };
enum { HISTO_MIN = 1, HISTO_MAX, HISTO_NUM, HISTO_SUM, HISTO_SQUARES, HISTO_LIMIT, HISTO_BUCKET };
enum { IMAGE_HEIGHT = 1, IMAGE_WIDTH, IMAGE_COLOURS, IMAGE_BYTES };
enum { METADATA_PLUGIN = 1, PLUGIN_NAME = 1, PLUGIN_CONTENT = 2 };
enum { TENSOR_TYPE = 1, TENSOR_SHAPE = 2, TENSOR_STRING = 8, TYPE_FLOAT = 1, TYPE_STRING = 7 };
enum { HPARAMS_EXPERIMENT = 2, HPARAMS_START = 3, HPARAMS_END = 4 };
enum { START_HPARAMS = 1, START_GROUP = 4, START_TIME = 5, END_STATUS = 1, END_TIME = 2, DONE = 1, FAILED = 2 };
enum { EXPERIMENT_HPARAM = 4, HPARAM_NAME = 1, HPARAM_TYPE = 4, TYPE_TEXT = 1, TYPE_NUMBER = 3 };
enum { MAP_KEY = 1, MAP_VALUE = 2, ANY_NUMBER = 2, ANY_STRING = 3 };
#define RECORD_MAX ((uint64_t)256 << 20)

struct gws_board {
    char *path;
    int fd;
    gws_proto summary;
    int failed;
};

/* A number that is zero is left out, as is usual in proto3, unless its being there says which of several it is. */
static void put_f64(gws_proto *p, int field, double v)
{
    if (v != 0.0)
        gws_proto_f64(p, field, v);
}

static void put_step(gws_proto *event, int64_t step)
{
    if (step)
        gws_proto_varint(event, EVENT_STEP, (uint64_t)step);
}

static void put_u32(unsigned char out[4], uint32_t v)
{
    for (int i = 0; i < 4; i++)
        out[i] = (unsigned char)(v >> (8 * i));
}

static uint64_t get_little(const unsigned char *at, int n)
{
    uint64_t v = 0;
    for (int i = 0; i < n; i++)
        v |= (uint64_t)at[i] << (8 * i);
    return v;
}

/* One call of the system: what stands in the file is whole records, but for the last of a full disk. */
static gws_status write_record(const gws_board *b, gws_proto *event, gws_err *err)
{
    gws_proto record = {0};
    unsigned char head[12], foot[4];
    gws_status status = GWS_OK;
    put_u32(head, (uint32_t)event->n);
    put_u32(head + 4, (uint32_t)((uint64_t)event->n >> 32));
    put_u32(head + 8, gws_crc32c_masked(head, 8));
    put_u32(foot, gws_crc32c_masked(event->data, event->n));
    gws_proto_raw(&record, head, sizeof head);
    gws_proto_raw(&record, event->data, event->n);
    gws_proto_raw(&record, foot, sizeof foot);
    if (event->failed || record.failed)
        status = gws_err_set(err, GWS_ENOMEM, "%s: no memory for a record", b->path);
    else if (write(b->fd, record.data, record.n) != (ssize_t)record.n)
        status = gws_err_set(err, GWS_EIO, "%s: cannot append to it: %s", b->path, errno ? strerror(errno) : "short write");
    gws_proto_clear(&record);
    gws_proto_clear(event);
    return status;
}

gws_board *gws_board_open(const char *path, double wall_s, gws_err *err)
{
    struct stat st;
    gws_proto event = {0};
    gws_board *b = calloc(1, sizeof *b);
    if (!b || !(b->path = strdup(path))) {
        free(b);
        gws_err_set(err, GWS_ENOMEM, "%s: no memory", path);
        return NULL;
    }
    b->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (b->fd < 0 || fstat(b->fd, &st) != 0) {
        gws_err_set(err, GWS_EIO, "%s: cannot append to it: %s", path, strerror(errno));
        gws_board_close(b);
        return NULL;
    }
    if (st.st_size == 0) {
        gws_proto_f64(&event, EVENT_WALL_TIME, wall_s);
        gws_proto_string(&event, EVENT_FILE_VERSION, "brain.Event:2");
        if (write_record(b, &event, err) != GWS_OK) {
            gws_board_close(b);
            return NULL;
        }
    }
    return b;
}

void gws_board_close(gws_board *b)
{
    if (!b)
        return;
    if (b->fd >= 0)
        close(b->fd);
    gws_proto_clear(&b->summary);
    free(b->path);
    free(b);
}

/* ---- values ---- */

void gws_board_scalar(gws_board *b, const char *tag, double v)
{
    gws_proto value = {0};
    gws_proto_string(&value, VALUE_TAG, tag);
    gws_proto_f32(&value, VALUE_SIMPLE, (float)v);
    gws_proto_message(&b->summary, SUMMARY_VALUE, &value);
}

void gws_board_histogram(gws_board *b, const char *tag, const gws_histogram *h)
{
    gws_proto value = {0}, histo = {0};
    put_f64(&histo, HISTO_MIN, h->min);
    put_f64(&histo, HISTO_MAX, h->max);
    put_f64(&histo, HISTO_NUM, h->num);
    put_f64(&histo, HISTO_SUM, h->sum);
    put_f64(&histo, HISTO_SQUARES, h->sum_squares);
    gws_proto_doubles(&histo, HISTO_LIMIT, h->limit, h->n);
    gws_proto_doubles(&histo, HISTO_BUCKET, h->count, h->n);
    gws_proto_string(&value, VALUE_TAG, tag);
    gws_proto_message(&value, VALUE_HISTO, &histo);
    gws_proto_message(&b->summary, SUMMARY_VALUE, &value);
}

void gws_board_image(gws_board *b, const char *tag, const gws_picture *p)
{
    gws_proto value = {0}, image = {0};
    gws_proto_varint(&image, IMAGE_HEIGHT, (uint64_t)p->height);
    gws_proto_varint(&image, IMAGE_WIDTH, (uint64_t)p->width);
    gws_proto_varint(&image, IMAGE_COLOURS, 3);
    gws_proto_bytes(&image, IMAGE_BYTES, p->png, p->size);
    gws_proto_string(&value, VALUE_TAG, tag);
    gws_proto_message(&value, VALUE_IMAGE, &image);
    gws_proto_message(&b->summary, SUMMARY_VALUE, &value);
}

/* What says which of TensorBoard's plugins a value is for. */
static void put_metadata(gws_proto *value, const char *plugin, gws_proto *content)
{
    gws_proto data = {0}, metadata = {0};
    gws_proto_string(&data, PLUGIN_NAME, plugin);
    if (content)
        gws_proto_message(&data, PLUGIN_CONTENT, content);
    gws_proto_message(&metadata, METADATA_PLUGIN, &data);
    gws_proto_message(value, VALUE_METADATA, &metadata);
}

void gws_board_text(gws_board *b, const char *tag, const char *markdown)
{
    gws_proto value = {0}, tensor = {0};
    gws_proto_varint(&tensor, TENSOR_TYPE, TYPE_STRING);
    gws_proto_bytes(&tensor, TENSOR_SHAPE, "", 0);
    gws_proto_string(&tensor, TENSOR_STRING, markdown);
    gws_proto_string(&value, VALUE_TAG, tag);
    gws_proto_message(&value, VALUE_TENSOR, &tensor);
    put_metadata(&value, "text", NULL);
    gws_proto_message(&b->summary, SUMMARY_VALUE, &value);
}

/* The plugin wants its data in the metadata of an empty tensor. */
static void put_hparams(gws_board *b, const char *tag, int field, gws_proto *data)
{
    gws_proto value = {0}, tensor = {0}, plugin = {0};
    gws_proto_varint(&tensor, TENSOR_TYPE, TYPE_FLOAT);
    gws_proto_bytes(&tensor, TENSOR_SHAPE, "\x12\x00", 2); /* one dimension, of no numbers */
    gws_proto_message(&plugin, field, data);
    gws_proto_string(&value, VALUE_TAG, tag);
    gws_proto_message(&value, VALUE_TENSOR, &tensor);
    put_metadata(&value, "hparams", &plugin);
    gws_proto_message(&b->summary, SUMMARY_VALUE, &value);
}

void gws_board_hparams(gws_board *b, const char *name, const gws_board_pairs *pairs, double wall_s)
{
    gws_proto experiment = {0}, start = {0};
    for (int i = 0; i < pairs->n; i++) {
        gws_proto info = {0}, entry = {0}, any = {0};
        double v;
        const int is_number = gws_number_parse(pairs->values[i], &v);
        gws_proto_string(&info, HPARAM_NAME, pairs->names[i]);
        gws_proto_varint(&info, HPARAM_TYPE, is_number ? TYPE_NUMBER : TYPE_TEXT);
        gws_proto_message(&experiment, EXPERIMENT_HPARAM, &info);
        if (is_number)
            gws_proto_f64(&any, ANY_NUMBER, v);
        else
            gws_proto_string(&any, ANY_STRING, pairs->values[i]);
        gws_proto_string(&entry, MAP_KEY, pairs->names[i]);
        gws_proto_message(&entry, MAP_VALUE, &any);
        gws_proto_message(&start, START_HPARAMS, &entry);
    }
    gws_proto_string(&start, START_GROUP, name);
    gws_proto_f64(&start, START_TIME, wall_s);
    put_hparams(b, "_hparams_/experiment", HPARAMS_EXPERIMENT, &experiment);
    put_hparams(b, "_hparams_/session_start_info", HPARAMS_START, &start);
}

void gws_board_session_end(gws_board *b, int done, double wall_s)
{
    gws_proto end = {0};
    gws_proto_varint(&end, END_STATUS, done ? DONE : FAILED);
    gws_proto_f64(&end, END_TIME, wall_s);
    put_hparams(b, "_hparams_/session_end_info", HPARAMS_END, &end);
}

gws_status gws_board_flush(gws_board *b, double wall_s, int64_t step, gws_err *err)
{
    gws_proto event = {0};
    if (!b->summary.n && !b->summary.failed)
        return GWS_OK;
    gws_proto_f64(&event, EVENT_WALL_TIME, wall_s);
    put_step(&event, step);
    gws_proto_message(&event, EVENT_SUMMARY, &b->summary);
    return write_record(b, &event, err);
}

gws_status gws_board_start(gws_board *b, double wall_s, int64_t step, gws_err *err)
{
    gws_proto event = {0}, session = {0};
    gws_proto_f64(&event, EVENT_WALL_TIME, wall_s);
    put_step(&event, step);
    gws_proto_varint(&session, SESSION_STATUS, SESSION_START);
    gws_proto_message(&event, EVENT_SESSION_LOG, &session);
    return write_record(b, &event, err);
}

/* ---- where a run goes on ---- */

/* Read a record.  returns  its bytes, which the caller frees; NULL at the end and where the file is damaged. */
static unsigned char *read_record(FILE *f, size_t *size)
{
    unsigned char head[12], foot[4], *data = NULL;
    if (fread(head, 1, sizeof head, f) != sizeof head || get_little(head + 8, 4) != gws_crc32c_masked(head, 8))
        return NULL;
    const uint64_t length = get_little(head, 8);
    if (length > RECORD_MAX || !(data = malloc((size_t)length + 1)))
        return NULL;
    *size = (size_t)length;
    if (fread(data, 1, *size, f) == *size && fread(foot, 1, 4, f) == 4 && get_little(foot, 4) == gws_crc32c_masked(data, *size))
        return data;
    free(data);
    return NULL;
}

gws_status gws_board_kept(const char *path, int64_t step, int64_t *size, gws_err *err)
{
    FILE *f = fopen(path, "rb");
    unsigned char *data;
    size_t n;
    int64_t whole = 0, later = -1;
    *size = 0;
    if (!f)
        return errno == ENOENT ? GWS_OK : gws_err_set(err, GWS_EIO, "%s: cannot read it: %s", path, strerror(errno));
    while ((data = read_record(f, &n)) != NULL) {
        const unsigned char *at = data, *const end = data + n;
        int field, starts = 0;
        uint64_t value;
        int64_t of = 0;
        while (gws_proto_next(&at, end, &field, &value)) {
            if (field == EVENT_STEP)
                of = (int64_t)value;
            starts |= field == EVENT_SESSION_LOG;
        }
        free(data);
        if (starts)
            later = -1;
        else if (of > step && later < 0)
            later = whole;
        whole = ftello(f);
    }
    fclose(f);
    *size = later >= 0 ? later : whole;
    return GWS_OK;
}
