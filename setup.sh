#!/usr/bin/env bash
# setup.sh - install what is missing, build, verify.
#
#   ./setup.sh              to a working build/gwspike
#   ./setup.sh demo [ARGS]  the same, then `build/gwspike demo --force`
#   ./setup.sh test         the same, then all tests under gcc, and under clang with ASan and UBSan, and the kernels of arm64
#                           under qemu, for which it also installs a cross compiler (on x86-64), and locales;
#                           the last line reads `N passed, N failed, N skipped`
#   ./setup.sh coverage     which lines of src/ the short tests run: pages in build-coverage/coverage/, and one line of percent
#
# Nothing is installed when nothing is missing.  Tested on Debian 12.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

packages="build-essential meson ninja-build pkg-config clang libhdf5-dev libfftw3-dev libjansson-dev
libinih-dev liberfa-dev librandom123-dev zlib1g-dev libdeflate-dev libexpat1-dev libcmocka-dev libcairo2-dev fonts-dejavu-core libcurl4-openssl-dev libssl-dev
librdkafka-dev libmicrohttpd-dev libjs-dygraphs hdf5-tools git ca-certificates"
test_packages="locales openssl chromium python3 zsh fish doxygen"
arm64_packages="gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static"

say()
{
    printf '\n== %s\n' "$*"
}

install_missing()
{
    if ! command -v dpkg-query > /dev/null || ! command -v apt-get > /dev/null; then
        missing=
        for tool in cc meson ninja pkg-config git; do
            command -v "$tool" > /dev/null || missing="$missing $tool"
        done
        for lib in hdf5 libcurl fftw3 jansson inih erfa zlib expat cmocka cairo libcrypto; do
            pkg-config --exists "$lib" 2> /dev/null || missing="$missing $lib"
        done
        if [ -n "$missing" ]; then
            echo "Packages are installed automatically on Debian and Ubuntu only.  pkg-config or the PATH misses:$missing" >&2
            echo "Wanted: a C17 compiler, meson, ninja, pkg-config and the development files of HDF5, FFTW 3, jansson," >&2
            echo "inih, ERFA, Random123, zlib, expat, cmocka, Cairo, libcurl, OpenSSL; and the font DejaVu Sans, in which figures are set.  librdkafka, libmicrohttpd, libdeflate and dygraphs 2 (dygraph.min.js) are optional." >&2
            echo "Homebrew (untested): brew install meson ninja pkg-config hdf5 fftw jansson inih erfa random123 zlib libdeflate expat cmocka cairo curl openssl librdkafka libmicrohttpd" >&2
            # hdf5 is often found without pkg-config, so Meson has the last word
        fi
        return
    fi
    local missing=() p
    for p in $packages; do
        case "$(dpkg-query -W -f '${Status}' "$p" 2> /dev/null || true)" in
        *"ok installed") ;;
        *) missing+=("$p") ;;
        esac
    done
    [ "${#missing[@]}" -eq 0 ] && return
    say "installing ${missing[*]}"
    local sudo=()
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo > /dev/null; then
            echo "setup.sh: not root and no sudo; as root: apt-get install ${missing[*]}" >&2
            exit 1
        fi
        sudo=(sudo)
    fi
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -q
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y "${missing[@]}"
}

# configure DIR OPTIONS...: a build folder with these options, made or brought up to date
configure()
{
    local dir=$1
    shift
    if [ -f "$dir/build.ninja" ]; then
        meson setup --reconfigure "$dir" "$@" > "$dir/setup.log" || { cat "$dir/setup.log"; return 1; }
    else
        mkdir -p "$dir"
        meson setup "$dir" "$@" > "$dir/setup.log" || { cat "$dir/setup.log"; return 1; }
    fi
}

build()
{
    say "building build/"
    configure build -Dwerror=false -Db_pie=true
    ninja -C build
}

verify()
{
    say "verifying"
    build/gwspike version -v
    build/gwspike selfcheck
}

# run_tests DIR MESON-TEST-OPTIONS...: the log is what counts, so a failure does not stop the rest
run_tests()
{
    local dir=$1
    shift
    rm -f "$dir/meson-logs/testlog.json"
    meson test -C "$dir" --print-errorlogs "$@" || true
}

run_all()
{
    local broken=0
    say "tests, $(cc --version | head -n 1)"
    run_tests build --no-suite science --no-suite referee --timeout-multiplier 3

    # Warnings of gcc: a build of its own, because an option that touches every file would undo build/.
    say "warnings of $(cc --version | head -n 1)"
    configure build-warn -Dwerror=true -Dbuildtype=release && ninja -C build-warn || broken=$((broken + 1))

    say "warnings of clang, and its ASan and UBSan"
    # b_lundef: sanitized code refers to symbols that only the program's own link provides
    if CC=clang configure build-san -Dwerror=true -Dbuildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false &&
        ninja -C build-san; then
        UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 run_tests build-san --suite short --suite fuzz --no-suite long --timeout-multiplier 8
    else
        broken=$((broken + 1))
    fi

    say "summary"
    python3 tools/count_tests --broken "$broken" build build-san
}

# run_coverage: the short tests in a build that counts lines.  Processes that are killed, and children that leave by _exit, count nothing.
run_coverage()
{
    say "coverage of the short tests"
    configure build-coverage -Db_coverage=true -Dbuildtype=debugoptimized -Dc_args=-fprofile-update=atomic
    ninja -C build-coverage
    find build-coverage -name '*.gcda' -delete
    run_tests build-coverage --suite short --no-suite long --timeout-multiplier 5
    rm -rf build-coverage/coverage
    mkdir build-coverage/coverage
    gcovr --root . --filter src/ --gcov-ignore-parse-errors --html-details build-coverage/coverage/index.html --print-summary build-coverage > build-coverage/coverage/summary
    say "pages: build-coverage/coverage/index.html"
    sed -n 's/^lines: \([0-9.]*\)%.*/coverage: \1 % of lines/p' build-coverage/coverage/summary
}

case "${1:-}" in
'')
    install_missing
    build
    verify
    ;;
demo)
    shift
    install_missing
    build
    verify
    say "demo"
    build/gwspike demo --force "$@" # its own figure of last time
    ;;
test)
    packages="$packages $test_packages"
    [ "$(uname -m)" != x86_64 ] || packages="$packages $arm64_packages"
    install_missing
    build
    verify
    run_all
    ;;
coverage)
    packages="$packages gcovr"
    install_missing
    run_coverage
    ;;
*)
    echo "usage: ./setup.sh [demo [ARGS] | test | coverage]" >&2
    exit 2
    ;;
esac
