/* make_hostile.c - HDF5 files that mean harm or were damaged, for damaged.sh.
 *
 *   make_hostile KIND FILE [OTHER]
 *
 * link       /H1 is a link into OTHER           storage  /H1/1300000000 has its samples in OTHER
 * virtual    ... is a view of OTHER             cycle    groups that hold one another and the root
 * escape     names and texts that move a cursor
 * unwritten  a claim of 1e9 s of which nothing was ever written
 * holes      14 s of both detectors of which the second quarter was never written
 * many_old, many_new   10,000 segments of both detectors, in either kind of group
 * strings    the file to damage: text in variable length, in attributes and a data set
 * heap-HOW   OTHER, one length in each of its heaps of strings changed: loop huge neg big over index
 */
#include <hdf5.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RATE 2048

static hid_t text_type(void)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    return type;
}

static void put_text(hid_t object, const char *name, const char *text)
{
    hid_t type = text_type(), space = H5Screate(H5S_SCALAR), attr = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(attr, type, &text);
    H5Aclose(attr);
    H5Sclose(space);
    H5Tclose(type);
}

static void put_number(hid_t object, const char *name, double v)
{
    hid_t space = H5Screate(H5S_SCALAR), attr = H5Acreate2(object, name, H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(attr, H5T_NATIVE_DOUBLE, &v);
    H5Aclose(attr);
    H5Sclose(space);
}

/* A data set of n samples; negative `chunk`: contiguous. */
static hid_t make_set(hid_t group, const char *name, hsize_t n, int64_t chunk, hid_t props, double start)
{
    hsize_t size = n, pieces = (hsize_t)chunk;
    hid_t space = H5Screate_simple(1, &size, NULL);
    if (chunk > 0)
        H5Pset_chunk(props, 1, &pieces);
    hid_t set = H5Dcreate2(group, name, H5T_IEEE_F64LE, space, H5P_DEFAULT, props, H5P_DEFAULT);
    put_number(set, "start_time", start);
    put_number(set, "delta_t", 1.0 / RATE);
    H5Sclose(space);
    return set;
}

static void write_noise(hid_t set, hsize_t first, hsize_t n)
{
    double *x = malloc(n * sizeof *x);
    uint64_t state = first + 1;
    hid_t space = H5Dget_space(set), mem = H5Screate_simple(1, &n, NULL);
    for (hsize_t i = 0; x && i < n; i++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        x[i] = ((double)(state >> 11) / 9007199254740992.0 - 0.5) * 1e-21;
    }
    H5Sselect_hyperslab(space, H5S_SELECT_SET, &first, NULL, &n, NULL);
    H5Dwrite(set, H5T_NATIVE_DOUBLE, mem, space, H5P_DEFAULT, x);
    H5Sclose(mem);
    H5Sclose(space);
    free(x);
}

static void make_strain(hid_t file, const char *kind, const char *other)
{
    hid_t props = H5Pcreate(H5P_DATASET_CREATE), set = -1;
    for (int d = 0; d < 2; d++) {
        hid_t group = H5Gcreate2(file, d ? "L1" : "H1", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        if (strcmp(kind, "unwritten") == 0) {
            set = make_set(group, "1300000000", (hsize_t)RATE * 1000000000, 65536, props, 1300000000);
        } else if (strcmp(kind, "holes") == 0) {
            set = make_set(group, "1300000000", 16 * RATE, RATE, props, 1300000000);
            write_noise(set, 0, 4 * RATE);
            write_noise(set, 8 * RATE, 8 * RATE);
        } else if (strcmp(kind, "storage") == 0) {
            H5Pset_external(props, other, 0, 16 * RATE * sizeof(double));
            set = make_set(group, "1300000000", 16 * RATE, -1, props, 1300000000);
        } else {
            hsize_t n = 16 * RATE;
            hid_t space = H5Screate_simple(1, &n, NULL);
            H5Pset_virtual(props, space, other, "/H1/1300000000", space);
            set = make_set(group, "1300000000", 16 * RATE, -1, props, 1300000000);
            H5Sclose(space);
        }
        H5Dclose(set);
        H5Gclose(group);
    }
    H5Pclose(props);
}

static void make_many(hid_t file)
{
    for (int d = 0; d < 2; d++) {
        hid_t group = H5Gcreate2(file, d ? "L1" : "H1", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        for (int i = 0; i < 10000; i++) {
            char name[20];
            hid_t props = H5Pcreate(H5P_DATASET_CREATE);
            snprintf(name, sizeof name, "%d", 1300000000 + 10 * i);
            hid_t set = make_set(group, name, 8, i % 2 ? 8 : -1, props, 1300000000 + 10 * i);
            write_noise(set, 0, 8);
            H5Dclose(set);
            H5Pclose(props);
        }
        H5Gclose(group);
    }
}

static void make_strings(hid_t file)
{
    static const char *const words[3] = {"one", "a second one", "three"};
    hsize_t n = 3;
    hid_t type = text_type(), space = H5Screate_simple(1, &n, NULL);
    hid_t set = H5Dcreate2(file, "words", type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, words);
    H5Dclose(set);
    H5Sclose(space);
    H5Tclose(type);
    put_text(file, "format", "gwspike-model");
    put_text(file, "command_line", "made to be damaged");
}

static void make_escape(hid_t file)
{
    hid_t props = H5Pcreate(H5P_DATASET_CREATE);
    hid_t group = H5Gcreate2(file, "g\033]0;owned\007", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dclose(make_set(group,
                      "x\033[31m\xc2\x9b"
                      "5m\xff",
                      4, -1, props, 0));
    put_text(file, "command_line", "x\033[2J\nsecond line");
    H5Gclose(group);
    H5Pclose(props);
}

static void make_cycle(hid_t file)
{
    hid_t a = H5Gcreate2(file, "a", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    hid_t b = H5Gcreate2(a, "b", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_hard(file, "/", b, "root", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_hard(file, "/a", b, "a", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_hard(file, "/a/b", a, "c", H5P_DEFAULT, H5P_DEFAULT);
    H5Gclose(a);
    H5Gclose(b);
}

static void store(unsigned char *p, uint64_t v, int bytes)
{
    for (int i = 0; i < bytes; i++)
        p[i] = (unsigned char)(v >> 8 * i);
}

/* The first object of a heap: index at 16, length at 24. */
static int damage_heaps(const char *how, const char *path, const char *from)
{
    static unsigned char data[1 << 23];
    FILE *f = fopen(from, "rb");
    size_t n = f ? fread(data, 1, sizeof data, f) : 0;
    int heaps = 0;
    if (f)
        fclose(f);
    for (size_t i = 0; i + 32 < n; i++) {
        if (memcmp(data + i, "GCOL", 4) != 0)
            continue;
        uint64_t size = data[i + 8] | (uint64_t)data[i + 9] << 8 | (uint64_t)data[i + 10] << 16;
        heaps++;
        if (strcmp(how, "loop") == 0) {
            store(data + i + 16, 0, 2);
            store(data + i + 24, 0, 8);
        } else if (strcmp(how, "index") == 0) {
            store(data + i + 16, 0xffff, 2);
        } else {
            store(data + i + 24,
                  strcmp(how, "huge") == 0  ? UINT64_MAX - 31
                  : strcmp(how, "neg") == 0 ? UINT64_MAX - 4095
                  : strcmp(how, "big") == 0 ? UINT64_C(1) << 40
                                            : size + 4096,
                  8);
        }
    }
    f = fopen(path, "wb");
    int bad = heaps == 0 || !f || fwrite(data, 1, n, f) != n;
    return (f && fclose(f) != 0) || bad;
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    const char *kind = argv[1], *other = argc > 3 ? argv[3] : "none";
    if (strncmp(kind, "heap-", 5) == 0)
        return damage_heaps(kind + 5, argv[2], other);
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    if (strcmp(kind, "many_new") == 0)
        H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
    hid_t file = H5Fcreate(argv[2], H5F_ACC_TRUNC, H5P_DEFAULT, access);
    if (file < 0)
        return 1;
    if (strcmp(kind, "link") == 0)
        H5Lcreate_external(other, "/H1", file, "H1", H5P_DEFAULT, H5P_DEFAULT);
    else if (strcmp(kind, "cycle") == 0)
        make_cycle(file);
    else if (strcmp(kind, "escape") == 0)
        make_escape(file);
    else if (strcmp(kind, "strings") == 0)
        make_strings(file);
    else if (strncmp(kind, "many", 4) == 0)
        make_many(file);
    else
        make_strain(file, kind, other);
    H5Pclose(access);
    return H5Fclose(file) < 0;
}
