# The library as a stranger has it: installed somewhere, one header, found by pkg-config alone.
[ "$(uname -s)" = Linux ] || { echo "skipped: written for ELF and GNU ld"; exit 77; }
DESTDIR=$PWD/root meson install -C "$(dirname "$G")" --no-rebuild --quiet >out 2>errors || fail "install: $(cat errors)"
lib=$(dirname "$(find "$PWD/root" -name libgwspike.so)")
[ -e "$lib/libgwspike.so.0" ] || { echo "skipped: the library is not a shared one"; exit 77; }
if grep -q __asan_init "$lib/libgwspike.so"; then
    echo "skipped: the library of a sanitized build needs the sanitizer's own runtime"
    exit 77
fi
PKG_CONFIG_PATH=$(dirname "$(find "$PWD/root" -name gwspike.pc)")
PKG_CONFIG_SYSROOT_DIR=$PWD/root
LD_LIBRARY_PATH=$lib
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR LD_LIBRARY_PATH
flags=$(pkg-config --cflags --libs gwspike) || fail "pkg-config: $(pkg-config --cflags --libs gwspike 2>&1)"
case $flags in
    *hdf5* | *fftw* | *include/gwspike*) fail "pkg-config gives more than a user needs: $flags" ;;
esac

# The names that the library shows are those that the header declares.
"$SOURCE/tools/export_map" "$SOURCE/include/gwspike.h" | sort >declared
nm -D --defined-only "$lib/libgwspike.so" | awk '{ print $3 }' | sort >shown
cmp -s declared shown || fail "declared and shown differ: $(diff declared shown)"
[ "$(wc -l <declared)" -ge 35 ] && [ "$(wc -l <declared)" -le 45 ] || fail "$(wc -l <declared) functions: about forty were promised"
readelf -d "$lib/libgwspike.so" | grep -q 'SONAME.*\[libgwspike\.so\.0\]' || fail "the soname is not libgwspike.so.0"

# What prints, ends the process or is called when it ends is not even linked.
nm -D --undefined-only "$lib/libgwspike.so" | awk '{ print $2 }' | sed 's/@.*//' >wanted
grep -x -E 'exit|quick_exit|atexit|on_exit|__cxa_atexit|printf|__printf_chk|puts|putchar|vprintf|perror|stdout|setlocale|sigaction' wanted &&
    fail "the library wants what only a program may use"

# A C11 and a C++17 program, with all warnings, from every compiler that is here.
"$MAKE_MODEL" m.hdf || fail make_model
"$MAKE_STRAIN" gap.hdf gap || fail make_strain
expect 0 "$G" detect -m m.hdf --json --threshold -3.5 -j 1 gap.hdf
sed 's/^{"gps": \([^,]*\), "stat": \([^,]*\),.*/\1 \2/' out | awk '{ printf "%.17g %.17g\n", $1, $2 }' >program.txt
[ "$(wc -l <program.txt)" -ge 3 ] || fail "detect finds too little to compare: $(cat out)"
strict="-Wall -Wextra -pedantic -Werror"
built=0
for how in "gcc -std=c11" "clang -std=c11" "g++ -std=c++17 -x c++" "clang++ -std=c++17 -x c++"; do
    command -v "${how%% *}" >/dev/null || continue
    # shellcheck disable=SC2086
    $how $strict "$SOURCE/tests/face/cuts.c" -x none $flags -o cuts 2>errors || { fail "$how: $(head -n 5 errors)"; continue; }
    built=$((built + 1))
    for seed in 1 2 3; do
        expect 0 ./cuts ./m.hdf gap.hdf -3.5 $seed
        awk '{ printf "%.17g %.17g\n", $1, $2 }' out | cmp -s - program.txt ||
            fail "$how, cuts $seed: other triggers than detect: $(diff out program.txt | head -n 5)"
    done
done
[ "$built" -ge 2 ] || fail "no C and C++ compiler was found"

# Rates: those that detect gives, by a background of time slides and by the model's own.
expect 0 "$G" background -m m.hdf --threshold -3.5 --threshold-linear -3.5 --slides 6 --slide-step 2 gap.hdf -o bg.hdf
gcc -std=c11 $strict "$SOURCE/tests/face/rates.c" $flags -o rates 2>errors || fail "rates.c: $(head -n 3 errors)"
for how in "--background bg.hdf" ""; do
    # shellcheck disable=SC2086
    expect 0 "$G" detect -m m.hdf --json --threshold -3.6 $how gap.hdf
    awk '{
        number = ""; bound = "counted"
        if (match($0, /"far_bound": "[a-z]*/)) bound = substr($0, RSTART + 14, RLENGTH - 14)
        if (match($0, /"far_per_month_limit": [0-9.e+]*/)) number = substr($0, RSTART + 23, RLENGTH - 23)
        else if (match($0, /"far_per_month": [0-9.e+]*/)) number = substr($0, RSTART + 17, RLENGTH - 17)
        printf "%s %.6g\n", bound, number
    }' out >"program${how:+s}.txt"
done
sed 's/^{"gps": \([^,]*\), "stat": \([^,]*\),.*/\1 \2/' out | ./rates ./m.hdf bg.hdf >all.txt || fail "rates fails"
cut -d ' ' -f 1,2 all.txt | cmp -s - programs.txt || fail "rates by a background: $(cut -d ' ' -f 1,2 all.txt | diff - programs.txt | head -n 4)"
cut -d ' ' -f 3,4 all.txt | cmp -s - program.txt || fail "rates by the model: $(cut -d ' ' -f 3,4 all.txt | diff - program.txt | head -n 4)"
grep -q "^counted" all.txt && grep -q "above" all.txt || fail "no rate that was counted, no bound: $(cat all.txt)"

# What a C++ user once tried.
if [ -f "$DATA/failing/19_cplusplus.cpp" ]; then
    # shellcheck disable=SC2086
    g++ "$DATA/failing/19_cplusplus.cpp" $flags -o plus 2>errors || fail "19_cplusplus.cpp: $(head -n 3 errors)"
    expect 0 ./plus
    [ "$(cat out)" = ok ] || fail "19_cplusplus.cpp says $(cat out)"
fi

# The examples build the same way, and a shipped model is found by its name beside the library, wherever that was installed.
for example in "$SOURCE"/examples/*.c; do
    # shellcheck disable=SC2086
    gcc -std=c11 $strict "$example" $flags -lm -o example 2>errors || fail "$example: $(head -n 3 errors)"
    [ "$(wc -l <"$example")" -le 60 ] || fail "$example has more than 60 lines"
done
if [ -f "$SOURCE/models/bbh-real.hdf" ]; then
    # shellcheck disable=SC2086
    gcc -std=c11 "$SOURCE/examples/search.c" $flags -o search
    expect 0 ./search
    grep -q "^4 triggers of 4 signals" out || fail "search: $(cat out)"
fi

# The first program of docs/library.md, as it stands there, on a second of each detector after the other.
sed -n '/^```c$/,/^```$/p' "$SOURCE/docs/library.md" | sed '/^```/d' >first.c
sed -n '/^```c$/,/^```$/p' "$SOURCE/README.md" | sed '/^```/d' | cmp -s - first.c || fail "the README shows another first program than docs/library.md"
# shellcheck disable=SC2086
gcc -std=c11 -Wall -Werror first.c $flags -o first 2>errors || fail "docs/library.md: $(head -n 3 errors)"
if [ -f "$SOURCE/models/bbh-real.hdf" ]; then
    expect 0 "$G" simulate --duration 60 --start 1300000000 --snr-min 20 --snr-max 25 -s 1 -o made.hdf
    for ifo in H1 L1; do
        h5dump -d /$ifo/1300000000 -b LE -o $ifo.raw made.hdf >/dev/null || fail "h5dump: $ifo"
        split -b 16384 -a 2 $ifo.raw $ifo.second.
    done
    for second in H1.second.*; do
        cat "$second" "L1.second.${second##*.}"
    done >both.raw
    ./first <both.raw >out || fail "the first program fails"
    "$G" detect -m "$SOURCE/models/bbh-real.hdf" --json made.hdf 2>/dev/null |
        sed 's/^{"gps": \([^,]*\), "stat": \([^,]*\),.*/\1 \2/' | awk '{ printf "GPS %.3f  statistic %.2f\n", $1, $2 }' >program.txt
    [ -s program.txt ] || fail "detect finds nothing in made.hdf"
    cmp -s out program.txt || fail "the first program says $(cat out), detect says $(cat program.txt)"
fi
