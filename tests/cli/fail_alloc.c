/* Preloaded into the program: the allocations that the program itself asks for, not those of its libraries, fail from the k-th on
 * (FAIL_FROM) or once (FAIL_ONCE).  FAIL_COUNT names a file for how many there were.  glibc only. */
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pthread.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t size);
extern void *__libc_memalign(size_t align, size_t size);

static uintptr_t begin, end; /* where the program's own code lies */
static long from, once;
static atomic_long asked;

static int find_program(struct dl_phdr_info *info, size_t size, void *user)
{
    (void)size;
    (void)user;
    if (begin || info->dlpi_name[0])
        return 0;
    begin = UINTPTR_MAX;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *h = &info->dlpi_phdr[i];
        if (h->p_type != PT_LOAD)
            continue;
        const uintptr_t first = info->dlpi_addr + h->p_vaddr, last = first + h->p_memsz;
        begin = first < begin ? first : begin;
        end = last > end ? last : end;
    }
    return 1;
}

static long number(const char *name)
{
    const char *text = getenv(name);
    return text ? atol(text) : 0;
}

__attribute__((constructor)) static void start(void)
{
    dl_iterate_phdr(find_program, NULL);
    from = number("FAIL_FROM");
    once = number("FAIL_ONCE");
}

__attribute__((destructor)) static void stop(void)
{
    const char *path = getenv("FAIL_COUNT");
    FILE *f = path ? fopen(path, "w") : NULL;
    if (!f)
        return;
    fprintf(f, "%ld\n", atomic_load(&asked));
    fclose(f);
}

static int fails(const void *caller)
{
    if ((uintptr_t)caller < begin || (uintptr_t)caller >= end)
        return 0;
    const long k = atomic_fetch_add(&asked, 1) + 1;
    if (!(from && k >= from) && !(once && k == once))
        return 0;
    errno = ENOMEM;
    return 1;
}

#define FAILS fails(__builtin_return_address(0))

void *malloc(size_t size)
{
    return FAILS ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return FAILS ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
    return FAILS ? NULL : __libc_realloc(p, size);
}

int posix_memalign(void **p, size_t align, size_t size)
{
    void *got = FAILS ? NULL : __libc_memalign(align, size);
    if (!got)
        return ENOMEM;
    *p = got;
    return 0;
}

/* What allocates inside libc on the program's behalf. */
#define NEXT(type, name, ...) ((type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name))

char *strdup(const char *text)
{
    const size_t size = strlen(text) + 1;
    char *copy = FAILS ? NULL : __libc_malloc(size);
    return copy ? memcpy(copy, text, size) : NULL;
}

char *strndup(const char *text, size_t n)
{
    const size_t size = strnlen(text, n);
    char *copy = FAILS ? NULL : __libc_malloc(size + 1);
    if (!copy)
        return NULL;
    copy[size] = '\0';
    return memcpy(copy, text, size);
}

int vasprintf(char **out, const char *fmt, va_list ap)
{
    return FAILS ? -1 : NEXT(int, "vasprintf", char **, const char *, va_list)(out, fmt, ap);
}

#undef asprintf /* clang has it as a macro where _FORTIFY_SOURCE is set */
int asprintf(char **out, const char *fmt, ...)
{
    va_list ap;
    if (FAILS)
        return -1;
    va_start(ap, fmt);
    const int n = NEXT(int, "vasprintf", char **, const char *, va_list)(out, fmt, ap);
    va_end(ap);
    return n;
}

FILE *fopen(const char *path, const char *mode)
{
    return FAILS ? NULL : NEXT(FILE *, "fopen", const char *, const char *)(path, mode);
}

FILE *open_memstream(char **text, size_t *size)
{
    return FAILS ? NULL : NEXT(FILE *, "open_memstream", char **, size_t *)(text, size);
}

int pthread_create(pthread_t *id, const pthread_attr_t *attr, void *(*run)(void *), void *arg)
{
    return FAILS ? EAGAIN
                 : NEXT(int, "pthread_create", pthread_t *, const pthread_attr_t *, void *(*)(void *), void *)(id, attr, run, arg);
}
