# Triggers as JSON, table, file and figure say the same; no option that must not matter changes a byte.
"$MAKE_MODEL" m.hdf || fail make_model
"$MAKE_STRAIN" gap.hdf gap || fail make_strain
export GWSPIKE_MODEL=m.hdf
expect 0 "$G" detect --json --threshold -3.5 gap.hdf -j 1 -o one.hdf --logits y1.hdf
cp out one.json
n=$(wc -l <one.json)
[ "$n" -ge 3 ] || fail "only $n triggers from a random network at a low threshold"
line='^{"gps": [0-9.]*, "stat": -\?[0-9.e-]*, "far_per_month": \(null, "far_bound": "\(above\|below\)", "far_per_month_limit": [0-9.e+]*\|[0-9.e+]*\), "window_s": [0-9.]*, "detectors": \["H1", "L1"\], "dq": \[\]}$'
grep -v "$line" one.json &&
    fail "a JSON line is not as in the interface"
sed 's/.*"gps": \([0-9.]*\),.*/\1/' one.json >times
sort -g times | cmp -s - times || fail "triggers are not in order of time"
expect 0 "$G" detect --json --threshold -3.5 gap.hdf -j 2 -o two.hdf --logits y2.hdf
cmp -s out one.json || fail "-j changes the triggers"
cmp -s one.hdf two.hdf || fail "-j or the name changes the trigger file"
cmp -s y1.hdf y2.hdf || fail "-j changes the logits"
GWSPIKE_ISA=scalar expect 0 "$G" detect --json --threshold -3.5 gap.hdf
cmp -s out one.json || fail "the instruction set changes the triggers"
expect 0 "$G" detect -v --threshold -3.5 gap.hdf --plot a.png
[ "$(grep -c '^[* ] 12623' out)" = "$n" ] || fail "the table has not as many triggers as the JSON"
[ "$(grep -c '^\* ' out)" = 1 ] || fail "not one loudest trigger in the table"
grep -q "times real time" err || fail "-v says nothing"
expect 0 "$G" detect --threshold -3.5 gap.hdf --plot b.png
cmp -s a.png b.png || fail "the figure is not reproducible"
[ "$(head -c 8 a.png | od -An -c | tr -d ' ')" = '211PNG\r\n032\n' ] || fail "not a PNG"
expect 0 "$G" detect --threshold -3.5 gap.hdf --plot a.svg --head linear
grep -q '</svg>' a.svg || fail "not a whole SVG"
grep -q "time from GPS 1262304000 (s)" a.svg || fail "the figure does not count from the first second of the data"
expect 0 "$G" demo -m m.hdf -o demo.svg
grep -q "time from GPS 1262304000 (s)" demo.svg || fail "demo: the figure does not count from where the table does"
expect 0 "$G" inspect one.hdf
grep -q "triggers, MLGWSC-1" out || fail "inspect does not know triggers"
for name in time stat var; do
    grep -q "/$name  *f64  *($n)" out || fail "/$name is not f64 ($n)"
done
for name in gwspike_version git_hash command_line input_sha256; do
    grep -q "^$name: " out || fail "no $name in the provenance"
done
# One search, the events of several heads: those that each head's own search gives, down to what the background measured.
"$MAKE_MODEL" low.hdf -3.5 1 || fail make_model
for head in spiking linear; do
    expect 0 "$G" detect -m low.hdf --json --head $head --threshold -3.5000002 gap.hdf -o $head.own.hdf
done
expect 0 "$G" detect -m low.hdf --head linear --threshold 5 gap.hdf --spiking-events spiking.hdf --linear-events linear.hdf
for head in spiking linear; do
    for name in time stat var; do
        h5dump -d /$name -y -w 100 $head.hdf | tail -n +2 >a.txt
        h5dump -d /$name -y -w 100 $head.own.hdf | tail -n +2 | cmp - a.txt || fail "$head: /$name differs between one search and two"
    done
done
expect 1 "$G" detect -m m.hdf gap.hdf --statistic-events s.hdf
grep -q "the model carries no statistic" err || fail "a statistic that is not there is not refused by name"
[ ! -e s.hdf ] || fail "a refused search left a file"
# Nothing above the threshold: nothing on stdout, status 0, a file with empty arrays.
expect 0 "$G" detect --json --threshold 1000 gap.hdf -o none.hdf
[ -s out ] && fail "--json without a trigger prints something"
expect 0 "$G" inspect none.hdf
grep -q "/time  *f64  *(0)" out || fail "no empty /time"
# Both ends of a background: 1000 triggers in a day, of which triggers of the random network are quieter, among and louder.
"$MAKE_MODEL" ends.hdf -3.45 -3.38 || fail make_model
expect 0 "$G" detect -m ends.hdf --json --threshold -3.5 gap.hdf
awk -F'[:,]' '{ if ($4 < -3.45) want = "\"above\".*_limit\": 30030\\.0"; else if ($4 > -3.38) want = "\"below\".*_limit\": 30\\.0,";
    else want = "per_month\": [0-9]"; seen[want]++; if ($0 !~ want || ($0 ~ /null/) != ($0 ~ /far_bound/)) bad = 1 }
    END { exit bad || length(seen) != 3 }' out || fail "bounds in the JSON: $(cat out)"
expect 0 "$G" detect -m ends.hdf --threshold -3.5 gap.hdf
head -1 out | grep -q "FAR /30 days" || fail "no unit in the table: $(head -1 out)"
awk '/^[* ] 12/ { sub(/^[*]/, " "); far = $5; bound = far == "<" || far == ">"
    if (far == "<" ? !($4 > -3.38 && $6 == "30") : far == ">" ? !($4 < -3.448 && $6 == "3e4") : !(far >= 60 && far <= 30030)) bad = 1
    seen[bound ? far : "="]++ } END { exit bad || length(seen) != 3 }' out || fail "bounds in the table: $(cat out)"
grep -q "^FAR: false alarms in 30 days.* 24 h of" out || fail "no live time below the table: $(cat out)"
expect 0 "$G" detect -m ends.hdf --threshold -3.5 gap.hdf --plot ends.svg
grep -q "FAR &lt; 30 per 30 days" ends.svg && grep -q "false-alarm rate (FAR) from 24 h of background" ends.svg || fail "no bound in the figure: $(grep Loudest ends.svg)"
expect 0 "$G" inspect ends.hdf
grep -q "false alarms in 30 days: 3e4 at -3.45, 60 at -3.38; < 30 above, > 3e4 below" out || fail "inspect of a model: $(cat out)"
"$MAKE_MODEL" uncalibrated.hdf uncalibrated || fail make_model
expect 0 "$G" detect -m uncalibrated.hdf --json --threshold -3.5 gap.hdf
grep -q far_bound out && fail "a bound without a calibration"
expect 0 "$G" detect -m uncalibrated.hdf --threshold -3.5 gap.hdf
grep -q "never calibrated" out || fail "not calibrated, not a word: $(cat out)"
# ^C leaves nothing behind.
"$G" simulate --duration 100000 -o long.hdf 2>err &
pid=$!
for _ in $(seq 2400); do # before it has a file it may not yet hear the signal
    ls -A | grep -q '^\.gwspike-' && break
    kill -0 $pid 2>/dev/null || break
    sleep 0.05
done
kill -INT $pid
wait $pid
[ $? = 130 ] || fail "interrupted: status is not 130"
ls -A | grep -q "long\|gwspike-" && fail "interrupted: a file was left behind"
:
