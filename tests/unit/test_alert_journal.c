/* The journal of alerts.  Truth: what was written comes back; of a file that is cut at any byte, every record but the last; of a file with any one
 * byte changed, every record but the one it is in.  A checksum of 32 bits misses one change in 4e9. */
#include "gwstest.h"

#include "alert/journal.h"
#include "base/file.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define RECORDS 5

static char folder[64], path[80];

static const gws_journal_record records[RECORDS] = {
    {.what = 'm',
     .sequence = 7,
     .sinks = 5,
     .kind = GWS_JOURNAL_INITIAL,
     .gps_ns = INT64_C(1126259462421000123),
     .stat = 20.123456789012345,
     .event = "H1L1-1126259462.42-ab",
     .trigger = "H1L1-1126259462.42-ab",
     .text = "{\"a\": 1, \"b\": \"x y\"}",
     .size = 20},
    {.what = 'd', .sequence = 7, .sink = 2},
    {.what = 'm',
     .sequence = 8,
     .sinks = 0,
     .kind = GWS_JOURNAL_UPDATE,
     .revision = 1,
     .gps_ns = -5,
     .stat = -1e-300,
     .event = "e",
     .trigger = "t",
     .text = "{}",
     .size = 2},
    {.what = 's',
     .sequence = 9,
     .sinks = 255,
     .kind = GWS_JOURNAL_FOLLOWUP,
     .revision = 12,
     .gps_ns = 0,
     .stat = 0,
     .event = "x.y_z-1",
     .trigger = "w"},
    {.what = 'd', .sequence = 8, .sink = 0},
};

static int setup(void **state)
{
    strcpy(folder, "/tmp/gwstest-journal-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/journal", folder);
    return 0;
}

static int teardown(void **state)
{
    unlink(path);
    return rmdir(folder);
}

static void same(const gws_journal_record *a, const gws_journal_record *b)
{
    assert_int_equal(a->what, b->what);
    assert_int_equal(a->sequence, b->sequence);
    assert_int_equal(a->sink, b->sink);
    assert_int_equal(a->sinks, b->sinks);
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->revision, b->revision);
    assert_true(a->gps_ns == b->gps_ns && a->stat == b->stat && a->size == b->size);
    assert_string_equal(a->event, b->event);
    assert_string_equal(a->trigger, b->trigger);
    if (a->size)
        assert_memory_equal(a->text, b->text, a->size);
}

/* The records that come are those of the list, in order, some left out. */
static int next, seen;
static int on_record(void *user, const gws_journal_record *r)
{
    while (next < RECORDS && (records[next].what != r->what || records[next].sequence != r->sequence))
        next++;
    assert_true(next < RECORDS);
    same(r, &records[next++]);
    seen++;
    return 0;
}

static gws_status parse(const char *text, size_t n, int64_t *damaged)
{
    next = seen = 0;
    return gws_journal_parse(text, n, on_record, NULL, damaged, NULL);
}

static void write_all(void)
{
    gws_err err = {0};
    unlink(path);
    gws_journal *j = gws_journal_open(path, &err);
    if (!j)
        fail_msg("%s", err.text);
    for (int i = 0; i < RECORDS; i++)
        assert_int_equal(gws_journal_add(j, &records[i], i % 2, &err), GWS_OK);
    gws_journal_close(j);
}

static void what_is_written_comes_back(void **state)
{
    char *text;
    size_t n;
    int64_t damaged;
    write_all();
    gws_journal *j = gws_journal_open(path, NULL); /* and is added to */
    assert_int_equal(gws_journal_add(j, &records[0], 1, NULL), GWS_OK);
    gws_journal_close(j);
    assert_int_equal(gws_file_read(path, 1 << 20, &text, &n, NULL), GWS_OK);
    char *last = text + n - 1;
    while (last[-1] != '\n')
        last--;
    assert_int_equal(parse(text, (size_t)(last - text), &damaged), GWS_OK);
    assert_int_equal(seen, RECORDS);
    assert_int_equal(damaged, 0);
    free(text);
    j = gws_journal_open(path, NULL);
    assert_int_equal(gws_journal_replace(j, records + 2, 2, NULL), GWS_OK);
    assert_int_equal(gws_journal_add(j, &records[4], 1, NULL), GWS_OK);
    gws_journal_close(j);
    assert_int_equal(gws_file_read(path, 1 << 20, &text, &n, NULL), GWS_OK);
    assert_int_equal(parse(text, n, &damaged), GWS_OK);
    assert_int_equal(seen, 3);
    free(text);
}

static void of_a_cut_file_all_but_the_last_record_is_there(void **state)
{
    char *text;
    size_t n;
    int64_t damaged;
    write_all();
    assert_int_equal(gws_file_read(path, 1 << 20, &text, &n, NULL), GWS_OK);
    for (size_t cut = 0; cut <= n; cut++) {
        int lines = -1;               /* the first is the journal's name */
        char *part = malloc(cut + 1); /* so that a sanitizer sees a byte too many */
        assert_non_null(part);
        memcpy(part, text, cut);
        for (size_t i = 0; i < cut; i++)
            lines += text[i] == '\n';
        assert_int_equal(parse(part, cut, &damaged), GWS_OK);
        assert_int_equal(seen, lines < 0 ? 0 : lines);
        assert_int_equal(damaged, cut > 0 && lines >= 0 && text[cut - 1] != '\n');
        free(part);
    }
    /* Opened again, what was cut ends with its line, and the next record is whole. */
    gws_journal *j;
    assert_int_equal(truncate(path, (off_t)n - 3), 0);
    assert_non_null(j = gws_journal_open(path, NULL));
    assert_int_equal(gws_journal_add(j, &records[4], 1, NULL), GWS_OK);
    gws_journal_close(j);
    free(text);
    assert_int_equal(gws_file_read(path, 1 << 20, &text, &n, NULL), GWS_OK);
    assert_int_equal(parse(text, n, &damaged), GWS_OK);
    assert_int_equal(seen, RECORDS);
    assert_int_equal(damaged, 1);
    free(text);
}

static void of_a_damaged_file_all_but_the_damaged_record_is_there(void **state)
{
    char *text;
    size_t n, head;
    int64_t damaged;
    write_all();
    assert_int_equal(gws_file_read(path, 1 << 20, &text, &n, NULL), GWS_OK);
    head = strcspn(text, "\n") + 1;
    for (size_t i = 0; i < n; i++)
        for (int bit = 0; bit < 8; bit += 3) {
            const char was = text[i];
            text[i] = (char)(was ^ (1 << bit));
            const gws_status status = parse(text, n, &damaged);
            if (i < head)
                assert_int_equal(status, GWS_EFORMAT);
            else {
                assert_int_equal(status, GWS_OK);
                assert_true(damaged >= 1 && seen >= RECORDS - 2); /* a newline that is lost takes two with it */
            }
            text[i] = was;
        }
    free(text);
}

static void a_full_disk_leaves_no_half_record(void **state)
{
    struct rlimit before, now;
    char *text;
    size_t n;
    int64_t damaged;
    write_all();
    gws_journal *j = gws_journal_open(path, NULL);
    assert_non_null(j);
    const int64_t size = gws_journal_bytes(j);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    now = before;
    now.rlim_cur = (rlim_t)size + 30;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &now), 0);
    gws_err err = {0};
    const gws_status status = gws_journal_add(j, &records[0], 1, &err);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(status, GWS_EIO);
    assert_int_equal(gws_journal_bytes(j), size);
    assert_int_equal(gws_journal_add(j, &records[4], 1, NULL), GWS_OK);
    gws_journal_close(j);
    assert_int_equal(gws_file_read(path, 1 << 20, &text, &n, NULL), GWS_OK);
    next = RECORDS - 1;
    seen = 0;
    assert_int_equal(parse(text, n - strlen("00000000 d 8 0\n"), &damaged), GWS_OK);
    assert_int_equal(seen, RECORDS);
    assert_int_equal(damaged, 0);
    free(text);
}

static void names_that_lead_elsewhere_are_none(void **state)
{
    static const char *const bad[] = {
        "",  ".", "..", "../a", "a/b", "a b", "a\n", ".hidden", "0123456789012345678901234567890123456789012345678901234567890123",
        NULL};
    for (int i = 0; bad[i]; i++)
        assert_false(gws_journal_is_id(bad[i]));
    assert_true(gws_journal_is_id("H1L1-1126259462.421875-0123456789ab"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_comes_back),
        cmocka_unit_test(of_a_cut_file_all_but_the_last_record_is_there),
        cmocka_unit_test(of_a_damaged_file_all_but_the_damaged_record_is_there),
        cmocka_unit_test(a_full_disk_leaves_no_half_record),
        cmocka_unit_test(names_that_lead_elsewhere_are_none),
    };
    return gws_test_exit(cmocka_run_group_tests(tests, setup, teardown), (int)(sizeof tests / sizeof tests[0]));
}
