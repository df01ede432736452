/* gwspike report - a page that a person looks at. */
#include "base/file.h"
#include "base/hdf5.h"
#include "cli/opts.h"
#include "cli/quality.h"
#include "cli/report_search.h"
#include "report/results.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_MOST 100

/* What the user asked for. */
typedef struct wish {
    const char *out, *data, *head_name, *keep, *title;
    gws_report_search search;
    int64_t beside;
} wish;

/* The inputs, sorted by what they are. */
typedef struct sorted {
    char **strain;
    int n_strain;
    gws_result *results; /* all else, in the order given */
    int n_results;
    char *backgrounds; /* names with commas; NULL: none */
} sorted;

static gws_status add_background(sorted *s, const char *name, gws_err *err)
{
    const size_t size = (s->backgrounds ? strlen(s->backgrounds) : 0) + strlen(name) + 2;
    char *more = malloc(size);

    if (!more)
        return gws_err_set(err, GWS_ENOMEM, "no memory for the list of inputs");
    snprintf(more, size, "%s%s%s", s->backgrounds ? s->backgrounds : "", s->backgrounds ? "," : "", name);
    free(s->backgrounds);
    s->backgrounds = more;
    return GWS_OK;
}

static gws_status sort(char **inputs, int n, sorted *s, gws_err *err)
{
    gws_status status = GWS_OK;

    s->strain = calloc((size_t)n, sizeof *s->strain);
    s->results = calloc((size_t)n, sizeof *s->results);
    if (!s->strain || !s->results)
        return gws_err_set(err, GWS_ENOMEM, "no memory for %d inputs", n);
    for (int i = 0; i < n && status == GWS_OK; i++) {
        gws_result r = {.path = inputs[i]};
        status = gws_result_kind_of(inputs[i], &r.kind, err);
        if (status == GWS_OK && r.kind == GWS_RESULT_NONE)
            s->strain[s->n_strain++] = inputs[i];
        else if (status == GWS_OK)
            s->results[s->n_results++] = r;
        if (status == GWS_OK && r.kind == GWS_RESULT_BACKGROUND)
            status = add_background(s, inputs[i], err);
    }
    return status;
}

static const char *title_of(const wish *w, const sorted *s)
{
    if (w->title)
        return w->title;
    if (s->n_strain > 0)
        return "Search for merging black holes";
    return s->n_results == 1 ? gws_result_title(s->results[0].kind) : "Results";
}

static gws_status fill(gws_cli *cli, wish *w, const sorted *s, gws_page *p, gws_err *err)
{
    const gws_result_wish how = {.beside = (int)w->beside};
    gws_status status = GWS_OK;

    if (s->n_strain > 0) {
        w->search.background = w->search.background ? w->search.background : s->backgrounds;
        status = gws_report_search_put(cli, &w->search, s->strain, s->n_strain, p, err);
    }
    for (int i = 0; i < s->n_results && status == GWS_OK; i++)
        status = gws_result_put(p, &s->results[i], &how, i, err);
    if (status == GWS_OK) {
        const gws_fact made[] = {{"command", cli->command}};
        gws_page_section(p, "provenance", "How it was made");
        gws_page_facts(p, made, 1);
    }
    return status;
}

static gws_status make(gws_cli *cli, wish *w, char **inputs, int n, gws_h5 **data, gws_err *err)
{
    sorted s = {0};
    gws_page *p = NULL;
    char *html = NULL;
    size_t size;
    gws_status status = sort(inputs, n, &s, err);

    if (status == GWS_OK && !(p = gws_page_create(title_of(w, &s), "gwspike report", *data, err)))
        status = err->status;
    if (status == GWS_OK)
        status = fill(cli, w, &s, p, err);
    if (status == GWS_OK)
        status = gws_page_take(p, &html, &size, err);
    if (status == GWS_OK)
        status = gws_file_write(w->out, html, size, err);
    if (status == GWS_OK && *data)
        status = gws_h5_provenance(*data, cli->command, -1, NULL, err);
    if (status == GWS_OK && *data) {
        status = gws_h5_commit(*data, err);
        *data = NULL;
    }
    gws_page_destroy(p);
    free(html);
    free(s.strain);
    free(s.results);
    free(s.backgrounds);
    return status == GWS_OK ? gws_cli_commit(cli, err) : status;
}

static int run(gws_cli *cli, wish *w, char **inputs, int n)
{
    gws_err err = {0};
    gws_h5 *data = NULL;
    int status;

    if ((w->data && !(data = gws_h5_create(w->data, &err))) || make(cli, w, inputs, n, &data, &err) != GWS_OK) {
        status = gws_cli_fail(cli, &err);
    } else {
        gws_cli_log(GWS_LOG_INFO, "page: %s", w->out);
        status = gws_cli_done(cli);
    }
    gws_h5_close(data);
    return status;
}

/* Returns 0, or 2 after the message. */
static int check_wish(gws_cli *cli, wish *w)
{
    if (!w->out)
        return gws_cli_misuse(cli, "wants -o PAGE.html");
    if (strcmp(w->head_name, "spiking") != 0 && strcmp(w->head_name, "linear") != 0)
        return gws_cli_misuse(cli, "--head is spiking or linear, got '%s'", w->head_name);
    if (w->search.shown < 0 || w->search.shown > SHOWN_MOST)
        return gws_cli_misuse(cli, "--triggers %lld, wanted 0 to %d", (long long)w->search.shown, SHOWN_MOST);
    if (w->beside != -1 && w->beside != 0 && w->beside != 1 && w->beside != 4)
        return gws_cli_misuse(cli, "--beside %lld: published numbers are known of MLGWSC-1's sets 1 and 4; 0 is none",
                              (long long)w->beside);
    if (gws_keep_parse(w->keep, &w->search.use))
        return gws_cli_misuse(cli, "--keep is cat1, injections or cat1,injections, got '%s'", w->keep);
    w->search.head = strcmp(w->head_name, "linear") == 0 ? GWS_HEAD_LINEAR : GWS_HEAD_SPIKING;
    return 0;
}

int gws_cmd_report(gws_cli *cli, int argc, char **argv)
{
    wish w = {.head_name = "spiking", .beside = -1, .search = {.threshold = (double)NAN, .shown = 5}};
    char **inputs = NULL;
    int n_inputs = 0;
    const gws_opt options[] = {
        GWS_OPT_OUTPUT_AS(&w.out, GWS_OPT_TO_PAGE, "the page, .html (needed)"),
        {0, "data", GWS_OPT_STRING, &w.data, "FILE", "the numbers behind its plots (HDF5)", GWS_OPT_TO_HDF5},
        {0, "title", GWS_OPT_STRING, &w.title, "TEXT", "its title", 0},
        GWS_OPT_MODEL(&w.search.model),
        {0, "threshold", GWS_OPT_DOUBLE, &w.search.threshold, "X", "triggers above this statistic (default: the model's)", 0},
        {0, "head", GWS_OPT_STRING, &w.head_name, "NAME", "spiking (default) or linear", 0},
        GWS_OPT_BACKGROUND(&w.search.background),
        {0, "triggers", GWS_OPT_INT, &w.search.shown, "N", "the loudest that get a part of their own (default 5)", 0},
        {0, "beside", GWS_OPT_INT, &w.beside, "SET",
         "published distances of MLGWSC-1's set 1 or 4 beside an evaluation; 0: none (default: by its command)", 0},
        GWS_OPT_KEEP(&w.keep),
        GWS_OPTS_SELECT(&cli->select),
        GWS_OPT_THREADS(&w.search.threads),
        GWS_OPT_MEMORY(&w.search.memory),
    };
    const gws_opts opts = {
        .usage = "-o PAGE.html [--data NUMBERS.hdf] [-m MODEL] [--background BG.hdf] [--triggers N] INPUT...",
        .about =
            "Make one page that opens in a browser from disk, without any request: from strain files, which are searched as\n"
            "`detect` does, and from what other verbs wrote: events, a background, an evaluation, a training log (a folder of\n"
            "--logdir, or its trainlog.jsonl).  Each input is told by what is in it.\n"
            "\n"
            "A search shows its triggers, their rates and the logits of the whole stretch; the loudest triggers each have the\n"
            "whitened strain with the best template over it, the Q-transform, the noise, the logits of both heads, latents\n"
            "and spikes.  A background given as input gives the rates.  Plots zoom by dragging, a click on a name hides a\n"
            "curve, CSV gives its numbers; each is there as a picture too.",
        .examples = "gwspike report -o gw150914.html H-H1_LOSC_4_V2-1126259446-32.hdf5 L-L1_LOSC_4_V2-1126259446-32.hdf5\n"
                    "gwspike report -o night.html --data night.hdf bg.hdf H-H1_*.hdf5 L-L1_*.hdf5\n"
                    "gwspike report -o eval.html eval.hdf\n"
                    "gwspike report -o training.html trainlog.jsonl",
        .options = options,
        .n_options = (int)(sizeof options / sizeof options[0]),
        .min_inputs = 1,
        .max_inputs = -1,
        .input = "at least one strain file, or a result",
    };
    const int parsed = gws_opts_parse(cli, &opts, argc, argv, &inputs, &n_inputs);

    if (parsed != GWS_OPTS_RUN)
        return parsed;
    if (check_wish(cli, &w))
        return 2;
    return run(cli, &w, inputs, n_inputs);
}
