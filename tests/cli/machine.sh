# benchmark, profile, optimize: rows and keys of the interface, saved runs, what optimize found is used and changes nothing.
cat >small.ini <<'INI'
[model]
channels = 8,8,16,16
kernels = 16,8,8,4
strides = 4,2,2,2
lif = 16,8
horizons = 4
[train]
batch = 8
[joint]
anchors = 4
INI
"$MAKE_MODEL" m.hdf || fail make_model
"$MAKE_STRAIN" gap.hdf gap || fail make_strain
export GWSPIKE_MODEL=m.hdf
time_row='"batch": 16, "median_ms": [0-9.e-]*, "min_ms": [0-9.e-]*, "target_ms": \(null\|[0-9.]*\), "met": \(null\|true\|false\)'
rows=setup,data_batch,cpc_forward,bridge_forward,snn_forward,full_pipeline,train_step,peak_memory_gb
expect 0 "$G" benchmark --seconds 0 --config small.ini --json --only $rows,energy --save before.jsonl
for name in $(echo $rows | tr , ' '); do
    n=$(grep -c "^{\"name\": \"$name\", " out)
    [ "$n" = 1 ] || fail "$n rows $name"
    [ $name = peak_memory_gb ] || grep -q "^{\"name\": \"$name\", $time_row" out || fail "keys of $name: $(grep "\"$name\"" out)"
done
grep -q '^{"name": "peak_memory_gb", "batch": 16, "value": [0-9.]*, ' out || fail "no value of peak_memory_gb"
grep -q '"name": "snn_forward".*"target_ms": [0-9.]*, "met": \(true\|false\)' out || fail "no target at batch 16"
grep -v '"name": "\(energy\|setup\|peak_memory\)' out | grep -q share_of_peak || fail "no share of the peak"
for name in with_memory dense_with_memory effective_macs effective_acs membrane_updates footprint processor; do
    grep -q "\"name\": \"energy_$name\"" out || fail "no energy_$name"
done
cmp -s out before.jsonl || fail "--save is not what --json prints"
expect 0 "$G" benchmark --seconds 0 -c small.ini --batch 2 --only hop_latency,snn_forward --compare before.jsonl
grep -q '^snn_forward .*before .*, ratio' out || fail "--compare shows no ratio: $(cat out)"
grep -q '^hop_latency ' out || fail "no hop_latency"
grep -q '^train_step' out && fail "--only lets others through"
grep -q 'Targets of a batch are of batch 16' out || fail "says nothing of targets at another batch"
expect 0 "$G" benchmark --seconds 0 -c small.ini -j 1 --json --only realtime_factor
[ "$(wc -l <out)" = 1 ] || fail "not one row: $(cat out)"
grep -q '^{"name": "realtime_factor", "batch": 16, "value": [0-9.]*, "unit": "x", .*"threads": 1}' out || fail "realtime_factor: $(cat out)"
expect 0 "$G" benchmark --seconds 0 -c small.ini --only none --curves --json --memory 100M
for curve in batch window threads streams; do
    [ "$(grep -c "\"name\": \"curve_$curve\"" out)" -ge 2 ] || [ $curve = threads ] || fail "no curve_$curve"
    grep -q "\"name\": \"curve_${curve}_slope\"" out || fail "no slope of $curve"
done
grep -q '"curve_batch_slope".*"value": -\{0,1\}[0-9]' out || fail "no power of the batch: $(grep slope out)" # which power is the machine's
echo '{"no": 1}' >bad.jsonl
refuse 1 "bad.jsonl: line 1" "$G" benchmark -c small.ini --compare bad.jsonl
refuse 1 "absent.jsonl" "$G" benchmark -c small.ini --compare absent.jsonl
refuse 1 "absent.ini" "$G" benchmark -c absent.ini
refuse 1 "no recipe other.ini" "$G" benchmark -c other
refuse 1 "no row is called so" "$G" benchmark --seconds 0 -c small.ini --json --only cpc_backward
expect 0 "$G" benchmark --seconds 0 -c small.ini --json --only kernel_context_input,layer_512_forward,energy_spike_rate
[ "$(sed 's/{"name": "\([^"]*\)".*/\1/' out | tr '\n' ' ')" = "energy_spike_rate kernel_context_input layer_512_forward " ] ||
    fail "--only gives $(cat out)"
refuse 2 "seconds is 0 to 3600" "$G" benchmark --seconds -1
refuse 2 "batch is 1 to 4096" "$G" benchmark --batch 0
refuse 2 "seconds is 0 to 3600" "$G" optimize --seconds -1

expect 0 "$G" optimize --seconds 0 -c small.ini --batch 2 -o found.ini --json --plot o.svg
[ "$(grep -c '"chosen": true' out)" = 3 ] || fail "not three choices: $(cat out)"
grep -q '</svg>' o.svg || fail "no figure of the curves"
for key in processor processors threads block batch; do
    grep -q "^$key = " found.ini || fail "no $key in the file"
done
expect 0 "$G" detect --json --threshold -3.5 gap.hdf
cp out plain.json
expect 0 "$G" profile gap.hdf
grep -q "block 256" out || fail "without a file: block $(cat out)"
mkdir -p "$XDG_CONFIG_HOME/gwspike"
sed 's/^block = .*/block = 7/; s/^threads = .*/threads = 1/; s/^batch = .*/batch = 3/' found.ini >"$XDG_CONFIG_HOME/gwspike/machine.ini"
expect 0 "$G" detect --json --threshold -3.5 gap.hdf
cmp -s out plain.json || fail "the length of blocks changes triggers"
expect 0 "$G" profile gap.hdf -o p.png
grep -q "block 7" out || fail "block of the file is not used: $(cat out)"
[ "$(head -c 8 p.png | od -An -c | tr -d ' ')" = '211PNG\r\n032\n' ] || fail "not a PNG"
for word in read condition stem context bridge spiking "search and rest" "packed weights" "resident at most"; do
    grep -q "$word" out || fail "profile of a search does not say $word"
done
expect 0 "$G" profile -c small.ini --steps 2 --json
for kind in stage tensor resident; do
    grep -q "^{\"kind\": \"$kind\"" out || fail "no $kind in the profile of training"
done
for name in stem context "contrastive loss" "backward: weights" update; do
    grep -q "\"name\": \"$name\", \"seconds\"" out || fail "no stage $name"
done
expect 0 "$G" profile -c small.ini --steps 2
grep -q "2 joint steps of batch 3" out || fail "the batch found is not used: $(head -n 1 out)"
sed -i.bak 's/^processor = .*/processor = another/' "$XDG_CONFIG_HOME/gwspike/machine.ini"
expect 0 "$G" profile gap.hdf
grep -q "block 256" out || fail "another machine's numbers are used"
echo "block = x" >"$XDG_CONFIG_HOME/gwspike/machine.ini"
expect 0 "$G" detect --json --threshold -3.5 gap.hdf
cmp -s out plain.json || fail "a damaged file changes triggers"
grep -q "not used: .*machine.ini" err || fail "nothing is said of a damaged file"
rm -r "$XDG_CONFIG_HOME/gwspike"
refuse 2 "either -c RECIPE or strain files" "$G" profile
refuse 2 "either -c RECIPE or strain files" "$G" profile -c small.ini gap.hdf

for verb in benchmark profile optimize; do
    expect 0 "$(dirname "$G")/ligo-$verb" --help
    head -n 1 out | grep -q "^gwspike $verb - " || fail "ligo-$verb is not $verb"
done
