# HDF5 files that were damaged or mean harm: one line and status 1, and an end, whatever libhdf5 makes of them.
H=$EXAMPLES/make_hostile
ESC=$(printf '\033')

# ends WORDS... - run under a limit, which is for a busy machine; status 137 says that it was killed there.
ends()
{
    timeout -s KILL 120 "$@"
}

# one_line PATTERN WORDS... - status 1, and exactly one line on stderr that matches.
one_line()
{
    pattern=$1
    shift
    expect 1 ends "$@"
    [ "$(wc -l <err)" = 1 ] || fail "not one line on stderr: $*: $(head -c 500 err)"
    grep -q -- "$pattern" err || fail "stderr does not say '$pattern': $*: $(head -c 500 err)"
    grep -q "$ESC" out err && fail "an escape code on the terminal: $*"
}

"$MAKE_MODEL" m.hdf || fail make_model
"$MAKE_STRAIN" good.hdf good || fail make_strain
"$H" strings strings.hdf || fail "make_hostile strings"
expect 1 "$G" inspect strings.hdf # a model by its word and nothing else
for how in loop huge neg big over; do
    "$H" heap-$how $how.hdf strings.hdf && "$H" heap-$how m_$how.hdf m.hdf || fail "make_hostile $how"
    one_line "heap of strings" "$G" inspect $how.hdf
    one_line "heap of strings" "$G" inspect m_$how.hdf
    one_line "heap of strings" "$G" detect -m m_$how.hdf good.hdf
    one_line "heap of strings" "$G" train --start m_$how.hdf -c "$SOURCE/configs/start.ini" -o o.hdf
done
"$H" heap-index index.hdf m.hdf || fail "make_hostile index"
ends "$G" detect -m index.hdf good.hdf >out 2>err
[ $? -le 1 ] || fail "a heap without the index that is asked for"

# links and data in other files
mkfifo pipe
"$H" link link.hdf pipe || fail "make_hostile link"
"$H" link followed.hdf good.hdf || fail "make_hostile link"
for file in link followed; do
    one_line "link into another file" "$G" inspect $file.hdf
    one_line "link into another file" "$G" detect -m m.hdf $file.hdf
    one_line "link into another file" "$G" psd $file.hdf -o o.hdf
done
GWSPIKE_EXTERNAL=1 expect 0 "$G" inspect followed.hdf
head -c 262144 /dev/zero >secret
"$H" storage storage.hdf secret && "$H" virtual virtual.hdf good.hdf || fail "make_hostile storage"
for file in storage virtual; do
    one_line "other files" "$G" inspect $file.hdf
    one_line "other files" "$G" condition $file.hdf -o o.hdf
done

# groups in a circle: each object once
"$H" cycle cycle.hdf || fail "make_hostile cycle"
expect 0 ends "$G" inspect cycle.hdf
[ "$(grep -c '/$' out)" = 2 ] || fail "not two groups: $(head -c 300 out)"

# what a file names is not obeyed by the terminal
"$H" escape escape.hdf || fail "make_hostile escape"
expect 0 "$G" inspect escape.hdf
grep -q "$ESC" out && fail "an escape code on the terminal"
grep -qF 'g\x1b]0;owned\x07/x\x1b[31m\xc2\x9b5m\xff' out || fail "the name is not shown escaped: $(cat -v out)"
grep -qF 'command_line: x\x1b[2J second line' out || fail "the text is not shown escaped: $(cat -v out)"
one_line 'x1b' "$G" inspect "$(printf 'b\033[31m.hdf')"

# what was never written is a gap, whatever it claims
"$H" unwritten unwritten.hdf || fail "make_hostile unwritten"
one_line "holds no sample" "$G" detect -m m.hdf unwritten.hdf
one_line "holds no sample" "$G" inspect unwritten.hdf
"$H" holes holes.hdf || fail "make_hostile holes"
expect 0 ends "$G" inspect holes.hdf
grep -q '4 segments' out && grep -q '1300000008.000000.* 8 s, 16384 samples' out || fail "the hole is not a gap: $(cat out)"

# ten thousand segments of each detector in either kind of group
for kind in old new; do
    "$H" many_$kind many.hdf || fail "make_hostile many_$kind"
    expect 0 ends "$G" inspect many.hdf
    grep -q '20000 segments' out || fail "many_$kind: $(head -1 out)"
done

# the collection of files that were found
if [ -d "$DATA/failing/hdf5" ]; then
    for file in "$DATA"/failing/hdf5/*.h*; do
        for verb in "inspect" "detect -m m.hdf" "detect -m" "psd -o o.hdf" "psd --delta-f 1 -o o.hdf --curve" \
            "condition -o o.hdf" "evaluate --foreground-files good.hdf --foreground-events good.hdf --background-events good.hdf --injection-file"; do
            rm -f o.hdf
            ends "$G" $verb "$file" >out 2>err </dev/null
            got=$?
            [ $got -le 2 ] || fail "status $got: $verb $(basename "$file")"
            [ $got = 0 ] || [ "$(wc -l <err)" = 1 ] || fail "not one line: $verb $(basename "$file"): $(head -c 300 err)"
            grep -q "$ESC" out err && fail "an escape code on the terminal: $verb $(basename "$file")"
        done
    done
else
    echo "skipped: no $DATA/failing/hdf5"
fi
