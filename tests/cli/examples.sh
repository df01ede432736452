# The programs of examples/ run and say something sensible.
"$MAKE_MODEL" m.hdf
"$MAKE_STRAIN" good.hdf good
expect 0 "$EXAMPLES/example_whiten"
grep -q "samples whitened, variance \(0\.9\|1\.0\)" out || fail "whiten: $(cat out)"
expect 0 "$EXAMPLES/example_detect" m.hdf good.hdf
grep -q "triggers in 40 s" out || fail "detect: $(cat out)"
refuse 1 "absent.hdf" "$EXAMPLES/example_detect" m.hdf absent.hdf
printf 'id,start,end\n0,1238205077,1238213077\n' >segments.csv
expect 0 "$EXAMPLES/example_mlgwsc_input" .
[ "$(grep -c 'noise [1-9].*e-2[0-9] rms' out)" = 120 ] || fail "virtual: $(cat out)"
[ "$(grep -c 'signal [1-9].*e-2[0-9] peak' out)" -ge 4 ] || fail "virtual: no signal: $(cat out)"
grep -q 'signal 0.0e+00 peak' out || fail "virtual: signals everywhere: $(cat out)"
refuse 1 "nowhere/segments.csv" "$EXAMPLES/example_mlgwsc_input" nowhere
