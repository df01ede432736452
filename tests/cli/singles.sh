# A model with a matched stem searches any of its detectors, each combination with rates of its own.
sed 's/^background_hours/part_hours = 0\n&/' "$SOURCE/tests/cli/stem.ini" >stem.ini
expect 0 "$G" train -c stem.ini -o m.hdf
expect 0 "$G" train -c "$SOURCE/tests/cli/stem.ini" -o rated.hdf
export GWSPIKE_MODEL=m.hdf
"$MAKE_STRAIN" h1.hdf one && "$MAKE_STRAIN" gap.hdf gap && "$MAKE_STRAIN" apart.hdf apart || fail make_strain
d="detect --head linear --threshold 6"
# One detector: its triggers are its own, and say the statistics of the sum over it alone.
expect 0 "$G" matched --ranking coherent -m m.hdf --json --threshold 6 h1.hdf
sed 's/.*"stat": \([0-9.]*\),.*/\1/' out >stats
expect 0 "$G" $d --json h1.hdf -o h1.ev.hdf -j 1
cp out one.json
[ "$(wc -l <out)" -ge 3 ] || fail "only $(wc -l <out) triggers of one detector"
sed 's/.*"stat": \([0-9.]*\),.*/\1/' out | cmp -s - stats || fail "other statistics than those of matched: $(head -3 out stats)"
grep -v '"far_per_month": null, "window_s".*"detectors": \["H1"\]' out && fail "a trigger of H1 alone with a rate, or of others"
expect 0 "$G" $d --json h1.hdf -j 2
cmp -s out one.json || fail "-j changes the triggers"
expect 0 "$G" inspect h1.ev.hdf
grep -q "/detectors " out || fail "the file does not say whose its triggers are: $(cat out)"
expect 0 "$G" $d h1.hdf
grep -q "^\* .*  H1$" out || grep -q "^\* .*  H1  " out || fail "the table does not say whose a trigger is: $(cat out)"
grep -q "^FAR: none, the model was never calibrated with H1 alone" out || fail "no word about the rate: $(cat out)"
# A model that was calibrated with each set of its detectors has rates of H1 alone, by the background of H1.
refuse 1 "m.hdf: nothing to measure: every set of detectors that \[calibrate\] wants" "$G" train --calibrate m.hdf -o x.hdf
refuse 2 "config does not go with --calibrate" "$G" train --calibrate m.hdf -c stem.ini -o x.hdf
expect 0 "$G" inspect m.hdf
grep "alone, " out && fail "a background of fewer detectors that nobody measured"
expect 0 "$G" inspect rated.hdf
for who in H1 L1; do
    grep -q "^$who alone, linear head: threshold .* background of [1-9][0-9]* triggers in 599 s" out || fail "no background of $who: $(cat out)"
done
n=$(sed -n 's/^H1 alone, linear head: .* background of \([0-9]*\) triggers.*/\1/p' out)
expect 0 "$G" $d -m rated.hdf --json h1.hdf
sed 's/.*"stat": \([0-9.]*\),.*/\1/' out | cmp -s - stats || fail "a calibration changes the statistics"
awk -v n="$n" '{ match($0, /per_month(_limit)?": [0-9][0-9.e+]*/); split(substr($0, RSTART, RLENGTH), a, ": "); k = a[2] * 599 / 2592000
    if (k < 0.5 || k > n + 1.5 || (k - int(k + 0.5)) ^ 2 > 1e-8) bad = 1 } END { exit bad || NR < 3 }' out || fail "rates of H1: $(cat out)"
expect 0 "$G" $d -m rated.hdf h1.hdf
grep -q "^FAR: .* of the model's background" out || fail "where the rates come from: $(cat out)"
expect 0 "$G" $d -m rated.hdf --singles --json gap.hdf
grep '"far_per_month": null, "window_s"' out && fail "a trigger without a rate"
# Two detectors with holes: what both have is found as without --singles, and what each has alone besides.
expect 0 "$G" $d --json gap.hdf
cp out both.json
grep -q '"detectors": \["H1"\]' out && fail "one detector without --singles"
expect 0 "$G" $d --json --singles gap.hdf -j 1 --logits y1.hdf
cp out any.json
grep '"detectors": \["H1", "L1"\]' any.json | cmp -s - both.json || fail "--singles changes what both detectors give"
for who in H1 L1; do
    grep -q "\"detectors\": \[\"$who\"\]" any.json || fail "no trigger of $who"
    grep -q " - INFO - $who: [1-9][0-9.]* s searched" err || fail "no seconds of $who: $(cat err)"
done
grep -q " - INFO - H1,L1: [1-9][0-9.]* s searched" err || fail "no seconds of both: $(cat err)"
sed 's/.*"gps": \([0-9.]*\),.*/\1/' any.json >times
sort -g times | cmp -s - times || fail "triggers are not in order of time"
expect 0 "$G" $d --json --singles gap.hdf -j 2 --logits y2.hdf
cmp -s out any.json && cmp -s y1.hdf y2.hdf || fail "-j changes the triggers"
GWSPIKE_ISA=scalar expect 0 "$G" $d --json --singles gap.hdf
cmp -s out any.json || fail "the instruction set changes the triggers"
expect 0 "$G" $d --json --singles apart.hdf
grep -q '"H1", "L1"' out && fail "detectors 100 s apart together"
grep -q '"L1"' out || fail "detectors apart: $(cat out)"
# Backgrounds: of one detector its data as they are; a combination has the rate of its own background, and no other.
cut="--threshold 8 --threshold-linear 6"
expect 0 "$G" background $cut --slides 4 --slide-step 2 gap.hdf -o both.hdf
expect 0 "$G" background $cut --json h1.hdf -o h1bg.hdf
cp out h1bg.json
expect 0 "$G" background $cut --json --slides 7 --resume h1.hdf -o h1bg.hdf
cmp -s out h1bg.json && grep -q "h1bg.hdf has 1 slide: nothing is left to do" err || fail "one detector has no more slides: $(cat out err)"
grep -q "H1 alone cannot be moved against another detector: every trigger counts" err || fail "no word about the bound: $(cat err)"
t=$(sed -n 's/.*"linear".*"livetime_s": \([0-9.]*\),.*/\1/p' out)
n=$(sed -n 's/.*"linear".*"triggers": \([0-9]*\),.*/\1/p' out)
[ "$n" = "$(wc -l <one.json)" ] || fail "the background of H1 has $n triggers, the search $(wc -l <one.json)"
expect 0 "$G" background $cut h1.hdf
grep -q "^linear head: $n triggers above 6 in .* of H1 as it is" out || fail "text: $(cat out)"
expect 0 "$G" $d --json --background h1bg.hdf h1.hdf
awk -v T="$t" '{ match($0, /per_month": [0-9.e+]*/); k = substr($0, RSTART + 12, RLENGTH - 12) * T / 2592000
    if (k < 1.5 || (k - int(k + 0.5)) ^ 2 > 1e-8) bad = 1 } END { exit bad || NR < 3 }' out || fail "rates of H1: $(cat out)"
refuse 1 "both.hdf: background of other detectors of m.hdf than were searched" "$G" $d --background both.hdf h1.hdf
refuse 1 "h1bg.hdf: background of other detectors of m.hdf than were searched" "$G" $d --background h1bg.hdf gap.hdf
expect 0 "$G" $d --json --singles --background both.hdf,h1bg.hdf gap.hdf
grep -v '"far_per_month": null, "window_s"' out | grep -q '"detectors": \["L1"\]' && fail "L1 alone has a rate"
grep '"detectors": \["H1"\]' out | grep -q '"far_per_month": null, "window_s"' && fail "H1 alone has none"
grep '"detectors": \["H1", "L1"\]' out >with.both
expect 0 "$G" $d --json --background both.hdf gap.hdf
cmp -s out with.both || fail "another background changes the rates of both"
expect 0 "$G" $d --singles --background both.hdf,h1bg.hdf gap.hdf
grep -q "^FAR: none, no file of --background is of L1" out || fail "table: $(tail -8 out)"
# Samples need all detectors, and a third one is nobody's.
"$MAKE_MODEL" plain.hdf || fail make_model
refuse 1 "the model needs all its detectors: its network takes samples" "$G" detect -m plain.hdf --singles gap.hdf
refuse 1 "the model needs H1 and L1, the input has H1 only; gwspike matched" "$G" detect -m plain.hdf h1.hdf
:
