/* driver.c - run a fuzz target without libFuzzer.
 *
 *   fuzz_<parser> CORPUS N              every file of the folder, N mutations of each, and the empty input
 *   fuzz_<parser> CORPUS N FILE K OUT   write mutation K of FILE to OUT, to look at what crashed
 *
 * Mutation k of a file is a function of its bytes, its name and k, so a crash is the same everywhere.  What was
 * running when the program died is printed by its signal handlers.
 */
#include "fuzz/mutate.h"

#include <dirent.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__asan_default_options(void);
const char *__lsan_default_suppressions(void);

/* A damaged length asks for more memory than there is: malloc says NULL, as it does without the sanitizer. */
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

/* libhdf5 forgets what it had allocated when it gives up on a damaged file. */
const char *__lsan_default_suppressions(void)
{
    return "leak:libhdf5";
}

static char running[512] = "none";

/* Seconds of one input that count as a hang. */
#define PATIENCE 200

static void died(int sig)
{
    static const char crash[] = "fuzz: died in ", hang[] = "fuzz: hangs in ";
    ssize_t ignored = sig == SIGALRM ? write(2, hang, sizeof hang - 1) : write(2, crash, sizeof crash - 1);
    ignored += write(2, running, strlen(running));
    ignored += write(2, "\n", 1);
    (void)ignored;
    signal(sig, SIG_DFL);
    raise(sig);
}

/* A copy in memory of its own, so that a sanitizer sees a read past the end. */
static void run(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy)
        exit(1);
    memcpy(copy, data, size);
    alarm(PATIENCE);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static uint8_t *load(const char *folder, const char *name, size_t *size)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "rb");
    if (!f || fseek(f, 0, SEEK_END) != 0) {
        fprintf(stderr, "fuzz: cannot read %s\n", path);
        exit(1);
    }
    *size = (size_t)ftell(f);
    rewind(f);
    uint8_t *data = malloc(*size + MUTATE_ROOM);
    if (!data || fread(data, 1, *size, f) != *size) {
        fprintf(stderr, "fuzz: cannot read %s\n", path);
        exit(1);
    }
    fclose(f);
    return data;
}

static int visible(const struct dirent *e)
{
    return e->d_name[0] != '.';
}

int main(int argc, char **argv)
{
    if (argc != 3 && argc != 6) {
        fprintf(stderr, "usage: %s CORPUS N [FILE K OUT]\n", argv[0]);
        return 2;
    }
    size_t size;
    if (argc == 6) {
        uint8_t *data = load(argv[1], argv[3], &size);
        size = mutate(data, size, argv[3], atoi(argv[4]));
        FILE *out = fopen(argv[5], "wb");
        int bad = !out || fwrite(data, 1, size, out) != size || fclose(out) != 0;
        free(data);
        return bad;
    }
    signal(SIGSEGV, died);
    signal(SIGABRT, died);
    signal(SIGBUS, died);
    signal(SIGFPE, died);
    signal(SIGALRM, died);
    struct dirent **list = NULL;
    int n = scandir(argv[1], &list, visible, alphasort), mutations = atoi(argv[2]);
    if (n <= 0) {
        fprintf(stderr, "fuzz: no corpus in %s\n", argv[1]);
        return 1;
    }
    snprintf(running, sizeof running, "the empty input");
    run((const uint8_t *)"", 0);
    for (int i = 0; i < n; i++) {
        const char *name = list[i]->d_name;
        for (int k = 0; k <= mutations; k++) {
            snprintf(running, sizeof running, "%s mutation %d", name, k);
            uint8_t *data = load(argv[1], name, &size);
            if (k > 0)
                size = mutate(data, size, name, k);
            run(data, size);
            free(data);
        }
        free(list[i]);
    }
    free(list);
    printf("fuzz: %d files, %d mutations of each\n", n, mutations);
    return 0;
}
