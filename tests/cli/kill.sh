# kill -9 at random moments, three runs at a time in one folder: every name holds a whole file or what was there before, the next run
# removes what was left, training and time slides go on to the same bits.  GWS_KILLS: how often (60), GWS_KILL_SEED: other moments.
. "$SOURCE/tests/cli/outputs.inc"
make_inputs
kills=${GWS_KILLS:-60} seed=${GWS_KILL_SEED:-1}
awk -v n="$kills" -v s="$seed" 'BEGIN {srand(s); for (i = 0; i < 2 * n + 200; i++) printf "%.3f\n", rand() * rand() * 0.8}' >moments
exec 3<moments

# The runs: a file of words for each, and the names that it writes into the folder `place`.
cat >runs <<RUNS
psd.hdf psd s.hdf --detector H1 -o place/psd.hdf --force
w.hdf condition s.hdf -o place/w.hdf --force
c.gwf convert s.hdf -o place/c.gwf --force
ev.hdf,l.hdf,p.svg detect s.hdf -o place/ev.hdf --logits place/l.hdf --plot place/p.svg --force
m.hdf,b.hdf matched --mass-range 40,50 --min-match 0.8 --rate 1024 s.hdf -o place/m.hdf --save-bank place/b.hdf --force
sim.hdf,i.hdf,t.hdf simulate --duration 60 --glitches blip=60 -o place/sim.hdf -i place/i.hdf --truth place/t.hdf --force
wf.hdf waveform --approximant TaylorF2 --mass1 30 --mass2 30 --f-lower 20 --delta-f 0.01 --f-final 1024 -o place/wf.hdf --force
e.hdf,e.png evaluate --injection-file inj.hdf --foreground-files fg.hdf --foreground-events a.hdf --background-events bg.hdf -o place/e.hdf --plot place/e.png --force
d.png demo -o place/d.png --force
r.jsonl benchmark --seconds 0 --config small.ini --only kernel --save place/r.jsonl --force
f.png profile s.hdf -o place/f.png --force
o.ini,o.svg optimize --seconds 0 --batch 1 -c small.ini -o place/o.ini --plot place/o.svg --force
RUNS
n_runs=$(wc -l <runs)

# What each should be.  Times differ from run to run, so that of three verbs only the form is known.
mkdir place whole
while read -r names words; do
    "$G" $words >/dev/null 2>&1 </dev/null || fail "$words"
done <runs
cp place/* whole
whole_or_absent()
{
    for file in place/*; do
        name=${file#place/}
        case $name in
            f.png) tail -c 8 "$file" | head -c 4 | grep -q IEND || fail "half a figure: $name" ;;
            o.svg) [ "$(tail -n 1 "$file")" = "</svg>" ] || fail "half a figure: $name" ;;
            o.ini) grep -q '^batch = ' "$file" || fail "half a file: $name" ;;
            r.jsonl) [ "$(wc -l <"$file")" = "$(wc -l <whole/r.jsonl)" ] && tail -n 1 "$file" | grep -q '}$' || fail "half a file: $name" ;;
            '*') ;;
            *) cmp -s "$file" "whole/$name" || fail "not the whole file: $name" ;;
        esac
    done
}

# start K - the run of row K in the background, in the same folder as the others.
start()
{
    words=$(sed -n "$(($1 % n_runs + 1))p" runs | cut -d' ' -f2-)
    "$G" $words >/dev/null 2>&1 </dev/null &
}

done=0 left=0
while [ $done -lt "$kills" ]; do
    [ $((done % 2)) = 0 ] && rm -f place/* # over nothing, and over what is there
    pids=
    for k in 0 1 2; do
        start $((done + 4 * k))
        pids="$pids $!"
    done
    for pid in $pids; do
        read -r moment <&3
        sleep "$moment"
        kill -KILL "$pid" 2>/dev/null && done=$((done + 1))
    done
    wait
    whole_or_absent
    left=$((left + $(ls -A place | grep -c '^\.gwspike-')))
    # Only what the runs were to make, and temporaries; these go with the next run.
    ls -A place | grep -v '^\.gwspike-' | while read -r name; do
        [ -e "whole/$name" ] || echo "$name"
    done >strangers
    [ -s strangers ] && fail "strange files: $(cat strangers)"
    "$G" psd --curve aLIGOZeroDetHighPower --delta-f 1 -o place/next.hdf || fail "the next run failed"
    rm -f place/next.hdf
    [ -z "$(ls -A place | grep '^\.gwspike-')" ] || fail "the next run left $(ls -A place)"
done
echo "$done kills, $left temporaries were left and removed"

# Training: killed until it is done.  It saves after every step, and the first four runs end just after they have saved one.
expect 0 "$G" train -c small.ini -o whole.hdf
rm -f place/*
tries=0
until [ -f place/cut.hdf ]; do
    resume=
    [ -f place/cut.hdf.ckpt ] && resume=--resume
    touch before
    "$G" train -c small.ini -o place/cut.hdf $resume >/dev/null 2>err </dev/null &
    pid=$!
    if [ $tries -lt 4 ]; then
        until [ -n "$(find place -name cut.hdf.ckpt -newer before)" ] || ! kill -0 $pid 2>/dev/null; do
            sleep 0.01
        done
    else # longer every time, for each must get past where the last one was
        sleep "$(awk -v t=$tries 'BEGIN {srand(t); printf "%.2f", 0.5 * t - 1.5 + rand()}')"
    fi
    kill -KILL $pid 2>/dev/null
    wait $pid 2>/dev/null
    tries=$((tries + 1))
    [ $tries -lt 40 ] || { fail "training does not get on: $(cat err)"; break; }
done
[ $tries -gt 1 ] || fail "training was not killed"
echo "training was killed $((tries - 1)) times"
for t in lif.0.weight context.recurrent.weight cpc.weight; do
    h5dump -y -d /parameters/$t whole.hdf | tail -n +2 >whole.txt
    h5dump -y -d /parameters/$t place/cut.hdf | tail -n +2 >cut.txt
    [ -s whole.txt ] && cmp -s whole.txt cut.txt || fail "$t differs after a training that was killed"
done
[ "$(ls -A place | tr '\n' ' ')" = "cut.hdf cut.hdf.ckpt " ] || fail "training left $(ls -A place)"

# Time slides: killed as soon as the first of them are saved, and then until they are done.
"$G" simulate --duration 240 --no-signals -o slid.hdf >/dev/null 2>&1 || fail "no strain"
slide="background --threshold -3.4 --slides 200 --slide-step 1 -j 1 slid.hdf"
expect 0 "$G" $slide -o slid_whole.hdf
tries=0
rm -f place/* && touch before
until cmp -s place/o.hdf slid_whole.hdf; do
    "$G" $slide --resume -o place/o.hdf >/dev/null 2>err </dev/null &
    pid=$!
    until [ -n "$(find place -name o.hdf -newer before)" ] || ! kill -0 $pid 2>/dev/null; do
        sleep 0.01
    done
    touch before
    kill -KILL $pid 2>/dev/null
    wait $pid 2>/dev/null
    tries=$((tries + 1))
    [ $tries -lt 40 ] || { fail "time slides do not get on: $(cat err)"; break; }
done
[ $tries -gt 1 ] || fail "time slides were not killed"
echo "time slides were killed $((tries - 1)) times"
rm -f place/.gwspike-* # of the last that was killed
[ "$(ls -A place)" = o.hdf ] || fail "time slides left $(ls -A place)"
