# simulate, condition, psd, waveform, inspect: what they write has the promised layout and does not depend on threads.
expect 0 "$G" simulate --duration 100 -s 3 -j 1 --step 24 -o fg.hdf -i inj.hdf
expect 0 "$G" simulate --duration 100 -s 3 -j 2 --step 24 -o fg2.hdf -i inj2.hdf
cmp -s fg.hdf fg2.hdf || fail "simulate: -j changes the strain"
cmp -s inj.hdf inj2.hdf || fail "simulate: -j changes the injections"
expect 0 "$G" simulate --duration 100 -s 4 -o fg3.hdf
cmp -s fg.hdf fg3.hdf && fail "simulate: the seed changes nothing"
expect 0 "$G" inspect fg.hdf
grep -q "H1 .* 100 s, 204800 samples at 2048 Hz" out || fail "inspect fg.hdf: $(cat out)"
grep -q "L1 .* 100 s, 204800 samples at 2048 Hz" out || fail "inspect fg.hdf has no L1"
grep -q "^seed: 3$" out || fail "no seed in the provenance"
expect 0 "$G" inspect inj.hdf
for name in tc mass1 mass2 distance ra dec; do
    grep -q "/$name " out || fail "no $name among the injections"
done
expect 0 "$G" condition fg.hdf -o w.hdf -v
expect 0 "$G" inspect w.hdf
grep -q "H1 .* 98 s, .* 2048 Hz" out || fail "condition: $(cat out)"
expect 0 "$G" condition fg.hdf -o w2.hdf --rate 1024 --low 30 --high 300
expect 0 "$G" psd fg.hdf --detector L1 --average mean -o psd.hdf
expect 0 "$G" inspect psd.hdf
grep -q "/psd  *f64  *(4097)" out || fail "psd: $(cat out)"
expect 0 "$G" psd fg.hdf --detector L1 --segment 1
[ "$(wc -l <out)" = 1025 ] || fail "psd on stdout"
expect 0 "$G" psd --curves
[ "$(grep -c '^[A-Za-z0-9]*  *[A-Za-z0-9]' out)" -ge 80 ] || fail "psd --curves: $(cat out)"
grep -q '^EinsteinTelescopeP1600143  *LIGO-P1600143' out || fail "no Einstein Telescope among the curves"
expect 0 "$G" psd --curve aLIGOAPlusDesignSensitivityT1800042 --delta-f 0.5 --f-final 1024 --f-lower 15 -o curve.hdf
expect 0 "$G" inspect curve.hdf
grep -q "/psd  *f64  *(2049)" out || fail "psd --curve: $(cat out)"
expect 0 "$G" psd --curve aLIGOAPlusDesignSensitivityT1800042 --delta-f 0.5 --f-final 1024 --f-lower 15
cp out table
expect 0 "$G" psd --curve curve.hdf --delta-f 0.5 --f-final 1024 # what was written, read back
cmp -s out table || fail "a curve changes on its way through a file"
expect 0 "$G" simulate --duration 20 --psd EinsteinTelescopeP1600143 -o et.hdf
expect 0 "$G" simulate --duration 20 --psd aLIGO140MpcT1800545 -o late.hdf # its table begins above 10 Hz
refuse 1 "neither a known name" "$G" psd --curve LIGO
refuse 2 "takes no strain file" "$G" psd --curve KAGRA fg.hdf
refuse 2 "wants at least one strain file" "$G" psd
refuse 2 "f-final" "$G" psd --curve KAGRA --delta-f 0
wf="waveform --approximant IMRPhenomD --mass1 36 --mass2 29 --f-lower 20 --delta-f 0.25 --f-final 1024"
expect 0 "$G" $wf -o wf.hdf
expect 0 "$G" inspect wf.hdf
grep -q "/hplus  *compound  *(4097)" out && grep -q "/hcross  *compound  *(4097)" out || fail "waveform: $(cat out)"
"$MAKE_MODEL" m.hdf
expect 0 "$G" inspect m.hdf
for word in "strain .*(2,8192)" "latents" "spikes" "tensors" "stem.0.weight" "recipe:" "rate_hz = 2048" "git_hash"; do
    grep -q "$word" out || fail "inspect of a model does not say $word"
done
expect 0 "$G" selfcheck -m m.hdf
[ "$(grep -c '^ok ' out)" -ge 5 ] || fail "selfcheck: $(cat out)"
expect 0 "$G" demo -m m.hdf -o d.png
grep -q " of 6 found, " out || fail "demo: $(cat out)"
[ -s d.png ] || fail "demo: no figure"
expect 0 "$G" demo -m m.hdf -o d2.png --json
[ "$(grep -c '"injected_gps": 1' out)" = 6 ] || fail "demo --json: $(cat out)"
cmp -s d.png d2.png || fail "demo: the figure is not reproducible"
