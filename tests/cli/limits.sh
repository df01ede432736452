# A limit on the address space, or an allocation that fails: one line and exit 1, whichever library it strikes; never a signal, never
# half an output.  GWS_LIMIT_RUNS says how many runs (default 102), GWS_FAIL_RUNS how many failing allocations (default 68).
grep -q __asan_init "$G" && { echo "skipped: a sanitized program takes terabytes of address space"; exit 77; }
[ -r /proc/self/status ] || { echo "skipped: this system does not limit the address space"; exit 77; }
cat >small.ini <<'INI'
[model]
channels = 8,16,16
kernels = 16,8,8
strides = 8,2,2
lif = 16,16
horizons = 2
[data]
signals = 8
valid_signals = 4
test_signals = 4
noise_s = 64
valid_noise_s = 64
test_noise_s = 64
stretch_s = 32
[train]
batch = 4
evaluate_every = 1
evaluate_windows = 4
save_every = 0
[pretrain]
steps = 0
[classify]
steps = 0
[joint]
steps = 1
anchors = 4
[calibrate]
background_hours = 0.05
windows = 4
INI
cp "$SOURCE/tests/cli/stem.ini" .
"$MAKE_MODEL" m.hdf && "$MAKE_STRAIN" good.hdf good && "$MAKE_STRAIN" gap.hdf gap || fail "no inputs"
"$EXAMPLES/make_events" inj.hdf tc,distance,mass1,mass2,chirp_distance 1262304020 900 30 30 200 1262304083 1000 30 30 200 || fail make_events
"$EXAMPLES/make_events" a.hdf time,stat,var 1262304020.1 9 0.3 1262304083 5 0.3 || fail make_events
"$EXAMPLES/make_events" bg.hdf time,stat,var 1 6 0.3 2 4 0.3 3 5 0.3 || fail make_events
"$G" matched --mass-range 40,50 --min-match 0.9 --rate 1024 --save-bank bank.hdf >out || fail "no bank"
"$G" train -c small.ini -o r.hdf --logdir "$(mkdir -p runs/a && echo runs/a)" >out 2>&1 || fail "no run: $(cat out)"
cat >verbs <<'VERBS'
version -v
completion bash
inspect good.hdf m.hdf
psd good.hdf --detector H1 -o o/psd.hdf
psd good.hdf --detector H1
psd --curve aLIGOZeroDetHighPower --delta-f 0.01 --f-final 1024 -o o/curve.hdf
condition good.hdf -o o/w.hdf
followup --gps 1262304018 --json good.hdf -o o/c.xml.gz
report -m m.hdf good.hdf --threshold -3.5 --triggers 1 -j 1 -o o/p.html --data o/p.hdf
qscan --gps 1262304010 --duration 8 good.hdf -o o/q.hdf --plot o/q.png
convert good.hdf -o o/c.hdf --rate 1024
convert gap.hdf -o o/c.gwf
waveform --approximant IMRPhenomXPHM --mass1 36 --mass2 29 --f-lower 20 --delta-f 0.125 --f-final 1024 -o o/wf.hdf
simulate --duration 30 -s 3 --step 24 --glitches blip=120 --lines 3 -o o/s.hdf -i o/i.hdf
detect -m m.hdf good.hdf -j 4 -o o/t.hdf --plot o/d.png --json --threshold -3.5
live -q -m m.hdf --json --threshold -3.5 --speed 0 --replay good.hdf
background -m m.hdf --slides 3 good.hdf -j 4 -o o/bg.hdf --json --threshold -3.5
matched --bank bank.hdf --rate 1024 --slides 4 --json -o o/m.hdf gap.hdf
matched --ranking coherent -c stem.ini --threshold 6 --slides 4 --json -o o/mc.hdf gap.hdf
evaluate --injection-file inj.hdf --foreground-files gap.hdf --background-events bg.hdf --foreground-events a.hdf -o o/e.hdf --plot o/e.png --found-at 1e9 --found-plot o/f.png
train -c small.ini -o o/tr.hdf --logdir o
runs runs --json
benchmark --seconds 0 -c small.ini --batch 1 --only setup,snn_forward,hop_latency --save o/b.jsonl
profile -c small.ini
optimize --seconds 0 -c small.ini --batch 1 -o o/opt.ini --plot o/o.svg
selfcheck -m m.hdf
demo -m m.hdf -o o/d.png
VERBS

# judge STATUS WHAT - of a run whose output is in ./out, ./err and ./o.  A run that failed says so in its last line; what it says before
# is train's progress.
judge()
{
    ls o >after
    if [ "$1" = 0 ]; then
        cmp -s after "$whole" || fail "$2: done, and the files are $(cat after)"
        case $verb in # what they print depends neither on time nor on memory
            inspect | completion | runs | psd | followup | qscan | report | condition | convert | waveform | simulate | detect | live | background | matched | evaluate) cmp -s out said || fail "$2: done, and another output" ;;
        esac
        return
    fi
    [ "$1" = 1 ] || fail "$2: status $1: $(tail -c 300 err)"
    tail -n 1 err | grep -q "^gwspike $verb: " && [ "$(grep -c "^gwspike" err)" = 1 ] || fail "$2: not one line: $(tail -c 500 err)"
    [ "$verb" = train ] || [ "$(wc -l <err)" = 1 ] || fail "$2: not one line: $(tail -c 500 err)"
    grep -q "tmp" after && fail "$2: left behind: $(cat after)"
    grep -q "^$output\$" after && [ "$verb" != evaluate ] && fail "$2: failed, and $output is there"
}

# again VERB... - a run from a clean start; its status in $got
again()
{
    rm -rf o
    mkdir o
    timeout 300 "$@" >out 2>err </dev/null
    got=$?
}

limited()
{
    (ulimit -v "$1" && shift && exec "$@")
}

begin()
{
    verb=$1 whole=$PWD/whole output=none
    for word in "$@"; do
        [ "${word%%/*}" = o ] && [ "$output" = none ] && output=${word#o/}
    done
    again "$G" "$@"
    [ "$got" = 0 ] || fail "$*: status $got: $(cat err)"
    ls o >whole
    cp out said
}

# Halving between what is too little and what is enough: most runs end where memory ends in the middle of the work.
runs=$((${GWS_LIMIT_RUNS:-102} / $(wc -l <verbs)))
while read -r line; do
    set -- $line
    begin "$@"
    low=16384 high=262144 n=0
    while [ $n -lt $runs ]; do
        [ $((high - low)) -gt 64 ] && kib=$(((low + high) / 2)) || kib=$((16384 + 262144 * n / runs))
        n=$((n + 1))
        rm -rf o
        mkdir o
        limited $kib timeout 300 "$G" "$@" >out 2>err </dev/null
        got=$?
        if [ $got = 127 ] || grep -q "^timeout\|^sh:\|Cannot fork" err; then
            low=$kib # the loader's own end
            continue
        fi
        judge $got "$verb under ulimit -v $kib"
        [ $got = 0 ] && high=$kib || low=$kib
    done
done <verbs

# Each allocation of the program in turn, alone and with all that come after it.
[ -e "$EXAMPLES/fail_alloc.so" ] || exit $FAILED
runs=$((${GWS_FAIL_RUNS:-68} / $(wc -l <verbs)))
while read -r line; do
    set -- $line
    begin "$@"
    again env FAIL_COUNT="$PWD/count" LD_PRELOAD="$EXAMPLES/fail_alloc.so" "$G" "$@"
    of=$(cat count) n=0
    [ "$got" = 0 ] || fail "$*: status $got with the preloaded library"
    while [ $n -lt $runs ]; do
        # spread evenly, the first ones all but one by one
        k=$((1 + of * n * n / (runs * runs)))
        n=$((n + 1))
        for how in FAIL_ONCE FAIL_FROM; do
            again env $how=$k LD_PRELOAD="$EXAMPLES/fail_alloc.so" "$G" "$@"
            judge "$got" "$verb, $how=$k"
        done
    done
done <verbs

# A stack of 256 kB is enough, for threads too, which get what the limit says.
while read -r line; do
    rm -rf o
    mkdir o
    (ulimit -s 256 && exec timeout 300 "$G" $line) >out 2>err </dev/null || fail "$line with a stack of 256 kB: $(tail -c 300 err)"
done <verbs
