# matched --ranking coherent: says the same as JSON, table and file, whatever the number of threads; the statistic is what detect --head
# linear says with the same bank; evaluate takes its file; refuses what makes no sense.
cp "$SOURCE/tests/cli/stem.ini" .
coherent="matched --ranking coherent"
expect 0 "$G" simulate --duration 90 -s 5 --step 40 --snr-min 15 --snr-max 20 -o fg.hdf -i inj.hdf
expect 0 "$G" $coherent -c stem.ini -j 1 --json --threshold 12 --slides 20 -o one.hdf fg.hdf
cp out one.json
[ -s one.json ] || fail "no event"
line='^{"gps": [0-9.]*, "stat": [0-9.]*, "far_per_month": \(null, "far_bound": "below", "far_per_month_limit": [0-9.e+]*\|[0-9.e+]*\), "window_s": 0.2.*, "network_snr": [0-9.]*, "detectors": \["H1", "L1"\], "detector_gps": \['
grep -v "$line" one.json && fail "a JSON line is not as in the interface"
for key in delay_s snr phase_rad template chirp_mass mass1 mass2 spin1z; do
    [ "$(grep -c "\"$key\": " one.json)" = "$(wc -l <one.json)" ] || fail "no $key in the JSON"
done
expect 0 "$G" $coherent -c stem.ini -j 3 --json --threshold 12 --slides 20 -o two.hdf fg.hdf
cmp -s out one.json || fail "-j changes the events"
cmp -s one.hdf two.hdf || fail "-j changes the file"
n=$(wc -l <one.json)
expect 0 "$G" $coherent -c stem.ini --threshold 12 -v fg.hdf
[ "$(grep -c '^  1[0-9]*\.' out)" = "$n" ] || fail "the table has not as many events as the JSON"
grep -q "^$n event.* above 12 in .* searched with 5 templates; FAR needs --slides" out || fail "no summary: $(cat out)"
grep -q "times real time" err && grep -q " - DEBUG - H1,L1: .* s searched" err || fail "-v says nothing"
# A model holds the same bank, and knows its masses from the recipe; its linear head, untrained, says the same statistics.
expect 0 "$G" train -c stem.ini -o m.hdf
expect 0 "$G" $coherent -m m.hdf --json --threshold 12 fg.hdf
sed -e 's/"far_bound": "below", "far_per_month_limit": [^,]*, //' -e 's/"far_per_month": [^,]*,/"far_per_month": null,/' one.json | cmp -s - out || fail "the model's bank gives other events"
sed 's/.*"stat": \([0-9.]*\),.*/\1/' out >stats
expect 0 "$G" detect -m m.hdf --head linear --json --threshold 12 fg.hdf
sed 's/.*"stat": \([0-9.]*\),.*/\1/' out | cmp -s - stats || fail "detect says other statistics"
# The file.
expect 0 "$G" inspect one.hdf
grep -q "triggers, MLGWSC-1" out || fail "inspect does not know the file for triggers"
for name in time stat var far_per_month far_per_month_limit network_snr chirp_mass mass1 template time_H1 snr_L1 phase_H1 delay_L1; do
    grep -q "/$name  *f64  *($n)" out || fail "/$name is not f64 ($n)"
done
expect 0 "$G" simulate --duration 90 -s 6 --no-signals -o bg.hdf
expect 0 "$G" $coherent -c stem.ini --threshold 8 -o bg.ev.hdf bg.hdf
expect 0 "$G" evaluate --injection-file inj.hdf --foreground-files fg.hdf --foreground-events one.hdf --background-events bg.ev.hdf --far 100000
# One detector, and one with a hole beside another.
"$MAKE_STRAIN" h1.hdf one && "$MAKE_STRAIN" gap.hdf gap || fail make_strain
expect 0 "$G" $coherent -c stem.ini --json --threshold 6 h1.hdf
grep -q '"detectors": \["H1"\], "detector_gps": \[[0-9.]*\], "delay_s": \[0.0\]' out || fail "one detector: $(head -2 out)"
expect 0 "$G" $coherent -c stem.ini --json --threshold 6 gap.hdf
for who in '"H1"' '"L1"' '"H1", "L1"'; do
    grep -q "\"detectors\": \[$who\]" out || fail "no event of $who"
done
expect 0 "$G" $coherent -c stem.ini --threshold 1000 --json -o none.hdf h1.hdf
[ -s out ] && fail "a threshold of 1000 lets something through"
# What makes no sense is one line.
expect 1 "$G" $coherent -c stem.ini --slides 3 h1.hdf
grep -q "H1 only" err || fail "slides of one detector: $(cat err)"
expect 1 "$G" $coherent -c stem.ini --slides 1000000 --slide-step 100 fg.hdf
grep -q "slides 1000000 would need .*fits" err || fail "a million slides: $(cat err)"
expect 1 "$G" $coherent -c stem.ini --memory 5M fg.hdf
grep -q "would need" err || fail "5 MB: $(cat err)"
"$MAKE_MODEL" plain.hdf || fail make_model
expect 1 "$G" $coherent -m plain.hdf fg.hdf
grep -q "without a matched stem" err || fail "a model of samples: $(cat err)"
expect 1 "$G" $coherent -c "$SOURCE/tests/cli/small.ini" fg.hdf
grep -q "stem = matched" err || fail "a recipe of samples: $(cat err)"
expect 1 "$G" $coherent -c nothing fg.hdf
"$MAKE_STRAIN" rate.hdf rate || fail make_strain
expect 1 "$G" $coherent -c stem.ini rate.hdf
grep -q "multiple of 2048" err || fail "1000 Hz: $(cat err)"
expect 2 "$G" $coherent
expect 2 "$G" $coherent -m m.hdf -c stem.ini fg.hdf
expect 2 "$G" $coherent --bank bank.hdf fg.hdf
expect 2 "$G" $coherent --template t.hdf fg.hdf
expect 2 "$G" matched -m m.hdf fg.hdf
expect 2 "$G" matched --ranking loud fg.hdf
