# live: what it finds is what detect finds in the same seconds, byte for byte, on good days and bad ones, and across kill -9.  Truth: detect on
# the frames that can be used (feed_frames.c says which those are).
ln -s "$SOURCE/models/cpc.hdf" m.hdf # carries its state for ever
ln -s "$SOURCE/models/bbh-real.hdf" n.hdf # begins afresh every 8 s
"$G" simulate --duration 200 --start 1262304000 -s 5 -o s.hdf >out 2>err || fail "simulate: $(cat err)"
FEED=$EXAMPLES/feed_frames

# a replay
for threshold in -4 0; do
    "$G" detect -m m.hdf --json --threshold $threshold s.hdf >wanted 2>err || fail "detect: $(cat err)"
    expect 0 "$G" live -m m.hdf --json --threshold $threshold --speed 0 --replay s.hdf
    cmp -s out wanted || fail "a replay finds something else than detect at $threshold"
    [ -s wanted ] || fail "a test without triggers"
done
expect 0 "$G" live -m m.hdf --json --threshold -4 --speed 200 --replay s.hdf --gps-end-time 1262304060
"$G" detect -m m.hdf --json --threshold -4 s.hdf --gps-end-time 1262304060 >wanted 2>err
cmp -s out wanted || fail "a replay at a speed finds something else than detect"

# whitening that answers sooner, in both alike
"$G" detect -m n.hdf --json --threshold 12 --head linear --whitening 1,0.0625,0.25 s.hdf >wanted 2>err || fail "detect --whitening: $(cat err)"
expect 0 "$G" live -m n.hdf --json --threshold 12 --head linear --whitening 1,0.0625,0.25 --speed 0 --replay s.hdf
[ -s wanted ] && cmp -s out wanted || fail "a replay finds something else than detect with --whitening"
refuse 1 "wanted the seconds" "$G" detect -m n.hdf --whitening soon s.hdf
refuse 1 "ahead_s is 0.75, wanted 0..0.5" "$G" detect -m n.hdf --whitening 1,0.0625,0.75 s.hdf

# strain that is made when it is read, named in the file
mkdir set
printf ',start,end\n0,1238205077,1238215138\n' >set/segments.csv
made=sim:mlgwsc=1,seed=3,duration=300,part=bg,data=set
printf '[live]\nsource = replay\nframes = %s\nspeed = 0\n[search a]\nmodel = m.hdf\nthreshold = -4\n' $made >made.ini
"$G" detect -m m.hdf --json --threshold -4 $made >wanted 2>err || fail "detect: $(cat err)"
expect 0 "$G" live --config made.ini --json
[ -s wanted ] && cmp -s out wanted || fail "a site's file does not take sim: as an input"

# real frames
if [ -d "$DATA/gwf" ]; then
    set -- "$DATA"/gwf/H-H1_LOSC_4_V2-1126259446-32.gwf "$DATA"/gwf/L-L1_LOSC_4_V2-1126259446-32.gwf
    for model in m n; do
        "$G" detect -m $model.hdf --json --threshold 0 "$@" >wanted 2>err || fail "detect: $(cat err)"
        expect 0 "$G" live -m $model.hdf --json --threshold 0 --speed 0 --replay "$@"
        grep -q 1126259462 out && cmp -s out wanted || fail "GW150914: live finds something else than detect with $model"
    done
    printf '[live]\nsource = replay\nframes = %s %s\nspeed = 0\n[search a]\nmodel = n.hdf\n[alerts]\nfolder = told\nfar_per_month = 100\nlines = lines.jsonl\n' \
        "$@" >told.ini
    for _ in $(seq 20); do # at its end a session has 5 s for a follow-up; what it has not told the next one tells
        expect 0 "$G" live --config told.ini
        grep -q '"kind": "followup"' lines.jsonl && break
    done
    grep -q '"kind": "initial"' lines.jsonl && grep -q '"kind": "followup".*"mchirp": 3[01]' lines.jsonl ||
        fail "GW150914 is not told and followed up: $(cut -c 1-300 lines.jsonl)"
fi

cat >site.ini <<'INI'
[live]
source = folder
frames = feed
wait_s = 3
whole_s = 1.5
back_s = 100000
state = state
[search carries]
model = m.hdf
threshold = -3
[search afresh]
model = n.hdf
head = linear
threshold = 12
[H1]
channel = H1:STRAIN
state = H1:STATE
[L1]
channel = L1:STRAIN
state = L1:STATE
INI

# both searches, in any order
find_wanted()
{
    "$G" detect -m m.hdf --json --threshold -3 --channel H1:STRAIN,L1:STRAIN reference >wanted 2>out &&
        "$G" detect -m n.hdf --json --threshold 12 --head linear --channel H1:STRAIN,L1:STRAIN reference >>wanted 2>out ||
        fail "detect: $(cat out)"
    [ "$(wc -l <wanted)" -gt 20 ] || fail "too few triggers: $(cat wanted)"
    sort -o wanted wanted
}

# stop_at FILE - wait until the triggers in FILE are those wanted, then SIGTERM, which is the exit status.
stop_at()
{
    for _ in $(seq 3000); do
        sort -u "$1" | cmp -s - wanted && break
        kill -0 $pid 2>/dev/null || break
        sleep 0.1
    done
    kill -TERM $pid 2>/dev/null
    wait $pid
    got=$?
    sort -u "$1" | cmp -s - wanted || fail "$2: $(wc -l <"$1") triggers, wanted $(wc -l <wanted): $(tail -n 3 err)"
    [ $got = 143 ] || fail "$2: status $got after SIGTERM: $(tail -n 3 err)"
}

# a bad day, as it comes
mkdir reference feed
: >err
"$FEED" reference feed 7 0.02 err s.hdf >ready &
feeder=$!
while ! grep -q ready ready 2>/dev/null && kill -0 $feeder 2>/dev/null; do sleep 0.05; done
"$G" live -v --config site.ini --json >found 2>err </dev/null &
pid=$!
find_wanted
wait $feeder || fail "feed_frames"
stop_at found "a bad day"
[ "$(sort found | uniq -d | wc -l)" = 0 ] || fail "a trigger came twice without a restart"
for reason in missing truncated corrupt no-channel not-observing not-finite; do
    grep -q " s $reason" err || fail "no second was $reason: $(grep ' s searched' err)"
done
grep -q " [1-9][0-9]* repeated" err || fail "no second was repeated: $(tail -n 3 err)"

# killed again and again, with all frames there
rm -rf state feed reference
mkdir feed reference
"$FEED" reference feed 8 0 err s.hdf >ready || fail "feed_frames"
find_wanted
sed -i.bak 's/^whole_s.*/whole_s = 0.3/; s/^wait_s.*/wait_s = 0.5/' site.ini
i=0
while [ $i -lt "${GWS_LIVE_KILLS:-6}" ]; do
    rm -rf state
    : >found
    for _ in 1 2 3 4 5 6; do
        i=$((i + 1))
        "$G" live --config site.ini --json >>found 2>err </dev/null &
        pid=$!
        sleep "$(awk -v i=$i 'BEGIN { srand(i); printf "%.3f", 0.05 + 0.9 * rand() }')"
        kill -KILL $pid
        wait $pid 2>/dev/null
    done
    "$G" live --config site.ini --json >>found 2>err </dev/null &
    pid=$!
    stop_at found "after kill -9, $i"
done

# a list on standard input ends, and with it the search
find feed -name '*.gwf' | sort -t- -k3 >list
sed 's/^source.*/source = list/; /^frames/d; /^state = state$/d' site.ini >list.ini
"$G" live --config list.ini --json <list >out 2>err || fail "a list: $(cat err)"
sort out | cmp -s - wanted || fail "a list: $(wc -l <out) triggers, wanted $(wc -l <wanted)"

# stopped for longer than wait_s, again and again, while frames go on coming; the last two seconds close what is open
mkdir come come/H1 come/L1 once
"$G" convert s.hdf -o once/SIM.gwf --duration 1 --per-detector >out 2>err || fail "convert: $(cat err)"
for s in $(seq 1262304100 1262304197); do rm once/*-$s-1.gwf; done
"$G" detect -m m.hdf --json --threshold -4 once >wanted 2>err || fail "detect: $(cat err)"
sort -o wanted wanted
sed 's#^frames.*#frames = come/H1 come/L1#; s/^wait_s.*/wait_s = 6/; /^state = /d; /^\[search afresh/,$d; s/^threshold.*/threshold = -4/' \
    site.ini >stops.ini
come() # all at once: on a busy machine one after the other they would come wait_s apart
{
    mv $(for s in $(seq "$2" "$3"); do echo once/*-"$1"_*-"$s"-1.gwf; done) "come/$1"
}
come H1 1262304000 1262304009
come L1 1262304000 1262304009
"$G" live --config stops.ini --json >found 2>err </dev/null &
pid=$!
for first in 1262304010 1262304040 1262304070; do
    come H1 $first $((first + 29))
    sleep 0.3 # it hears of them; that this and what follows takes less than wait_s is all that is asked of the machine
    kill -STOP $pid
    come L1 $first $((first + 29))
    sleep 6.5
    kill -CONT $pid
done
come H1 1262304198 1262304199
come L1 1262304198 1262304199
stop_at found "stopped and gone on with"
[ "$(grep -c ': [0-9.]* s searched\(, 98 s missing\)\{0,1\}; 0 repeated, 0 late' err)" = 2 ] || # 98: those between were given up already
    fail "frames that came while the search was stopped are gaps: $(grep searched err)"

# refusals
refuse 2 "wanted --config" "$G" live
refuse 2 "one is searched" "$G" live --frames feed --replay s.hdf
refuse 2 "goes with --replay" "$G" live --frames feed --speed 1
refuse 1 "nowhere.ini" "$G" live --config nowhere.ini
sed 's/^source.*/source = telepathy/' site.ini >bad.ini
refuse 1 "telepathy" "$G" live --config bad.ini
sed 's/^wait_s/waits/' site.ini >bad.ini
refuse 1 "waits" "$G" live --config bad.ini
expect 0 "$G" live --delays -m m.hdf
grep -q "whitening" out || fail "the delays are not listed"
