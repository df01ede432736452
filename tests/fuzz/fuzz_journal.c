/* fuzz_journal.c - any bytes as a journal of alerts, as they are and with the right checksum in front of each line: what is read is within its
 * bounds, and written again it is read as the same. */
#include "alert/journal.h"
#include "base/assert.h"
#include "gwf/crc.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int on_record(void *user, const gws_journal_record *r)
{
    const char *text = user;
    GWS_ASSERT(r->what == 'm' || r->what == 'd' || r->what == 's');
    GWS_ASSERT(r->sequence >= 0 && r->sink >= 0 && r->sink < GWS_JOURNAL_SINKS && r->sinks < 1U << GWS_JOURNAL_SINKS);
    if (r->what != 'd') {
        GWS_ASSERT(r->kind <= GWS_JOURNAL_FOLLOWUP && r->revision >= 0 && isfinite(r->stat));
        GWS_ASSERT(gws_journal_is_id(r->event) && gws_journal_is_id(r->trigger));
    }
    GWS_ASSERT((r->what == 'm') == (r->text != NULL));
    if (r->text)
        GWS_ASSERT(r->size > 0 && r->size <= GWS_JOURNAL_TEXT_MAX && r->text > text && !memchr(r->text, '\n', r->size));
    return 0;
}

static void parse(const char *text, size_t n)
{
    int64_t damaged;
    gws_err err = {0};
    if (gws_journal_parse(text, n, on_record, (void *)(uintptr_t)text, &damaged, &err) != GWS_OK)
        GWS_ASSERT(err.text[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char head[] = "gwspike-alerts 1\n";
    char *exact = malloc(size + 1), *mended = malloc(sizeof head + 11 * (size + 1)), *to = mended;
    if (exact && mended) {
        memcpy(exact, data, size);
        parse(exact, size);
        to += sprintf(to, "%s", head);
        for (size_t i = 0, k; i < size; i = k + 1) {
            for (k = i; k < size && data[k] != '\n'; k++)
                continue;
            const size_t skip = k - i > 9 ? 9 : 0; /* a checksum that stands there */
            to += sprintf(to, "%08x ", (unsigned)gws_crc_of(data + i + skip, k - i - skip));
            memcpy(to, data + i + skip, k - i - skip);
            to += k - i - skip;
            *to++ = '\n';
        }
        parse(mended, (size_t)(to - mended));
    }
    free(exact);
    free(mended);
    return 0;
}
