/* Bytes of a pipeline that are known beforehand against what the allocator hands out.  Truth: glibc's own books (mallinfo2). */
#include "gwstest.h"
#include "books.h"

#include "model/checkpoint.h"
#include "stream/pipeline.h"

#include <math.h>
#include <stdlib.h>

static void pipeline(void **state)
{
    gws_checkpoint c;
    gws_err err;
    const int rate_hz[GWS_MODEL_IFOS] = {2048, 2048};
    if (!books_are_kept())
        GWS_SKIP("this allocator keeps no books");
    assert_int_equal(gws_checkpoint_init(&c, "[model]\n", 1, GWS_TO_RUN, &err), GWS_OK);
    gws_model *m = gws_model_borrow(&c, &err);
    assert_non_null(m);
    for (int block = 16; block <= 1024; block *= 8) {
        int64_t known;
        const int64_t empty = books_in_use();
        gws_pipeline *line = gws_pipeline_create(m, GWS_HEAD_SPIKING, rate_hz, (double)NAN, NULL, &err);
        assert_non_null(line);
        assert_int_equal(gws_pipeline_set_pool(line, NULL, block, &err), GWS_OK);
        assert_int_equal(gws_pipeline_bytes(m, NULL, block, &known, &err), GWS_OK);
        const double took = (double)(books_in_use() - empty);
        assert_true(took < 1.1 * (double)known && took > 0.8 * (double)known);
        gws_pipeline_destroy(line);
    }
    gws_model_destroy(m);
    gws_checkpoint_clear(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(pipeline)};
    return GWS_RUN_TESTS(tests);
}
