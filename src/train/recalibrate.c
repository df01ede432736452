#include "train/recalibrate.h"

#include "base/hdf5.h"
#include "base/ini.h"
#include "model/checkpoint.h"
#include "train/calibrate.h"

#include <stdio.h>
#include <stdlib.h>

/* Record in the history how the file came about whose place this one takes. */
static gws_status keep_provenance(gws_checkpoint *c, const char *path, int64_t *seed, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    char *version = NULL, *hash = NULL, *command = NULL, *more = NULL;
    gws_h5 *f = gws_h5_open(path, err);
    gws_status status = f ? GWS_OK : err->status;
    *seed = -1;
    if (!status && gws_h5_has_attr(f, "/", "seed"))
        status = gws_h5_attr_i64(f, "/", "seed", seed, err);
    if (status || (status = gws_h5_attr_string(f, "/", "gwspike_version", &version, err)) ||
        (status = gws_h5_attr_string(f, "/", "git_hash", &hash, err)) ||
        (status = gws_h5_attr_string(f, "/", "command_line", &command, err)))
        goto fail;
    if (asprintf(&more, " that gwspike %s (%s) made: %s", version, hash, command) < 0) {
        more = NULL; /* asprintf does not say what it left there */
        status = gws_err_set(err, GWS_ENOMEM, "no memory for the history of a model");
        goto fail;
    }
    status = gws_checkpoint_note(c, "calibrations added to a model", path, more, err);
fail:
    free(version);
    free(hash);
    free(command);
    free(more);
    gws_h5_close(f);
    return status;
}

gws_status gws_train_calibrate(const gws_train_options *o, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    gws_checkpoint c;
    gws_efficiency measured;
    int64_t seed;
    gws_ini *ini = NULL;
    gws_status status = gws_checkpoint_load(&c, o->start, err);
    if (status)
        return status;
    if (c.phase >= 0) {
        status = gws_err_set(err, GWS_EDATA, "%s: the checkpoint of a training; --resume goes on with it", o->start);
        goto fail;
    }
    if (!(ini = gws_ini_parse(c.recipe, o->start, err))) {
        status = err->status;
        goto fail;
    }
    if ((status = gws_calibrate(&c, ini, o->pool, o->progress, o->user, &measured, err)) == GWS_ESTOP)
        gws_err_set(err, GWS_ESTOP, "stopped; nothing was written");
    else if (status)
        gws_err_prefix(err, "%s", o->start);
    else if (!(status = keep_provenance(&c, o->start, &seed, err)))
        status = gws_checkpoint_save(&c, o->out, o->command, seed, err);
fail:
    gws_ini_destroy(ini);
    gws_checkpoint_clear(&c);
    return status;
}
