# The cap on memory: refused in one line before anything is begun; the batch that is said to fit does.
cat >small.ini <<'INI'
[model]
channels = 8,16,16
kernels = 16,8,8
strides = 8,2,2
lif = 16,16
horizons = 2
[data]
signals = 8
valid_signals = 4
test_signals = 4
noise_s = 64
valid_noise_s = 64
test_noise_s = 64
stretch_s = 32
[train]
batch = 2048
evaluate_windows = 0
[pretrain]
steps = 0
[classify]
steps = 0
[joint]
steps = 2
anchors = 4
INI
"$MAKE_MODEL" m.hdf || fail make_model
"$MAKE_STRAIN" good.hdf good || fail make_strain
export GWSPIKE_MODEL=m.hdf
none="block [0-9]* would need .* of memory, the cap is 1.0 MiB; no block fits"
refuse 1 "$none" "$G" detect --memory 1M good.hdf -o o.hdf
refuse 1 "$none" "$G" profile --memory 1M good.hdf
GWSPIKE_MEMORY=1M refuse 1 "$none" "$G" detect good.hdf
none="batch [0-9]* would need .* of memory, the cap is 1.0 MiB; no batch fits"
refuse 1 "$none" "$G" train -c small.ini -o x.hdf --memory 1M
refuse 1 "$none" "$G" profile -c small.ini --memory 1M
refuse 1 "$none" "$G" benchmark -c small.ini --memory 1M
refuse 1 "$none" "$G" optimize -c small.ini --memory 1M -o x.ini
refuse 1 "duration 40 would need .* of memory, the cap is 1.0 MiB; no --duration fits" "$G" psd --detector H1 --memory 1M good.hdf
refuse 1 "duration 40 would need .*; --duration [1-9][0-9]* fits" "$G" psd --detector H1 --stride 0.001 --memory 900M good.hdf
fits=$(sed 's/.*; --duration \([0-9]*\) fits/\1/' err)
expect 0 "$G" psd --detector H1 --stride 0.001 --memory 900M good.hdf --duration $((fits - 1))
refuse 1 "curve of steps: 9990000[01] would need" "$G" psd --curve aLIGOZeroDetHighPower --delta-f 1e-5 --f-final 999 --memory 500M
refuse 1 "waveform of steps: 800000001 would need .*; a waveform of steps: [0-9]* fits" "$G" waveform --approximant IMRPhenomD --mass1 36 \
    --mass2 29 --f-lower 20 --delta-f 1e-6 --f-final 800 --memory 500M -o x.hdf
refuse 1 "memory.*'lots'" "$G" detect --memory lots good.hdf
GWSPIKE_MEMORY=0 refuse 2 "GWSPIKE_MEMORY.*'0'" "$G" detect good.hdf
GWSPIKE_MEMORY=1M expect 0 "$G" detect --memory 90% good.hdf # the option wins

# refused: it says which batch fits, and that is true of it and not of half as many more
refuse 1 "batch 2048 would need .*; batch [0-9]* fits" "$G" train -c small.ini -o x.hdf --memory 400M
fits=$(sed 's/.*; batch \([0-9]*\) fits/\1/' err)
[ "$fits" -ge 1 ] && [ "$fits" -lt 2048 ] || fail "batch $fits fits"
sed "s/^batch = .*/batch = $((fits + fits / 2))/" small.ini >more.ini
refuse 1 "batch $((fits + fits / 2)) would need" "$G" train -c more.ini -o x.hdf --memory 400M
sed "s/^batch = .*/batch = $((fits - fits / 20))/" small.ini >less.ini
expect 1 "$G" train -c less.ini -o x.hdf --memory 400M --stop-after 1
grep -q "stopped after joint step 1" err || fail "the batch that fits does not: $(cat err)"

# what is known before the run is what the run takes
if grep -q __asan_init "$G"; then
    exit $FAILED
fi
unset GWSPIKE_MODEL
expect 0 "$G" benchmark --batch 4 --only peak_memory_gb --json
took=$(sed -n 's/.*"peak_memory_gb".*"value": \([0-9.]*\),.*/\1/p' out)
known=$(sed -n 's/.*"peak_memory_gb_known".*"value": \([0-9.]*\),.*/\1/p' out)
awk -v took="$took" -v known="$known" 'BEGIN { exit !(took > 0.5 * known && took < 1.1 * known) }' ||
    fail "$took GB were used where $known GB were expected"
