# Outputs: never over an input, whatever its name; over an existing file only with --force; nothing but files; all or none.
. "$SOURCE/tests/cli/outputs.inc"
make_inputs
device=$(ls -lL /dev/null | cut -c1-10)

# refused PATTERN WORDS... - status 1 or 2, one line that matches, no results, no file more or less.
refused()
{
    refuse '[12]' "$@"
}

# ---- every way to name an input ----
mkdir sub
ln -s . door
never_over_its_inputs()
{
    ending=$1 inputs=$2
    shift 2
    for input in $inputs; do
        cp "$input" kept
        ln "$input" "hard$ending"
        ln -s "$input" "soft$ending"
        ln -s "soft$ending" "chain$ending"
        names="hard$ending soft$ending chain$ending door/soft$ending"
        case $input in
            *"$ending") names="$names $input ./$input sub/../$input ../$(basename "$PWD")/$input $PWD/$input door/$input" ;;
        esac
        refused "an input of this run" with "hard$ending" "$@"
        for spelled in $names; do
            refused "an input of this run" with "$spelled" "$@" --force
        done
        [ -L "soft$ending" ] || fail "a link was replaced: $*"
        cmp -s kept "$input" || fail "$input was changed: $*"
        rm "hard$ending" "soft$ending" "chain$ending"
    done
}
touch kept
each_output never_over_its_inputs
# Inputs that stand inside a word, that other files name, that are the default.
refused "an input of this run" "$G" psd --curve asd:psd.hdf -o psd.hdf --force
refused "an input of this run" "$G" train -c small.ini -o t.hdf --start t.hdf.ckpt --force
sed 's/^stretch_s.*/&\npsd = psd.hdf/' small.ini >named.ini
cp psd.hdf kept
refused "an input of this run" "$G" train -c named.ini -o psd.hdf --force
cmp -s kept psd.hdf || fail "a noise curve that the recipe names was replaced"
refused "an input of this run" "$G" detect s.hdf -o m.hdf --force

# ---- what cannot be, found before the work ----
longest=$(printf '%0251d' 0) # and an ending of four: as long as a name may be
cannot_be()
{
    ending=$1
    shift 2
    echo old >"old$ending"
    mkdir "folder$ending"
    ln -s nothing "dangling$ending"
    mkfifo "pipe$ending"
    refused "old$ending exists; --force replaces it" with "old$ending" "$@"
    refused "nowhere/x$ending: cannot create: No such file" with "nowhere/x$ending" "$@"
    refused "old$ending/x$ending: cannot create: Not a directory" with "old$ending/x$ending" "$@"
    refused "ending of an output.* known here: .*$ending" with x.xls "$@"
    refused "ending of an output" with "x$ending.doc" "$@"
    refused "ending of an output" with x "$@"
    refused "File name too long" with "$longest$longest$ending" "$@"
    refused "a folder" with "folder$ending" "$@" --overwrite
    refused "points to nothing" with "dangling$ending" "$@" --overwrite
    case $ending in
        .hdf | .h5 | .hdf5)
            refused "a device or a pipe" with "pipe$ending" "$@" --overwrite
            refused "ending of an output" with /dev/null "$@" --overwrite
            ln -s /dev/null "null$ending"
            refused "a device or a pipe" with "null$ending" "$@" --overwrite
            rm "null$ending"
            ;;
    esac
    [ -p "pipe$ending" ] || fail "a pipe was replaced: $*"
    [ "$(cat "old$ending")" = old ] || fail "a file was replaced without --force: $*"
    rm -r "old$ending" "folder$ending" "dangling$ending" "pipe$ending"
}
each_output cannot_be
refused "two outputs, one file" "$G" detect s.hdf -o x.hdf --logits ./x.hdf
refused "two outputs, one file" "$G" simulate --duration 20 -o x.hdf -i door/x.hdf
refused "exists; --force" "$G" train -c small.ini -o m.hdf
refused "t.hdf.ckpt exists; --resume goes on with it, --force begins anew" "$G" train -c small.ini -o t.hdf
refused "nowhere/trainlog.jsonl: cannot create" "$G" train -c small.ini -o x.hdf --logdir nowhere
# The plot is as good as refused before the search: not one trigger is printed.
refused "nowhere/p.png: cannot create" "$G" detect s.hdf --threshold 0 --plot nowhere/p.png
if [ "$(id -u)" = 0 ]; then
    # root may write anywhere; another may not
    chmod 755 . && mkdir shut && cp "$G" program 2>/dev/null
    if command -v setpriv >/dev/null && setpriv --reuid 65534 --clear-groups ./program version >out 2>&1; then
        refused "shut/x.hdf: cannot create: Permission denied" setpriv --reuid 65534 --clear-groups ./program psd \
            --curve aLIGOZeroDetHighPower -o shut/x.hdf
    fi
    rm -f program
else
    mkdir -m 500 shut
    refused "shut/x.hdf: cannot create: Permission denied" "$G" psd --curve aLIGOZeroDetHighPower -o shut/x.hdf
fi

# ---- what can be ----
over_what_is_there()
{
    ending=$1
    shift 2
    echo old >"sub/old$ending"
    chmod 640 "sub/old$ending"
    ln -s "sub/old$ending" "way$ending"
    rm -f rest.* sub/old.hdf.ckpt way.hdf.ckpt
    expect 0 with "way$ending" "$@" --overwrite
    [ -L "way$ending" ] || fail "a link was replaced: $*"
    [ "$(head -c 3 "sub/old$ending")" = old ] && fail "nothing was written through the link: $*"
    [ "$(stat -c %a "sub/old$ending" 2>/dev/null || stat -f %Lp "sub/old$ending")" = 640 ] || fail "the mode was not kept: $*"
    rm -f "way$ending" "sub/old$ending"
    [ -z "$(ls -A . sub | grep gwspike-)" ] || fail "temporaries were left: $*"
}
each_output over_what_is_there
(umask 027 && "$G" psd --curve aLIGOZeroDetHighPower -o masked.hdf)
[ "$(ls -l masked.hdf | cut -c1-10)" = -rw-r----- ] || fail "umask: $(ls -l masked.hdf)"
expect 0 "$G" psd --curve aLIGOZeroDetHighPower -o "$longest.hdf"
# A pipe is written to, and stays one; so does a device.
mkfifo pipe.svg
cat pipe.svg >drawn.svg &
reader=$!
expect 0 "$G" profile s.hdf -o pipe.svg
for _ in $(seq 600); do
    grep -q "</svg>" drawn.svg && break
    sleep 0.05
done
kill $reader 2>/dev/null # which waits for ever where the pipe was replaced
wait
[ -p pipe.svg ] && grep -q "</svg>" drawn.svg || fail "nothing came through the pipe"
[ $FAILED = 0 ] && # else it might go as the pipe went
    expect 0 "$G" benchmark --seconds 0 --config small.ini --only kernel --save /dev/null
[ "$(ls -lL /dev/null | cut -c1-10)" = "$device" ] || fail "/dev/null is no device any more"
case $device in c*) ;; *) fail "/dev/null was no device: $device" ;; esac

# Where the caller closed the standard streams no file and no socket takes their place: what is written is whole, and a result that cannot be
# printed is a failure.
expect 0 "$G" psd --detector H1 s.hdf -o open.hdf
("$G" psd --detector H1 s.hdf -o closed.hdf <&- >&- 2>&-) || fail "psd without standard streams: status $?"
[ "$(wc -c <open.hdf)" = "$(wc -c <closed.hdf)" ] || fail "psd without standard streams wrote another file"
"$G" psd --detector H1 s.hdf <&- >&- 2>err
[ $? = 1 ] && grep -q "cannot write the results to stdout" err || fail "stdin and stdout were closed: $(cat err)"

# ---- all or none ----
"$EXAMPLES/make_events" one.hdf time,stat,var 1 6 0.3 || fail make_events
refused "plot\|background" "$G" evaluate --injection-file inj.hdf --foreground-files fg.hdf --foreground-events a.hdf \
    --background-events one.hdf -o ev.hdf --plot ev.png
