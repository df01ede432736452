#include "cli/inputs.h"

#include "cli/archive.h"
#include "sim/mlgwsc_input.h"
#include "strain/inputs.h"

#include <stdlib.h>
#include <string.h>

/* Names that the library takes: no output may replace a file that a list named. */
static gws_status take_inputs(const gws_cli *cli, char **names, int n, gws_err *err)
{
    gws_status status = GWS_OK;
    for (int i = 0; i < n && status == GWS_OK; i++) {
        char *name = gws_cli_input(cli, names[i], err);
        if (!name)
            return err->status;
        free(names[i]);
        names[i] = name;
        if (cli->outputs && strncmp(name, "sim:", 4) != 0)
            status = gws_outputs_input(cli->outputs, name, err);
    }
    return status;
}

void gws_cli_want(gws_cli *cli, const char (*ifos)[4], int n)
{
    char *to = cli->select.ifos;
    to[0] = '\0';
    for (int i = 0; i < n; i++) {
        const size_t used = strlen(to);
        snprintf(to + used, sizeof cli->select.ifos - used, "%s%s", used ? "," : "", ifos[i]);
    }
}

gws_status gws_cli_inputs(const gws_cli *cli, char *const *inputs, int n, char ***out, int *n_out, gws_err *err)
{
    char **named = NULL;
    int n_named = 0;
    gws_status status = gws_archive_inputs(cli, inputs, n, &named, &n_named, err);

    *out = NULL;
    *n_out = 0;
    if (status == GWS_OK)
        status = gws_inputs_expand((const char *const *)named, n_named, stdin, out, n_out, err);
    if (status == GWS_OK && (status = take_inputs(cli, *out, *n_out, err)) != GWS_OK) {
        gws_inputs_free(*out, *n_out);
        *out = NULL;
        *n_out = 0;
    }
    gws_inputs_free(named, n_named);
    return status;
}

gws_strain_set *gws_cli_strain(const gws_cli *cli, char *const *inputs, int n, const gws_strain_use *use, gws_pool *pool,
                               gws_err *err)
{
    gws_strain_use all = use ? *use : (gws_strain_use){0};
    gws_selection selection = {0};
    gws_strain_set *set = NULL;
    char **names = NULL;
    int n_names = 0;

    gws_status status = gws_select_load(&cli->select, &selection, &all, err);
    if (status == GWS_OK)
        status = gws_cli_inputs(cli, inputs, n, &names, &n_names, err);
    all.formats = gws_sim_formats;
    all.origins = gws_archive_origins();
    if (status == GWS_OK && (set = gws_strain_open_use((const char *const *)names, n_names, &all, err)) != NULL)
        gws_strain_set_pool(set, pool);
    gws_inputs_free(names, n_names);
    gws_selection_clear(&selection);
    return set;
}
