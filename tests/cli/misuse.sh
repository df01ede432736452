# Wrong words: status 2, one line, nothing done.
"$MAKE_MODEL" m.hdf || fail make_model
refuse 2 "wants at least one strain file" "$G" detect -m m.hdf
refuse 2 "threshold wants a number, got 'loud'" "$G" detect -m m.hdf --threshold loud x.hdf
refuse 2 "threshold wants a number" "$G" detect --threshold= x.hdf
refuse 2 "threads wants a whole number" "$G" detect -j 1.5 x.hdf
refuse 2 "model wants MODEL" "$G" detect x.hdf -m
refuse 2 "json takes no value" "$G" detect --json=1 x.hdf
refuse 2 "head is spiking or linear" "$G" detect --head best x.hdf
refuse 2 "wants -o FILE" "$G" condition x.hdf
refuse 2 "average is" "$G" psd --average mode x.hdf
refuse 2 "needed" "$G" waveform --mass1 30
refuse 2 "unexpected 'x.hdf'" "$G" version x.hdf
refuse 2 "wants a file" "$G" inspect
refuse 2 "wants --duration" "$G" simulate -o x.hdf
refuse 2 "detectors" "$G" simulate --duration 10 --detectors H1,H1 -o x.hdf
refuse 2 "nothing" "$G" simulate --duration 10 --no-noise --no-signals -o x.hdf
refuse 2 "threads" "$G" simulate --duration 10 -j -5 -o x.hdf
for verb in background benchmark demo detect matched profile simulate train; do
    for threads in 0 -1 1025 x; do
        refuse 2 "threads wants a whole number from 1 to 1024, got '$threads'" "$G" $verb -j $threads x.hdf
    done
    "$G" $verb --help | grep -q -- '-j, --threads N' || fail "$verb has no -j any more"
done
"$MAKE_STRAIN" one.hdf one || fail make_strain
for start in 1 1e300 -1e300 9999999999; do
    refuse 1 "outside the data, GPS [0-9.]* to [0-9.]*$" "$G" psd --start $start one.hdf
done

# The environment is read with the same care as the options: what makes no sense is refused by every verb, and what is empty is not set.
for verb in version "inspect nosuch.hdf" "--help"; do
    GWSPIKE_ISA=avx9 refuse 2 "GWSPIKE_ISA 'avx9': wanted one of scalar" "$G" $verb
    GWSPIKE_MEMORY=lots refuse 2 "GWSPIKE_MEMORY: memory 'lots'" "$G" $verb
done
case $(uname -m) in
    x86_64) GWSPIKE_ISA=neon refuse 2 "GWSPIKE_ISA 'neon'" "$G" version ;;
    aarch64 | arm64) GWSPIKE_ISA=avx2 refuse 2 "GWSPIKE_ISA 'avx2'" "$G" version ;;
esac
long=$(printf '%02000d' 0)
GWSPIKE_MEMORY=$long refuse 2 "GWSPIKE_MEMORY: wanted an amount" "$G" version
GWSPIKE_MODEL=$long refuse 2 "GWSPIKE_MODEL: wanted a path of fewer than 1024 characters, found 2000" "$G" version
GWSPIKE_ISA='' GWSPIKE_MEMORY='' GWSPIKE_MODEL='' expect 0 "$G" version
GWSPIKE_ISA=scalar GWSPIKE_MEMORY=50% expect 0 "$G" version -v
grep -q "instruction set in use: scalar" out || fail "GWSPIKE_ISA=scalar: $(cat out)"
