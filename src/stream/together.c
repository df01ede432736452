#include "stream/together.h"

int64_t gws_spans_meet(const gws_span *a, int64_t n_a, const gws_span *b, int64_t n_b, gws_span *out)
{
    int64_t found = 0;

    for (int64_t i = 0, k = 0; i < n_a && k < n_b;) {
        const gws_span s = {a[i].begin > b[k].begin ? a[i].begin : b[k].begin, a[i].end < b[k].end ? a[i].end : b[k].end};
        if (s.begin < s.end)
            out[found++] = s;
        if (a[i].end < b[k].end)
            i++;
        else
            k++;
    }
    return found;
}
