# Time slides as a file, and rates that detect takes from them.
"$MAKE_MODEL" m.hdf && "$MAKE_MODEL" other.hdf -3.45 -3.38 && "$MAKE_STRAIN" gap.hdf gap && "$MAKE_STRAIN" good.hdf good || fail "no inputs"
export GWSPIKE_MODEL=m.hdf
cut="--threshold -3.5 --threshold-linear -3.5"
expect 0 "$G" background --json $cut --slides 6 --slide-step 2 gap.hdf -j 1 -o bg.hdf
[ "$(wc -l <out)" = 2 ] || fail "not one object a head: $(cat out)"
grep -q '^{"head": "spiking", "detectors": \["H1", "L1"\], "slides": 6, "slide_step_s": 2.0, "livetime_s": [0-9.]*, "threshold": -3.5, "triggers": [0-9]*, "loudest": -[0-9.]*, "far_per_month": \[1000.0, 100.0, 10.0, 1.0\], "stat_at_far": \[' out ||
    fail "a JSON line is not as documented: $(cat out)"
cp out one.json
n=$(sed -n 's/.*spiking.*"triggers": \([0-9]*\),.*/\1/p' out)
t=$(sed -n 's/.*spiking.*"livetime_s": \([0-9.]*\),.*/\1/p' out)
loudest=$(sed -n 's/.*spiking.*"loudest": \([-0-9.]*\),.*/\1/p' out)
[ "$n" -gt 20 ] || fail "only $n triggers in the slides of a random network at a low threshold"
# Threads change no byte, nor does memory for less side by side.
expect 0 "$G" background --json $cut --slides 6 --slide-step 2 gap.hdf -j 2 -o bg2.hdf
cmp -s out one.json && cmp -s bg.hdf bg2.hdf || fail "-j changes the background"
expect 0 "$G" inspect bg.hdf
grep -q "background of time slides" out || fail "inspect does not know a background: $(cat out)"
for name in /spiking/stat /linear/time /slides/shift /live/begin; do
    grep -q "$name  *f64" out || fail "no $name: $(cat out)"
done
grep -q "^command_line: gwspike background .*--slide-step 2" out && grep -q "^input_sha256: " out || fail "no provenance: $(cat out)"
expect 0 "$G" background $cut --slides 6 --slide-step 2 -v gap.hdf
grep -q "a second" err && grep -q "^spiking head: $n triggers above -3.5" out && grep -q "^linear head: " out || fail "text: $(cat out err)"

# detect counts (n+1)/T in it; the triggers of the file are counted again by awk.
expect 0 "$G" detect --json --threshold -3.6 --background bg.hdf gap.hdf -o ev.hdf
awk -F'[:,]' -v T="$t" -v top="$loudest" -v N="$n" '{
    limit = 0; if (match($0, /_limit": [0-9.e+]*/)) limit = substr($0, RSTART + 9, RLENGTH - 9) + 0
    if ($4 < -3.5) { seen["above"]++; if (!/"above"/ || limit < 0.999999 * (N + 1) * 2592000 / T || limit > 1.000001 * (N + 1) * 2592000 / T) bad = 1 }
    else if ($4 > top) { if (!/"below"/) bad = 1 }
    else { seen["="]++; k = $6 * T / 2592000; if (/far_bound/ || k < 1.5 || k > N + 1.5 || (k - int(k + 0.5)) ^ 2 > 1e-8) bad = 1 }
    } END { exit bad || !seen["above"] || !seen["="] }' out || fail "rates of the slides: $(cat out)"
expect 0 "$G" inspect ev.hdf
for name in far_per_month far_per_month_limit far_sigma_per_month; do
    grep -q "/$name  *f64" out || fail "no $name in the events: $(cat out)"
done
grep -q "triggers, MLGWSC-1" out || fail "no events file: $(cat out)"
expect 0 "$G" detect --threshold -3.5 --background bg.hdf gap.hdf
grep -q "^FAR: false alarms in 30 days, (n+1)/T.* s of time slides" out || fail "no live time below the table: $(tail -3 out)"
# A fit is marked, with its uncertainty, in text, JSON and file.
expect 0 "$G" detect --json --threshold -3.5 --background bg.hdf --fit-above -3.45 gap.hdf -o fit.hdf
awk -F'[:,]' '{ fitted = /"far_fitted": true, "far_sigma_per_month": [0-9]/; if (($4 >= -3.45) != fitted || (fitted && /null/)) bad = 1; seen[fitted]++ }
    END { exit bad || !seen[1] || !seen[0] }' out || fail "fit in the JSON: $(cat out)"
expect 0 "$G" detect --threshold -3.5 --background bg.hdf --fit-above -3.45 gap.hdf
grep -q "  ~[0-9.e+-]*+-[0-9.e]*  " out && grep -q "^~: from an exponential tail fitted to the background above -3.45" out || fail "fit in the table: $(cat out)"
# Two events louder than one slide: the first has a rate in all of its time, the second without 4 s of it, the others without both.
expect 0 "$G" background --json $cut --slides 1 --slide-step 3 --zero-lag gap.hdf -o few.hdf
grep -q '^{"head": "spiking", .*"slides": 1,' out || fail "zero lag is counted as a slide: $(cat out)"
t=$(sed -n 's/.*spiking.*"livetime_s": \([0-9.]*\),.*/\1/p' out)
expect 0 "$G" detect --json --threshold -3.5 --background few.hdf --remove-loud gap.hdf
awk -v T="$t" '/"below"/ { match($0, /_limit": [0-9.e+]*/); left[n++] = 2592000 / substr($0, RSTART + 9, RLENGTH - 9) }
    END { most = left[0] > left[1] ? left[0] : left[1]; least = left[0] + left[1] - most
          exit n != 2 || (most - T) ^ 2 > 1e-8 || least < T - 4 - 1e-4 || least > T - 1 }' out || fail "rates of the loud, in $t s: $(grep below out)"
cp out removed
expect 0 "$G" detect --json --threshold -3.5 --background few.hdf gap.hdf
[ "$(cat out removed | sort | uniq -u | wc -l)" -gt 10 ] || fail "--remove-loud changes no other rate"
expect 0 "$G" detect --threshold -3.5 --background few.hdf --remove-loud gap.hdf
grep -q "^2 events louder than all of the background; what was within 1 s of them" out || fail "what was removed: $(tail -3 out)"
# A file goes on to more slides, and to the bytes of one run; one that has them all stays as it is; where there is none it begins.
expect 0 "$G" background $cut --slides 80 --slide-step 1 --zero-lag gap.hdf -o whole.hdf
expect 0 "$G" background $cut --slides 3 --slide-step 1 --zero-lag --resume gap.hdf -o part.hdf
expect 0 "$G" background $cut --slides 70 --slide-step 1 --zero-lag --resume gap.hdf -j 2 -o part.hdf
grep -q "^spiking head: .* of 70 slides, 1 s apart" out || fail "what a run that goes on tells: $(cat out)"
cmp -s part.hdf whole.hdf && fail "70 slides are 80"
expect 0 "$G" background $cut --slides 80 --slide-step 1 --zero-lag --resume gap.hdf --json -j 1 -o part.hdf
cmp -s part.hdf whole.hdf || fail "80 slides in three runs are not those of one"
cp out resumed.json
for n in 80 7; do
    expect 0 "$G" background $cut --slides $n --slide-step 1 --zero-lag --resume gap.hdf --json -o part.hdf
    grep -q "part.hdf has 80 slides: nothing is left to do" err && cmp -s out resumed.json && cmp -s part.hdf whole.hdf ||
        fail "--slides $n of 80 that are there: $(cat out err)"
done
more="background --slides 90 --resume -o part.hdf"
refuse 1 "part.hdf: background of another model (SHA-256 .*) than other.hdf" "$G" $more $cut --slide-step 1 --zero-lag -m other.hdf gap.hdf
refuse 1 "part.hdf: background of other strain files" "$G" $more $cut --slide-step 1 --zero-lag good.hdf
refuse 1 "part.hdf: slides 1 s apart, this run's are 2 s" "$G" $more $cut --slide-step 2 --zero-lag gap.hdf
refuse 1 "part.hdf: made with --zero-lag" "$G" $more $cut --slide-step 1 gap.hdf
refuse 1 "part.hdf: spiking triggers above -3.5, this run's are above -3.25" "$G" $more --threshold -3.25 --slide-step 1 --zero-lag gap.hdf
refuse 1 "part.hdf: measured with a whitening filter of 2 s" "$G" $more $cut --slide-step 1 --zero-lag --whitening 2,1,0.25 gap.hdf
refuse 1 "part.hdf: made of other stretches or channels" "$G" $more $cut --slide-step 1 --zero-lag --gps-end-time 1262304100 gap.hdf
LC_ALL=C sed 's/strain_hash/strain_hasx/' part.hdf >old.hdf
refuse 1 "old.hdf: of a version that did not say of what strain it is" "$G" $more $cut --slide-step 1 --zero-lag gap.hdf -o old.hdf
refuse 1 "gap.hdf: not a background" "$G" background --resume good.hdf -o gap.hdf
refuse 2 "resume goes with -o" "$G" background --resume gap.hdf
refuse 1 "part.hdf exists; --force" "$G" background gap.hdf -o part.hdf
cmp -s part.hdf whole.hdf || fail "what was refused changed the file"
# What cannot be used is one line.
refuse 1 "bg.hdf: background of another model (SHA-256 .*) than other.hdf" "$G" detect -m other.hdf --background bg.hdf gap.hdf -o x.hdf
refuse 1 "bg.hdf: measured with a whitening filter of 2 s, 1 s of it ahead; the search has 2 s, 0.25 s" "$G" detect --whitening 2,1,0.25 --background bg.hdf gap.hdf
refuse 1 "bg.hdf: measured with a whitening filter of 2 s, 1 s of it ahead; the search has 2 s, 0.25 s" "$G" live --whitening 2,1,0.25 --background bg.hdf --replay gap.hdf
# A file of before does not say how its strain was whitened: it is taken, and that is said.
LC_ALL=C sed 's/whitening_filter_s/whitening_filter_x/' bg.hdf >old.hdf
expect 0 "$G" detect --json --threshold -3.6 --whitening 2,1,0.25 --background old.hdf gap.hdf
grep -q "old.hdf: does not say how its strain was whitened" err || fail "an old background without a warning: $(cat err)"
expect 0 "$G" background $cut --slides 2 --slide-step 2 --whitening 2,0.5,0.25 gap.hdf -o ahead.hdf
expect 0 "$G" detect --threshold -3.6 --whitening 2,1,0.25 --background ahead.hdf gap.hdf
grep -q "whitened" err && fail "another length of blocks counts: $(cat err)"
refuse 1 "gap.hdf: not a background" "$G" detect --background gap.hdf gap.hdf
refuse 1 "absent.hdf" "$G" detect --background bg.hdf,absent.hdf gap.hdf
refuse 1 "bg.hdf and bg2.hdf: the same slides of the same time" "$G" detect --background bg.hdf,bg2.hdf gap.hdf
refuse 1 "fit above 5: 0 triggers" "$G" detect --background bg.hdf --fit-above 5 gap.hdf
refuse 2 "fit-above goes with --background" "$G" detect --fit-above 5 gap.hdf
refuse 2 "remove-loud goes with --background" "$G" detect --remove-loud gap.hdf
head -c 3000 bg.hdf >cut.hdf
refuse 1 "cut.hdf" "$G" detect --background cut.hdf gap.hdf
refuse 1 "an input of this run" "$G" detect --background bg.hdf,bg2.hdf gap.hdf -o bg.hdf --force
refuse 2 "slides 0, wanted 1 to" "$G" background --slides 0 gap.hdf
refuse 2 "slide-step 0, wanted 1 to" "$G" background --slide-step 0 gap.hdf
refuse 1 "no slide of 500 s" "$G" background --slide-step 500 gap.hdf -o x.hdf
refuse 1 "memory" "$G" background --memory 1M gap.hdf -o x.hdf
:
