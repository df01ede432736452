# Noise curves from files: what no detector can have is refused by every verb that takes a curve, and outside its band a file has no value.
awk 'BEGIN { for (f = 10; f <= 2100; f *= 1.02) printf "%.6e %.6e\n", f, 1e-23 * (1 + (20 / f) ^ 4) }' >amplitude.txt
awk '{ printf "%s %.6e\n", $1, $2 * $2 }' amplitude.txt >power.txt
awk 'BEGIN { for (f = 0.001; f < 1; f *= 1.1) printf "%.6e %.6e\n", f, 1e-40 / f; print 1.04, 1e-40 }' >space.txt
awk '$1 < 490; END { print 500, 1e-46 }' power.txt >narrow.txt
awk '{ print $1, $1 < 15 ? 0.25 : $2 }' power.txt >placeholder.txt
awk '{ print $1, $2, $2 }' power.txt >columns.txt

recipe()
{
    printf '[model]\nchannels = 8,16,32\nkernels = 16,8,8\nstrides = 8,2,2\nlif = 32,16\nhorizons = 3\n[data]\npsd = %s\nsignals = 8\nvalid_signals = 8\ntest_signals = 8\nnoise_s = 64\nvalid_noise_s = 64\ntest_noise_s = 64\nstretch_s = 32\n[train]\nbatch = 4\n[pretrain]\nsteps = 0\nanchors = 6\n[classify]\nsteps = 0\n[joint]\nsteps = 1\nanchors = 4\n' "$1" >r.ini
}

# everywhere PATTERN CURVE: every verb that takes a curve refuses this one.
everywhere()
{
    recipe "$2"
    refuse 1 "$1" "$G" simulate --psd "$2" --duration 16 --no-signals -o o.hdf
    refuse 1 "$1" "$G" simulate --psd "$2" --duration 16 --no-signals --glitches blip=20 --truth t.hdf -o o.hdf
    refuse 1 "$1" "$G" train -c r.ini -o o.hdf
    refuse 1 "$1" "$G" matched --psd "$2" --f-low 10 --min-match 0.8 --save-bank o.hdf
}

everywhere "which no detector has; asd:amplitude.txt if" amplitude.txt
everywhere "a file of PSDs wants no asd:" asd:power.txt
everywhere "a PSD of 0.25 /Hz at 1[0-9.]* Hz, which no detector has$" placeholder.txt
everywhere "row 1: want two columns" columns.txt
everywhere "no value from 8 to 1024 Hz\|the PSD is 0 at 10 Hz" space.txt
everywhere "values from 10[0-9.]* to 500 Hz, wanted from 20 to 1024 Hz\|the PSD is 0 at 500.5 Hz" narrow.txt
refuse 1 "asd:amplitude.txt if" "$G" psd --curve amplitude.txt
refuse 1 "a file of PSDs wants no asd:" "$G" psd --curve asd:power.txt -o o.hdf
refuse 1 "a PSD of 0.25 /Hz" "$G" psd --curve placeholder.txt
refuse 1 "no value at any step" "$G" psd --curve space.txt --delta-f 100

# What is left is used, and both spellings of a curve are one curve.
expect 0 "$G" psd --curve placeholder.txt --f-lower 16 -o o.hdf
expect 0 "$G" simulate --psd power.txt --duration 16 -s 3 --no-signals -o a.hdf
expect 0 "$G" simulate --psd asd:amplitude.txt --duration 16 -s 3 --no-signals -o b.hdf
"$G" psd --detector H1 a.hdf >a.txt
"$G" psd --detector H1 b.hdf >b.txt
awk 'NR == FNR { a[$1] = $2; next } $1 > 20 && $1 < 1000 && ($2 / a[$1] > 1.0001 || $2 / a[$1] < 0.9999) { bad = 1 } END { exit bad }' a.txt b.txt ||
    fail "a curve and its amplitudes differ"

# Outside the file there is nothing, as text and from HDF5, and a line says so.
expect 0 "$G" psd --curve narrow.txt --delta-f 5 --f-final 1000 -o narrow.hdf
for file in narrow.txt narrow.hdf; do
    expect 0 "$G" psd --curve $file --delta-f 2.5 --f-final 1000
    awk '$1 < 10 && $2 != 0 { exit 1 } $1 >= 10 && $1 <= 500 && !($2 > 0) { exit 1 } $1 > 500 && $2 != 0 { exit 1 }' out ||
        fail "$file: values outside its band, or none inside"
    grep -q "$file has values from 10 to 500 Hz; the curve is 0 outside" err || fail "$file: not said to end: $(cat err)"
done
expect 0 "$G" psd --curve space.txt --delta-f 0.1 --f-final 2
awk '$1 > 1.04 && $2 != 0 { exit 1 } $1 > 0 && $1 < 1.03 && !($2 > 0) { exit 1 }' out || fail "space.txt: $(cat out)"
expect 0 "$G" psd --curve space.txt --delta-f 1 --f-final 3
grep -q "space.txt has a value at 1 Hz alone; the curve is 0 elsewhere$" err || fail "one value: $(cat err)"
expect 0 "$G" psd --curve power.txt --delta-f 20 --f-final 1000 --f-lower 20
[ -s err ] && fail "a curve that covers its grid is said to end: $(cat err)"
true
