#include "strain/format.h"

gws_status gws_strain_hdf5_open(const char *path, void **handle, gws_err *err)
{
    gws_err local = {0};
    *handle = gws_h5_open(path, &local);
    return *handle ? GWS_OK : gws_err_set(err, local.status, "%s", local.text);
}

void gws_strain_hdf5_close(void *handle)
{
    gws_h5_close(handle);
}
