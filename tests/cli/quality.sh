# Data that are no data: zeros, constants, NaN, CBC_CAT1 off, hardware injections, wrong times, whitened strain.  They give no trigger, and
# what was left out is said.
D=$SOURCE/models/bbh-real.hdf
"$MAKE_MODEL" m.hdf || fail make_model

# A second of zeros in both detectors: a trigger of models/cpc.hdf at 1262304020.05 in each of these before it was a gap.
for seed in 1 2 3 4 5 6; do
    "$MAKE_STRAIN" zeros.hdf zeros $seed || fail make_strain
    for model in "$D" "$SOURCE/models/cpc.hdf"; do
        expect 0 "$G" detect -m "$model" zeros.hdf
        grep -q '^[* ] 12623040\(19\|20\|21\)' out && fail "seed $seed: a trigger where both detectors are zero: $(cat out)"
    done
    for ifo in H1 L1; do
        grep -q "^$ifo: 1 s of 40 s left out: 1 s of one repeated value$" out || fail "zeros are not said of $ifo: $(cat out)"
    done
done
expect 0 "$G" detect -m "$D" --json zeros.hdf
grep -v '^{' out && fail "--json: more than JSON on stdout"
grep -q " - INFO - H1: 1 s of 40 s left out: 1 s of one repeated value$" err || fail "--json: nothing said on stderr"
expect 0 "$G" psd --detector H1 zeros.hdf
grep -q " - INFO - H1: 1 s of 40 s left out: 1 s of one repeated value$" err || fail "psd says nothing of zeros: $(cat err)"
expect 0 "$G" condition zeros.hdf -o w.hdf
grep -q " - INFO - L1: 1 s of 40 s left out: 1 s of one repeated value$" err || fail "condition says nothing of zeros: $(cat err)"
expect 0 "$G" inspect w.hdf
[ "$(grep -c '^  H1  GPS' out)" = 2 ] || fail "condition: zeros did not end a segment: $(cat out)"
MATCHED="matched --mass-range 30,31 --min-match 0.9 --snr-threshold 6 --segment 32 --psd-duration 32"
expect 0 "$G" $MATCHED zeros.hdf
grep -q "^H1: 1 s of 40 s left out: 1 s of one repeated value$" out || fail "matched says nothing of zeros: $(cat out)"
expect 0 "$G" simulate --into zeros.hdf --step 24 -o into.hdf
grep -q " - INFO - H1: 1 s of 40 s left out: 1 s of one repeated value$" err || fail "simulate --into says nothing of zeros: $(cat err)"

# Nothing but one value, or no number at all.
for kind in constant zero nan; do
    "$MAKE_STRAIN" $kind.hdf $kind || fail make_strain
    why="of one repeated value (a run of zeros, or of any one value, is a gap)"
    [ $kind = nan ] && why="not finite"
    for verb in "detect -m m.hdf" "psd --detector H1" "condition -o never.hdf" "$MATCHED"; do
        refuse 1 "H1: none of its 81920 samples is a finite number with valid data: 81920 $why" "$G" $verb $kind.hdf
    done
    expect 0 "$G" inspect $kind.hdf
    grep -q "^  H1  0 of 81920 samples are finite data (0%)" out || fail "inspect $kind: $(cat out)"
done

# Quality bits.  Two seconds without CBC_CAT1 and one with a hardware injection are gaps, a continuous wave is none.
"$MAKE_STRAIN" H.hdf dq-H1 && "$MAKE_STRAIN" L.hdf dq-L1 || fail make_strain
left="3 s of 40 s left out: 2 s with CBC_CAT1 off, 1 s with a hardware injection"
expect 0 "$G" detect -m m.hdf --threshold -3.4 --json -o t.hdf H.hdf L.hdf
grep -q " - INFO - H1: $left$" err && grep -q " - INFO - L1: $left$" err || fail "detect does not say what it left out: $(cat err)"
grep -q '"gps": 12623040\(33\|34\|38\)\.' out && fail "a trigger in a second that is left out: $(cat out)"
cp out default.json
expect 0 "$G" inspect t.hdf
grep -q "/dq  *string  *($(wc -l <default.json))" out || fail "no /dq beside the triggers: $(cat out)"
expect 0 "$G" $MATCHED H.hdf L.hdf
grep -q "^H1: $left$" out || fail "matched does not say what it left out: $(cat out)"
expect 0 "$G" condition H.hdf -o hw.hdf
grep -q " - INFO - H1: $left$" err || fail "condition does not say what it left out: $(cat err)"
expect 0 "$G" psd L.hdf -o lpsd.hdf
grep -q " - INFO - L1: $left$" err || fail "psd does not say what it left out: $(cat err)"

# Kept, they are searched, and every trigger there names the bits.
expect 0 "$G" detect -m m.hdf --threshold -3.4 --json --keep cat1,injections H.hdf L.hdf
grep -q "left out" err && fail "--keep leaves something out: $(cat err)"
while read -r second bits; do
    grep -q "\"gps\": 12623040$second\..*\"dq\": \[$bits\]}" out || fail "the trigger at $second s has not the bits [$bits]: $(cat out)"
done <<'END'
04
29 "L1:CBC_CAT2"
33 "H1:CBC_CAT1", "L1:CBC_CAT1"
38 "H1:NO_CBC_HW_INJ", "L1:NO_CBC_HW_INJ"
END
expect 0 "$G" detect -m m.hdf --threshold -3.4 --keep injections,cat1 H.hdf L.hdf
grep -q "^[* ] 1262304033.*  H1:CBC_CAT1 L1:CBC_CAT1$" out || fail "the table does not name the bits: $(cat out)"
expect 0 "$G" detect -m m.hdf --threshold -3.4 --json --keep injections H.hdf L.hdf
grep -q " - INFO - H1: 2 s of 40 s left out: 2 s with CBC_CAT1 off$" err || fail "--keep injections: $(cat err)"
expect 0 "$G" psd --keep cat1 H.hdf
grep -q " - INFO - H1: 1 s of 40 s left out: 1 s with a hardware injection$" err || fail "--keep cat1: $(cat err)"
for verb in "detect -m m.hdf" psd "condition -o never.hdf" matched; do
    refuse 2 "keep is cat1, injections" "$G" $verb --keep cat2 H.hdf
    refuse 2 "keep is cat1, injections" "$G" $verb --keep cat1, H.hdf
done

# Times that float32 rounded, or that contradict the name of the data set.
"$MAKE_STRAIN" start32.hdf start32 && "$MAKE_STRAIN" named.hdf named || fail make_strain
for verb in "detect -m m.hdf" psd "condition -o never.hdf" matched inspect; do
    refuse 1 "start_time of /H1/1262304000 is float32" "$G" $verb start32.hdf
    refuse 1 "named after GPS second 1262304000" "$G" $verb named.hdf
done

# Whitened strain is no strain.
for verb in "detect -m m.hdf" "psd --detector H1" "condition -o never.hdf" matched "simulate -o never.hdf --into"; do
    refuse 1 "w.hdf: whitened strain" "$G" $verb w.hdf
done
expect 0 "$G" psd --whitened --detector H1 w.hdf
expect 0 "$G" inspect w.hdf
grep -q "^w.hdf: whitened strain" out || fail "inspect does not know whitened strain: $(cat out)"

# inspect goes on after a bad file, names what the program writes, and says which filter a file wants.
"$MAKE_STRAIN" lzf.hdf lzf && "$MAKE_STRAIN" good.hdf good || fail make_strain
expect 1 "$G" inspect nosuch.hdf lzf.hdf zeros.hdf
grep -q "^  H1  79872 of 81920 samples are finite data (97.5%), 1 s of one repeated value$" out || fail "inspect zeros: $(cat out)"
grep -q "^  L1  one value repeated from GPS 1262304020.000000 on, 1 s$" out || fail "inspect: no dead stretch: $(cat out)"
grep -q "nosuch.hdf" err && grep -q "filter 32000 (LZF)" err && [ "$(wc -l <err)" = 2 ] || fail "inspect: $(cat err)"
expect 0 "$G" detect -m m.hdf good.hdf --logits y.hdf
expect 0 "$G" matched --mass-range 30,31 --min-match 0.9 --save-bank bank.hdf
expect 0 "$G" simulate --duration 40 -s 3 --step 24 -o s.hdf -i inj.hdf
expect 0 "$G" inspect t.hdf y.hdf bank.hdf inj.hdf lpsd.hdf m.hdf s.hdf hw.hdf
for words in "t.hdf: triggers" "y.hdf: logits" "bank.hdf: template bank" "inj.hdf: injections" "lpsd.hdf: power spectral density" "m.hdf: gwspike model" \
    "s.hdf: strain" "hw.hdf: whitened strain"; do
    grep -q "^$words" out || fail "inspect does not say '$words'"
done
expect 0 "$G" inspect H.hdf
grep -q "DATA 100% CBC_CAT1 95%" out || fail "inspect: $(cat out)"

# A detector that the model does not use, and one alone.
"$MAKE_STRAIN" one.hdf one || fail make_strain
refuse 1 "the input has H1 only; gwspike matched searches any" "$G" detect -m m.hdf one.hdf
:
