# Strain between all formats: the same bits there and back, masks, gaps, parts, rates, many files, kills.  What other programs make of the files is the
# referee's business (tools/golden/referee).
"$MAKE_STRAIN" good.hdf good 1 && "$MAKE_STRAIN" gap.hdf gap 2 && "$MAKE_STRAIN" H.hdf5 dq-H1 && "$MAKE_STRAIN" zeros.hdf zeros || fail make_strain

# same A B IFO - the strain of a detector is the same in both files of MLGWSC-1's layout
same()
{
    h5diff -q "$1" "$2" "/$3" "/$3" >/dev/null 2>&1 || fail "$2: $3 is not that of $1"
}

# one detector there and back
for to in hdf hdf5 h5 gwf txt txt.gz csv csv.gz npy npz; do
    expect 0 "$G" convert good.hdf --detectors H1 -o one.$to --force
    expect 0 "$G" convert one.$to -o back.hdf --force
    if [ $to = npy ]; then # says no detector
        h5diff -q good.hdf back.hdf /H1/1262304000 /X0/1262304000 || fail "npy: not the same"
    else
        same good.hdf back.hdf H1
    fi
done
# both
for to in hdf h5 gwf npz; do
    expect 0 "$G" convert good.hdf -o two.$to --force
    expect 0 "$G" convert two.$to -o back.hdf --force
    same good.hdf back.hdf H1
    same good.hdf back.hdf L1
done
if command -v python3 >/dev/null; then
    python3 -c "import zipfile; z = zipfile.ZipFile('two.npz'); assert z.testzip() is None and b'input_sha256: ' in z.comment" || fail "two.npz is no archive to others"
fi
# what a file is, as text and as JSON
for to in gwf h5 hdf npz; do
    expect 0 "$G" inspect two.$to
    cp out text
    expect 0 "$G" inspect --json two.$to
    [ "$(wc -l <out)" = 1 ] && [ "$(grep -o '"ifo": "[HL]1", "gps": "1262304000.000000000"' out | wc -l)" = 2 ] && grep -q '"kind": "strain"' out || fail "--json: $(cat out)"
    [ "$(grep -c 'GPS 1262304000.000000 .* 40 s, 81920 samples at 2048 Hz' text)" = 2 ] && grep -q '"duration_s": 40.0, "n": 81920, "rate_hz": 2048' out || fail "$to: $(cat text out)"
    [ "$(grep -c '81920 of 81920 samples are finite data' text)" = 2 ] && grep -q '"ifo": "H1", "n": 81920, "finite": 81920' out || fail "$to: $(cat text out)"
done
"$MAKE_MODEL" model.hdf && expect 0 "$G" inspect --json model.hdf zeros.hdf H.hdf5
[ "$(wc -l <out)" = 3 ] && grep -q '"kind": "gwspike model"' out && grep -q '"repeated": \[{"gps": "12623040[0-9.]*", "duration_s": 1.0}\]' out &&
    grep -q '"CBC_CAT1": 0.95' out && grep -q '"recipe": ' out || fail "--json: $(cut -c1-2000 out)"
if command -v python3 >/dev/null; then
    python3 -c "import json, sys; [json.loads(x) for x in open('out')]" || fail "--json is none"
fi
# the same bytes for any number of threads; a chain of formats
expect 0 "$G" convert good.hdf -o j1.hdf -j 1
expect 0 "$G" convert good.hdf -o j3.hdf -j 3
cmp -s j1.hdf j3.hdf || fail "other bytes with other threads"
expect 0 "$G" convert two.npz -o chain.h5
expect 0 "$G" convert chain.h5 -o chain.gwf
expect 0 "$G" convert chain.gwf -o chain.hdf
same good.hdf chain.hdf L1
# layouts of HDF5 under any of its endings; where it comes from is in the file
expect 0 "$G" convert good.hdf --layout gwpy -o gwpy.hdf
expect 0 "$G" inspect gwpy.hdf
grep -q "HDF5 time series" out && grep -q "^command_line: gwspike convert" out && grep -q "^input_sha256: [0-9a-f]\{64\}  good.hdf" out || fail "gwpy.hdf: $(cat out)"
strings two.gwf | grep -q "^input_sha256: $(sha256sum good.hdf | cut -d' ' -f1)  good.hdf" || fail "a frame does not say where it comes from"
# one value repeated stays what it is: to the reader of the new file it is a gap as before
expect 0 "$G" convert zeros.hdf -o zeros.gwf
expect 0 "$G" convert zeros.gwf -o zeros2.hdf
same zeros.hdf zeros2.hdf H1

# masks go along where there is room for them, and else their seconds are gaps
left="H1: 3 s of 40 s left out: 2 s with CBC_CAT1 off, 1 s with a hardware injection"
for to in hdf5 gwf; do
    expect 0 "$G" convert H.hdf5 -o m.$to --force
    for f in H.hdf5 m.$to; do
        expect 0 "$G" inspect $f
        grep -E "data quality|no injection" out >$f.bits
    done
    cmp -s H.hdf5.bits m.$to.bits || fail "m.$to: other masks: $(cat m.$to.bits)"
    expect 0 "$G" condition m.$to -o w.hdf --force
    grep -q " - INFO - $left$" err || fail "m.$to: other seconds are left out: $(cat err)"
    expect 0 "$G" convert m.$to -o back.hdf5 --force
    for d in quality/simple/DQmask quality/injections/Injmask strain/Strain; do
        for f in H back; do
            h5dump -y -m %.17g -d /$d $f.hdf5 | awk '/^ *DATA {/ {p = 1} p; p && /}/ {exit}' >$f.txt
        done
        [ -s H.txt ] && cmp -s H.txt back.txt || fail "m.$to: /$d is another when it is back"
    done
done
expect 0 "$G" convert H.hdf5 -o m.npz
grep -q " - INFO - $left$" err || fail "npz: it is not said what became a gap: $(cat err)"
expect 0 "$G" convert m.npz -o m.hdf
[ "$(h5ls m.hdf/H1 | wc -l)" = 3 ] || fail "npz: the seconds are no gaps: $(h5ls m.hdf/H1)"
expect 0 "$G" convert H.hdf5 --keep cat1,injections -o kept.npz
expect 0 "$G" convert kept.npz -o kept.hdf
[ "$(h5ls kept.hdf/H1 | wc -l)" = 1 ] || fail "--keep: $(h5ls kept.hdf/H1)"
refuse 2 "for formats without masks" "$G" convert H.hdf5 --keep cat1 -o x.gwf

# gaps: stretches, NaN, or a refusal
expect 0 "$G" convert gap.hdf -o stretches.hdf
expect 0 "$G" convert gap.hdf -o nan.h5
expect 0 "$G" convert nan.h5 -o nan.hdf
expect 0 "$G" convert gap.hdf -o nan.gwf
expect 0 "$G" convert nan.gwf -o nan2.hdf
for f in nan.hdf nan2.hdf; do
    same stretches.hdf $f H1
    same stretches.hdf $f L1
done
refuse 1 "has a gap at GPS 12623040[0-9.]*, and sound has none" "$G" convert gap.hdf --detectors H1 -o x.wav
expect 0 "$G" convert good.hdf --detectors H1 -o h.wav
"$MAKE_STRAIN" apart.hdf apart || fail make_strain
echo "1262304000 1262304001
1362304000 1362304001" >far.txt
expect 0 "$G" convert good.hdf --detectors H1 --gps-end-time 1262304002 -o H-H1_A-1262304000-2.wav
cp H-H1_A-1262304000-2.wav H-H1_A-1362304000-2.wav
refuse 1 "would be filled with gaps" "$G" convert H-H1_A-1262304000-2.wav H-H1_A-1362304000-2.wav -o x.npy
expect 0 "$G" convert H-H1_A-1262304000-2.wav H-H1_A-1362304000-2.wav -o far.hdf
expect 0 "$G" convert H-H1_A-1262304000-2.wav H-H1_A-1362304000-2.wav -o far.gwf

# a part; another rate, cut anywhere the same
expect 0 "$G" convert good.hdf --gps-start-time 1262304010.5 --gps-end-time 1262304020 -o part.h5
expect 0 "$G" inspect part.h5
grep -q 'H1  GPS 1262304010.500000 .* 9.5 s, 19456 samples' out || fail "a part: $(cat out)"
expect 0 "$G" convert good.hdf --rate 1024 -o slow.hdf
expect 0 "$G" inspect slow.hdf
grep -q 'H1  GPS 1262304000.0[0-9]* .* 40844 samples at 1024 Hz' out || fail "a rate: $(cat out)"
mkdir slow
expect 0 "$G" convert good.hdf --rate 1024 --duration 3 -o slow/S.gwf
expect 0 "$G" convert slow -o slow2.hdf
same slow.hdf slow2.hdf H1
same slow.hdf slow2.hdf L1
refuse 1 "only a rate that divides" "$G" convert good.hdf --rate 1000 -o x.hdf
refuse 1 "only a rate that divides" "$G" convert good.hdf --rate 4096 -o x.hdf

# many files, and back; what is there with the same bytes stays, anything else is refused
mkdir live
set -- convert good.hdf -o live/SIM.gwf --duration 1 --per-detector --name GDS-CALIB_STRAIN
expect 0 "$G" "$@"
[ "$(ls live | wc -l)" = 80 ] && [ -f live/H-H1_SIM-1262304000-1.gwf ] && [ -f live/L-L1_SIM-1262304039-1.gwf ] || fail "many files: $(ls live)"
expect 0 "$G" inspect live/H-H1_SIM-1262304000-1.gwf
grep -q "H1:GDS-CALIB_STRAIN" out || fail "--name: $(cat out)"
expect 0 "$G" convert live -o live.hdf
same good.hdf live.hdf H1
same good.hdf live.hdf L1
touch -d 2001-01-01 live/*
rm live/*00?-1.gwf
expect 0 "$G" "$@"
[ "$(find live -newermt 2002-01-01 | grep -c gwf)" = 20 ] && [ "$(ls live | wc -l)" = 80 ] || fail "what was there was written again"
cp live/H-H1_SIM-1262304001-1.gwf live/H-H1_SIM-1262304002-1.gwf
refuse 1 "exists; --force" "$G" "$@"
expect 0 "$G" "$@" --force
expect 0 "$G" convert live -o live.hdf --force
same good.hdf live.hdf H1
expect 0 "$G" convert good.hdf -o both.gwf --duration 16
[ "$(echo *-both-*.gwf)" = "HL-both-1262304000-16.gwf HL-both-1262304016-16.gwf HL-both-1262304032-8.gwf" ] || fail "names: $(echo *-both-*)"

# what cannot be
for to in hdf5 txt csv npy wav; do
    refuse 1 "holds one detector, not H1 and L1" "$G" convert good.hdf -o x.$to
done
refuse 2 "the ending of an output chooses its format" "$G" convert good.hdf -o x.mp3
refuse 2 "layouts are gwosc, mlgwsc and gwpy" "$G" convert good.hdf --layout matlab -o x.hdf
refuse 2 "layouts are gwosc, mlgwsc and gwpy" "$G" convert good.hdf --layout gwosc -o x.gwf
refuse 1 "no input has detector V1" "$G" convert good.hdf --detectors V1 -o x.hdf
refuse 1 "an input of this run" "$G" convert good.hdf -o good.hdf --force
refuse 1 "a description without '-'" "$G" convert good.hdf --per-detector -o a-b.gwf
# whitened strain is told from strain, or listened to
expect 0 "$G" condition good.hdf -o white.hdf
refuse 1 "whitened strain" "$G" convert white.hdf -o x.npz
expect 0 "$G" convert white.hdf -o white2.hdf
refuse 1 "whitened strain" "$G" psd white2.hdf
expect 0 "$G" convert white.hdf --detectors L1 -o white.wav

# kill -9 at any moment: no half file under its name, and the next run goes on.  GWS_CONVERT_KILLS says how often.
kills=${GWS_CONVERT_KILLS:-8}
mkdir whole place
set -- convert good.hdf --duration 4 --per-detector
expect 0 "$G" "$@" -o whole/K.gwf
expect 0 "$G" "$@" -o whole/K.hdf5
expect 0 "$G" convert good.hdf -o whole/K.npz
awk -v n="$kills" 'BEGIN {srand(7); for (i = 0; i < n; i++) printf "%.3f\n", rand() * rand() * 0.4}' >moments
n=0
while read -r moment; do
    case $((n % 3)) in
        0) "$G" "$@" -o place/K.gwf >/dev/null 2>&1 </dev/null & ;;
        1) "$G" "$@" -o place/K.hdf5 >/dev/null 2>&1 </dev/null & ;;
        2) "$G" convert good.hdf -o place/K.npz --force >/dev/null 2>&1 </dev/null & ;;
    esac
    pid=$!
    sleep "$moment"
    kill -KILL $pid 2>/dev/null
    wait $pid 2>/dev/null
    n=$((n + 1))
    for f in place/*; do
        # the command's words are in the file, and the folder is one of them
        [ ! -e "$f" ] || "$G" inspect "$f" >/dev/null 2>&1 || fail "kill $n: $f is not whole"
    done
    [ $((n % 12)) != 11 ] || rm -f place/*
done <moments
expect 0 "$G" "$@" -o place/K.gwf
expect 0 "$G" "$@" -o place/K.hdf5
expect 0 "$G" convert good.hdf -o place/K.npz --force
[ "$(ls -A place)" = "$(ls whole)" ] || fail "after $n kills: $(ls -A place)"
for f in whole/*; do
    expect 0 "$G" convert "$f" -o a.hdf --force
    expect 0 "$G" convert "place/${f#whole/}" -o b.hdf --force
    ifos=$(h5ls a.hdf | awk '/^[HL]1 / {print $1}')
    [ -n "$ifos" ] || fail "$f: no detector"
    for d in $ifos; do same a.hdf b.hdf "$d"; done
done
echo "$n kills"
