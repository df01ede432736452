# Virtual inputs: sim:... stands for the file that `simulate --mlgwsc` writes, in every verb that reads strain.  Truth: that file.
# Set 1 wants nothing of the challenge but a list of segments.
unset GWSPIKE_MLGWSC # the folder is the one that the test makes
printf 'id,start,end\n0,1238205077,1238213077\n1,1238220000,1238230000\n' >segments.csv
sim=sim:mlgwsc=1,seed=5,duration=240
expect 0 "$G" simulate --mlgwsc 1 -s 5 --duration 240 -j 2 -f fg.hdf -b bg.hdf -i inj.hdf
expect 0 "$G" simulate --mlgwsc 1 -s 5 --duration 240 -j 1 -f fg1.hdf
h5diff fg.hdf fg1.hdf /H1 /H1 && h5diff fg.hdf fg1.hdf /L1 /L1 || fail "simulate --mlgwsc: -j changes the strain"
"$MAKE_MODEL" m.hdf || fail make_model

expect 0 "$G" inspect "$sim,part=fg"
grep -q "^sim:mlgwsc=1,.*: strain, virtual MLGWSC-1, 2 segments$" out || fail "inspect: $(cat out)"
sed 1d out >virtual.txt
expect 0 "$G" inspect fg.hdf
sed -n 2,3p out | cmp -s - virtual.txt || fail "inspect: segments of $sim: $(cat virtual.txt)"

# Noise sample by sample through psd, signals through condition: the same bits from the file and from its name.
expect 0 "$G" psd "$sim" --detector L1
cp out virtual.txt
expect 0 "$G" psd bg.hdf --detector L1
cmp -s out virtual.txt || fail "psd: $sim is not bg.hdf"
expect 0 "$G" psd fg.hdf --detector L1
cmp -s out virtual.txt && fail "no signal in the foreground"
for part in fg bg; do
    expect 0 "$G" condition $part.hdf -o file.hdf --force
    expect 0 "$G" condition "$sim,part=$part" -o virtual.hdf --force
    for ifo in H1 L1; do
        h5diff file.hdf virtual.hdf /$ifo /$ifo || fail "condition: $ifo of $sim,part=$part is not $part.hdf"
    done
done
expect 0 "$G" inspect virtual.hdf
grep -q "^input_sha256: virtual  sim:mlgwsc=1,seed=5,duration=240,offset=0,part=bg$" out || fail "provenance: $(cat out)"

for part in fg bg; do
    expect 0 "$G" detect -m m.hdf --threshold -3.4 --json -j 1 $part.hdf -o ${part}_ev.hdf
    cp out file.txt
    expect 0 "$G" detect -m m.hdf --threshold -3.4 --json -j 2 "$sim,part=$part"
    [ -s out ] || fail "detect: no trigger"
    cmp -s out file.txt || fail "detect: $sim,part=$part gives other triggers than $part.hdf"
done
# Events: the injections of which tc lies in the data, louder than two of the noise.
set --
for tc in $(h5dump -y -w 1 -m %.9f -d /tc inj.hdf | grep -o '12382[0-9.]*' | head -n 6); do
    set -- "$@" "$tc" 9 0.2
done
[ $# = 18 ] || fail "tc: $*"
"$EXAMPLES/make_events" fg_ev.hdf time,stat,var "$@" 1238205080 5 0.2 || fail make_events
"$EXAMPLES/make_events" bg_ev.hdf time,stat,var 1238205100 5 0.2 1238205200 6 0.2 || fail make_events
set -- "$G" evaluate --injection-file inj.hdf --foreground-events fg_ev.hdf --background-events bg_ev.hdf --json --far 1e6,1e5,1e4
expect 0 "$@" --foreground-files fg.hdf
cp out file.txt
expect 0 "$@" --foreground-files "$sim,part=fg"
grep -q '"found": [1-9]' out || fail "evaluate finds nothing: $(cat out)"
cmp -s out file.txt || fail "evaluate: $sim,part=fg is not fg.hdf: $(cat out)"

# Set 4 slides recorded noise; any file in the challenge's layout will do.
expect 0 "$G" simulate --mlgwsc 4 -s 5 --duration 90 --real-noise bg.hdf -f slid.hdf
expect 0 "$G" psd slid.hdf --detector L1
cp out file.txt
expect 0 "$G" psd sim:mlgwsc=4,seed=5,duration=90,noise=bg.hdf,part=fg --detector L1
cmp -s out file.txt || fail "psd: set 4 is not its file"

# Glitches into the data set, with or without a file between.
set -- "$G" simulate --no-signals --glitches blip=60 -s 2 -o
expect 0 "$@" file.hdf --force --into bg.hdf
expect 0 "$@" virtual.hdf --force --into "$sim"
h5diff file.hdf virtual.hdf /H1 /H1 || fail "simulate --into: $sim is not bg.hdf"

# A bank of one template, both ways.
expect 0 "$G" matched --mass-range 30,30.5 --min-match 0.9 --snr-threshold 3 --json -j 1 fg.hdf
cp out file.txt
expect 0 "$G" matched --mass-range 30,30.5 --min-match 0.9 --snr-threshold 3 --json -j 2 "$sim,part=fg"
[ -s out ] || fail "matched: no event"
cmp -s out file.txt || fail "matched: $sim,part=fg is not fg.hdf"

# Words that make no sense: one line.
refuse 1 "mlgwsc=1, 2, 3 or 4" "$G" inspect sim:
refuse 1 "mlgwsc=5: wanted" "$G" psd sim:mlgwsc=5
refuse 1 "'colour': wanted mlgwsc=" "$G" condition sim:mlgwsc=1,colour=red -o o.hdf
refuse 1 "seed is given twice" "$G" detect -m m.hdf sim:mlgwsc=1,seed=1,seed=2
refuse 1 "duration=1e3: wanted a whole number" "$G" matched sim:mlgwsc=1,duration=1e3
refuse 1 "part=middle: wanted fg or bg" "$G" profile -m m.hdf sim:mlgwsc=1,part=middle
refuse 1 "noise= goes with set 4" "$G" simulate --no-signals --glitches blip=60 -o o.hdf --into sim:mlgwsc=1,noise=x
refuse 1 "psds/H1/psd-[0-9]*.hdf: not found" "$G" inspect sim:mlgwsc=2
refuse 1 "real_noise_file.hdf: not found" "$G" inspect sim:mlgwsc=4
refuse 1 "nowhere/segments.csv: not found" "$G" inspect sim:mlgwsc=1,data=nowhere
refuse 1 "after an offset of 99999999 s" "$G" inspect sim:mlgwsc=1,offset=99999999
refuse 1 "absent.hdf" "$G" condition sim:mlgwsc=1,duration=60,part=fg,injections=absent.hdf -o o.hdf
refuse 1 "IMRPhenomQ" "$G" condition sim:mlgwsc=1,part=fg,approximant=IMRPhenomQ -o o.hdf
refuse 1 "differs from" "$G" condition fg.hdf "$sim,part=bg" -o o.hdf
refuse 1 "block [0-9]* would need .*, the cap is 1.0 MiB" "$G" detect -m m.hdf --memory 1M "$sim"
refuse 2 "duration" "$G" simulate --mlgwsc 1 --duration 1e9 -b o.hdf
refuse 2 "duration" "$G" simulate --mlgwsc 1 --duration 0.5 -b o.hdf
refuse 2 "start-offset -1" "$G" simulate --mlgwsc 1 --start-offset -1 -b o.hdf
refuse 2 "wanted 1, 2, 3 or 4" "$G" simulate --mlgwsc 9 -b o.hdf
refuse 1 "after an offset of 5000000000 s\|offset 5000000000 s" "$G" simulate --mlgwsc 1 --start-offset 5000000000 -b o.hdf

# A damaged list of segments.
for bad in '' 'id,start,end' '0,10' '0,20,10' '0,10,99999999999' '0,-5,7300' '0,0,9000
1,8000,19000' '0,0,9000,7' '0,1e3,9e3' 'x,y,z' '0,99999999999999999999,1'; do
    printf 'id,start,end\n%s\n' "$bad" >segments.csv
    refuse 1 "segments.csv: l[a-z0-9]* " "$G" inspect sim:mlgwsc=1,data=.
done
head -c 3000 m.hdf >segments.csv
refuse 1 "segments.csv" "$G" inspect sim:mlgwsc=1,data=.
