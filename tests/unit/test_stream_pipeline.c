/* What a pipeline is refused for before any strain is pushed.  Truth: the header's promise. */
#include "gwstest.h"

#include "model/checkpoint.h"
#include "stream/pipeline.h"

#include <math.h>
#include <string.h>

/* Once the spiking logits were reported as those of a linear head that the network does not have. */
static void a_head_that_the_model_has_not_is_refused(void **state)
{
    const int rate_hz[2] = {2048, 2048};
    for (int linear = 0; linear < 2; linear++) {
        gws_checkpoint c;
        gws_err err = {0};
        assert_int_equal(gws_checkpoint_init(&c, linear ? "[model]\n" : "[model]\nlinear_head = 0\n", 1, GWS_TO_RUN, &err), GWS_OK);
        gws_model *m = gws_model_borrow(&c, &err);
        assert_non_null(m);
        for (int head = 0; head < 2; head++) {
            gws_pipeline *p = gws_pipeline_create(m, (gws_head)head, rate_hz, (double)NAN, NULL, &err);
            assert_int_equal(p != NULL, head == GWS_HEAD_SPIKING || linear);
            if (!p)
                assert_non_null(strstr(err.text, "no linear head"));
            gws_pipeline_destroy(p);
        }
        gws_model_destroy(m);
        gws_checkpoint_clear(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_head_that_the_model_has_not_is_refused)};
    return GWS_RUN_TESTS(tests);
}
