# What is installed is enough to build and run a program outside the project.
[ -f "$SOURCE/models/default.hdf" ] || { echo "skipped: no shipped model to install yet"; exit 77; }
DESTDIR=$PWD/root meson install -C "$(dirname "$G")" --no-rebuild --quiet > out 2> errors || fail "install: $(cat errors)"
pc=$(find root -name gwspike.pc)
[ -n "$pc" ] || fail "no gwspike.pc"
lib=$(dirname "$(find "$PWD/root" -name 'libgwspike.so' -o -name 'libgwspike.dylib' | head -n 1)")
if grep -q __asan_init "$lib"/libgwspike.so*; then
    echo "skipped: the library of a sanitized build needs the sanitizer's own runtime"
    exit 77
fi
include=$(dirname "$(find "$PWD/root" -name gwspike.h)")
sed 's|#include "[a-z/]*.h"||; 1a #include <gwspike.h>' "$SOURCE/examples/detect.c" > outside.c
cc -std=gnu17 -I"$include" -I"$include/gwspike" outside.c -L"$lib" -lgwspike -lm -o outside || fail "an outside program does not build"
"$MAKE_MODEL" m.hdf
"$MAKE_STRAIN" good.hdf good
LD_LIBRARY_PATH=$lib ./outside m.hdf good.hdf > out || fail "an outside program does not run"
grep -q "triggers in 40 s" out || fail "outside: $(cat out)"
find root -name default.hdf | grep -q . || fail "the shipped model is not installed"
for verb in benchmark profile optimize; do
    link=$(find root -name "ligo-$verb")
    [ -L "$link" ] && [ -x "$(dirname "$link")/$(readlink "$link")" ] || fail "no link ligo-$verb to the program"
done
find root -path '*/gwspike/configs/default.ini' | grep -q . || fail "the recipes are not installed"

# A man page for the program and for each verb, where `man` finds them beside the program.
for page in "$SOURCE"/docs/man/*.1; do
    installed=$(find root -path "*/man/man1/${page##*/}*")
    [ -n "$installed" ] || { fail "${page##*/} is not installed"; continue; }
    case $installed in
        *.gz) gzip -dc "$installed" ;;
        *) cat "$installed" ;;
    esac | cmp -s - "$page" || fail "$installed is not docs/man/${page##*/}"
done
bin=$(dirname "$(find "$PWD/root" -name ligo-profile)")
if command -v man >out 2>&1; then
    (unset MANPATH && PATH=$bin:$PATH man -w gwspike-detect) >out 2>err || fail "man -w gwspike-detect: $(cat err)"
    [ "$(cat out)" = "$(dirname "$bin")/share/man/man1/gwspike-detect.1" ] || fail "man gives $(cat out)"
fi
