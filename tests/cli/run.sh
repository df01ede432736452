#!/bin/sh
# run.sh SCRIPT PROGRAM MAKE_MODEL MAKE_STRAIN DATA SOURCE - run a test of the command line in a scratch folder that is removed
# afterwards.  A script sees: $G the program, $MAKE_MODEL and $MAKE_STRAIN, $EXAMPLES the folder of the built examples, $DATA the
# folder of test data (may be absent), $SOURCE the source tree, and the functions below.
set -u

# Meson gives names seen from the build folder.
absolute()
{
    case $1 in
        /*) echo "$1" ;;
        *) echo "$PWD/$1" ;;
    esac
}

SCRIPT=$(absolute "$1") G=$(absolute "$2") MAKE_MODEL=$(absolute "$3") MAKE_STRAIN=$(absolute "$4")
DATA=$(absolute "$5") SOURCE=$(absolute "$6")
EXAMPLES=$(dirname "$MAKE_MODEL")
export EXAMPLES G MAKE_MODEL MAKE_STRAIN DATA SOURCE
SCRATCH=$(mktemp -d) || exit 99
trap 'rm -rf "$SCRATCH"' EXIT
cd "$SCRATCH" || exit 99
unset GWSPIKE_MODEL GWSPIKE_ISA GWSPIKE_MEMORY GWSPIKE_MLGWSC GWSPIKE_EXTERNAL
unset http_proxy https_proxy all_proxy HTTPS_PROXY ALL_PROXY # the servers of the tests are on this machine
LC_ALL=C                         # sort -g and awk read and write the point of a number, as the program does
GWSPIKE_MLGWSC=$DATA/mlgwsc      # where there is no such folder, the program looks elsewhere
XDG_CONFIG_HOME=$SCRATCH/.config # nothing of this machine's user
export LC_ALL GWSPIKE_MLGWSC XDG_CONFIG_HOME
FAILED=0

fail()
{
    echo "FAILED: $*" >&2
    FAILED=1
}

# expect STATUS WORDS... - run, keep ./out and ./err, compare the exit status; [12] is one of two.
expect()
{
    wanted=$1
    shift
    "$@" >out 2>err </dev/null
    got=$?
    case $got in
        $wanted) ;;
        *) fail "status $got, wanted $wanted: $*: $(head -c 300 err)" ;;
    esac
}

# refuse STATUS PATTERN WORDS... - as expect, and: nothing on stdout, exactly one line on stderr that matches, no file left behind.
refuse()
{
    wanted=$1 pattern=$2
    shift 2
    before=$(ls -a)
    : >out
    : >err
    expect "$wanted" "$@"
    [ -s out ] && fail "stdout is not empty: $*"
    [ "$(wc -l <err)" = 1 ] || fail "not one line on stderr: $*: $(head -c 500 err)"
    grep -q -- "$pattern" err || fail "stderr does not say '$pattern': $*: $(cat err)"
    after=$(ls -a)
    [ "$before" = "$after" ] || [ "$(printf '%s\nerr\nout\n' "$before" | sort -u)" = "$(printf '%s\n' "$after" | sort -u)" ] ||
        fail "files were left behind: $*: $(ls)"
}

. "$SCRIPT"
exit $FAILED
