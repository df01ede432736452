# SIGINT and SIGTERM end every verb in the midst of its work: soon, with 130 or 143, with one line, with nothing left.
. "$SOURCE/tests/cli/outputs.inc"
make_inputs
sed 's/^noise_s.*/noise_s = 100000/' small.ini >noise.ini
sed 's/^steps.*/steps = 1000000/; s/^evaluate_every.*/evaluate_every = 0/; s/^save_every.*/save_every = 0/' small.ini >steps.ini
"$G" simulate --duration 1500 --no-signals -o long.hdf 2>/dev/null || fail "no strain"
many() # many WORD - the same word some thousand times
{
    yes "$1" | head -n 4000
}
hit=0

# runs - the program has not ended
runs()
{
    case $({ sed -n "s/^State:[[:space:]]*//p" /proc/$pid/status || ps -o state= -p $pid; } 2>/dev/null) in '' | Z*) return 1 ;; esac
}

# hears - it waits for TERM itself, which therefore is blocked; before that the shell has it ignore INT
hears()
{
    [ ! -r /proc/self/status ] || grep -q '^SigBlk:.*[4-7c-f]...$' /proc/$pid/status 2>/dev/null
}

# begin WORDS... - start a program, as $pid, and wait until it is at work: until its temporary file is there; half a second where it has no output.
begin()
{
    "$@" >out 2>err </dev/null &
    pid=$!
    for _ in $(seq 6000); do
        hears || ! runs && break
        sleep 0.02
    done
    case "$*" in
    *place/*) tries=6000 ;;
    *) tries=25 ;;
    esac
    while [ $tries -gt 0 ] && [ -z "$(ls -A place)" ] && runs; do
        sleep 0.02
        tries=$((tries - 1))
    done
}

# stop SIGNAL STATUS WORDS... - a verb that works for longer than that; whatever does not hear the signal is killed after a minute.
stop()
{
    signal=$1 wanted=$2
    shift 2
    rm -rf place && mkdir place
    begin "$@"
    if kill -"$signal" $pid 2>/dev/null; then
        for _ in $(seq 3000); do
            runs || break
            sleep 0.02
        done
        kill -KILL $pid 2>/dev/null
        wait $pid
        got=$?
        # what was done before the signal came is done
        [ $got = 0 ] && return
        hit=$((hit + 1))
        [ $got = "$wanted" ] || fail "$signal: status $got: $*: $(head -c 300 err)"
        [ "$(grep -c 'stopped' err)" = 1 ] || fail "$signal: not one line that says so: $*: $(head -c 500 err)"
        [ -z "$(ls -A place)" ] || fail "$signal: left behind: $(ls -A place): $*"
    else
        wait $pid
    fi
}

for way in "INT 130" "TERM 143"; do
    s="stop $way"
    $s "$G" detect long.hdf -o place/o.hdf --plot place/o.png --logits place/l.hdf
    $s "$G" psd long.hdf --detector H1 --segment 32 --stride 0.05 -o place/o.hdf
    $s "$G" psd --curve aLIGOZeroDetHighPower --delta-f 0.00003 -o place/o.hdf
    $s "$G" condition long.hdf -o place/o.hdf
    $s "$G" matched --mass-range 5,50 --spin-range -0.9,0.9 --save-bank place/b.hdf -o place/o.hdf long.hdf
    $s "$G" background --slides 200 long.hdf
    $s "$G" matched --bank bank.hdf --slides 1000000 -o place/o.hdf long.hdf
    $s "$G" simulate --duration 100000 -o place/o.hdf -i place/i.hdf
    $s "$G" simulate --no-signals --glitches blip=600 --truth place/t.hdf -o place/o.hdf --into long.hdf
    $s "$G" waveform --approximant IMRPhenomXPHM --exact --mass1 30 --mass2 20 --f-lower 10 --delta-f 0.00005 --f-final 2048 \
        -o place/o.hdf
    $s "$G" evaluate --injection-file inj.hdf --foreground-files fg.hdf --foreground-events a.hdf \
        --background-events $(many bg.hdf) -o place/o.hdf --plot place/o.png
    $s "$G" demo -j 1 -o place/o.png
    $s "$G" selfcheck
    $s "$G" inspect $(many long.hdf)
    $s "$G" benchmark --seconds 100 --config small.ini --save place/o.jsonl
    $s "$G" benchmark --config default --only peak_memory_gb --save place/o.jsonl
    $s "$G" profile -c small.ini --steps 1000000 -o place/o.png
    $s "$G" profile long.hdf -o place/o.svg
    $s "$G" optimize --seconds 100 -c small.ini -o place/o.ini --plot place/o.png
    $s "$G" train -c noise.ini -o place/o.hdf
done
echo "$hit of 40 were still at work"
[ $hit -ge 24 ] || fail "only $hit of 40 were still at work"
# Whoever starts the tests with nohup ignores HUP for all of them, and a program must leave that so.
ignored=$(sed -n 's/^SigIgn:[[:space:]]*//p' /proc/self/status 2>/dev/null)
case $ignored in
*[13579bdf]) ;;
*) stop HUP 129 "$G" optimize --seconds 100 -c small.ini -o place/o.ini ;;
esac

# Training saves what it has learned, and goes on from there.
rm -rf place && mkdir place
"$G" train -v -c steps.ini -o place/o.hdf >out 2>err &
pid=$!
for i in $(seq 1200); do
    grep -q pretrain err && break
    sleep 0.1
done
kill -TERM $pid
wait $pid
[ $? = 143 ] || fail "training: status is not 143: $(cat err)"
grep -q "stopped after pretrain step [0-9]*; go on with --resume" err || fail "training: $(tail -2 err)"
[ "$(ls -A place)" = o.hdf.ckpt ] || fail "training left $(ls -A place)"
expect 1 "$G" train -c steps.ini -o place/o.hdf --resume --stop-after 1
grep -q "stopped after pretrain step" err || fail "training does not go on: $(cat err)"

# A background keeps the slides that are whole as soon as there are some, and goes on from them to the bytes of one run.
"$G" simulate --duration 240 --no-signals -o slid.hdf 2>/dev/null || fail "no strain"
slide="background --threshold -3.4 --slides 200 --slide-step 1 -j 1 slid.hdf"
expect 0 "$G" $slide -o slid_whole.hdf
tries=0 got=0
while [ $got = 0 ] && [ $tries -lt 5 ]; do # 0: it had ended when the signal came
    tries=$((tries + 1))
    rm -rf place && mkdir place
    begin "$G" $slide -o place/o.hdf
    until [ -e place/o.hdf ] || ! runs; do
        sleep 0.02
    done
    kill -TERM $pid 2>/dev/null
    wait $pid
    got=$?
done
[ $got = 143 ] || fail "background: status $got: $(cat err)"
[ "$(cat err)" = "gwspike background: stopped; place/o.hdf has 64 whole slides, --resume goes on from there" ] ||
    grep -q "stopped; place/o.hdf has 128 whole slides, --resume" err || fail "background: $(cat err)"
[ "$(ls -A place)" = o.hdf ] || fail "background left $(ls -A place)"
cmp -s place/o.hdf slid_whole.hdf && fail "background was not stopped"
expect 0 "$G" detect --background place/o.hdf slid.hdf
expect 0 "$G" $slide --resume -o place/o.hdf
cmp -s place/o.hdf slid_whole.hdf || fail "a background that was stopped and went on is not that of one run"

# nohup's choice is kept; a closed pipe ends the program without a word.
rm -rf place && mkdir place
begin sh -c "trap '' HUP && exec \"\$0\" \"\$@\"" "$G" simulate --duration 100000 -o place/o.hdf
kill -HUP $pid
kill -TERM $pid # of both HUP would be the one that is heard first
wait $pid
got=$?
[ $got = 143 ] || fail "HUP is not ignored where it was: status $got"
: >err
("$G" psd --curve aLIGOZeroDetHighPower --delta-f 0.001 2>err; echo $? >status) | head -n 1 >/dev/null
[ "$(cat status)" = 141 ] || fail "closed pipe: status $(cat status)"
[ -s err ] && fail "closed pipe: $(cat err)"
:
