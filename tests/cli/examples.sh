# The programs of examples/ run and say something sensible.
"$MAKE_MODEL" m.hdf
"$MAKE_STRAIN" good.hdf good
expect 0 "$EXAMPLES/example_whiten"
grep -q "samples whitened, variance \(0\.9\|1\.0\)" out || fail "whiten: $(cat out)"
expect 0 "$EXAMPLES/example_detect" m.hdf good.hdf
grep -q "triggers in 40 s" out || fail "detect: $(cat out)"
refuse 1 "absent.hdf" "$EXAMPLES/example_detect" m.hdf absent.hdf
