# Long work shows on a terminal how far it is, how fast, and how long it will take; in a pipe it says nothing of it (under a minute).
command -v script >/dev/null && script -qec true /dev/null >/dev/null 2>&1 || { echo "skipped: no script(1) that gives a terminal"; exit 77; }
"$MAKE_MODEL" m.hdf || fail make_model
expect 0 "$G" simulate --duration 768 --psd aLIGOZeroDetHighPower --no-signals -o s.hdf
grep -q "%\|left$" err && fail "progress in a pipe: $(cat err)"

# shown VERB WORDS... - progress is drawn: rows no wider than the terminal, none beyond 100 %.  Rows are a tenth of a second apart,
# and every part of the work counts its own time: from a part's fifth row on, as long as it is not done, each tells the time left, and
# the rate where it is of strain.
shown()
{
    echo "'$G' $*" >command
    script -qec "$(cat command)" terminal >/dev/null </dev/null
    tr '\r' '\n' <terminal | grep " %" | sed 's/ *$//' >drawn
    [ -s drawn ] || fail "$1 shows nothing on a terminal: $(head -c 500 terminal)"
    awk 'length > 79 { exit 1 }' drawn || fail "$1 draws more than a row: $(awk 'length > 79' drawn | head -n 1)"
    awk '{
        part = substr($0, 1, index($0, " %") - 1); percent = part; sub(/.* /, "", percent); sub(/ *[0-9]*$/, "", part)
        row = part == of && percent + 0 >= before ? row + 1 : 1; of = part; before = percent + 0
        if (before > 100 || (row >= 5 && before < 100 && $0 !~ /, [0-9.]* [a-z]* left$/) ||
            (row >= 5 && before < 100 && part != "placing templates" && $0 !~ /, [0-9.e+]* x real time, /))
            exit 1
    }' drawn || fail "$1 tells no rate and time, or too much: $(cat drawn)"
    tr '\r' '\n' <terminal | tail -n 1 | grep -q "%" && fail "$1 leaves its progress on the terminal"
}
shown simulate --duration 2048 --psd aLIGOZeroDetHighPower --no-signals -j 1 -o a.hdf
shown detect -m m.hdf s.hdf -j 1
shown background -m m.hdf --slides 1 s.hdf -j 1 -o b.hdf
shown matched --mass-range 40,50 --min-match 0.8 --rate 1024 s.hdf -j 1 -o c.hdf
shown live -q -m m.hdf --speed 0 -j 1 --replay s.hdf
shown live -q -m m.hdf --speed 300 -j 1 --replay s.hdf # as long as that on any machine
grep -q " x real time, .* left$" drawn || fail "not one row tells rate and time: $(cat drawn)"

# A training has its own lines, and a bar for the calibration.
echo "'$G' train -c '$SOURCE/tests/cli/small.ini' -o t.hdf --log-every 1" >command
script -qec "$(cat command)" terminal >/dev/null </dev/null
grep -q "joint .* 3/6 .* windows/s .* min left" terminal || fail "train: $(cat terminal)"
tr '\r' '\n' <terminal | grep -q "^calibrating.* %" || fail "train shows no calibration: $(tr '\r' '\n' <terminal | tail -n 5)"
expect 0 "$G" train -c "$SOURCE/tests/cli/small.ini" -o u.hdf --log-every 1
grep -q "joint .* 3/6" err && fail "train tells a pipe more than its milestones: $(cat err)"
