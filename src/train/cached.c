#include "train/cached.h"

#include "base/file.h"
#include "base/hdf5.h"

#include <stdlib.h>

static gws_status make_candidates(gws_trainer *t, gws_ini *ini, gws_split split, gws_candidates *out, gws_err *err)
{
    gws_err why = {0};
    err = err ? err : &why;
    const gws_train_options *o = t->o;
    gws_dataset *own = NULL, *data = split == GWS_SPLIT_TRAIN ? t->train : t->valid;
    gws_status status = GWS_OK;
    if (split == GWS_SPLIT_TEST && !(data = own = gws_dataset_create(ini, GWS_SPLIT_TEST, (uint64_t)t->s.seed, t->reference,
                                                                     o->pool, &(gws_progress){o->progress, o->user}, err)))
        return err->status;
    status = gws_candidates_make(&t->s.candidates, split, &(gws_candidate_tools){t->windows, data, o->pool, {o->progress, o->user}},
                                 out, err);
    gws_dataset_destroy(own);
    return status;
}

/* All splits into a file, which other trainings with the same data may read. */
static gws_status write_candidates(gws_trainer *t, gws_ini *ini, const char *identity, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    gws_status status;
    gws_h5 *f = gws_h5_create(t->o->candidates, err);
    if (!f)
        return err->status;
    if ((status = gws_h5_put_attr_string(f, "/", "format", "gwspike-candidates", err)) ||
        (status = gws_h5_provenance(f, t->o->command, t->s.seed, NULL, err)) ||
        (status = gws_h5_write_string(f, "/identity", identity, err)))
        goto fail;
    for (int split = 0; split < 3; split++) {
        gws_candidates c = {0};
        if (!(status = make_candidates(t, ini, split, &c, err)))
            status = gws_candidates_write(f, split, &c, err);
        gws_candidates_clear(&c);
        if (status)
            goto fail;
    }
    return gws_h5_commit(f, err);
fail:
    gws_h5_close(f);
    return status;
}

gws_status gws_cached_candidates(gws_trainer *t, gws_ini *ini, gws_split split, gws_candidates *out, gws_err *err)
{
    const int there = t->o->candidates && gws_file_exists(t->o->candidates);
    if (!t->o->candidates || (!there && !t->train)) /* at the end of a run whose file was taken away */
        return make_candidates(t, ini, split, out, err);
    gws_status status = GWS_OK;
    char *identity = gws_candidates_identity(ini, (uint64_t)t->s.seed, &t->c, err);
    if (!identity)
        return GWS_ENOMEM;
    if (!there)
        status = write_candidates(t, ini, identity, err);
    if (!status)
        status = gws_candidates_read(t->o->candidates, split, identity, out, err);
    free(identity);
    if (!status && (out->T != t->T || out->before != t->s.candidates.before || out->inputs != t->c.arch.inputs)) {
        gws_candidates_clear(out);
        status = gws_err_set(err, GWS_EFORMAT, "%s: windows of another size than the recipe's", t->o->candidates);
    }
    return status;
}
