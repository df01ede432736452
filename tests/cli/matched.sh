# matched: finds what was put in, says the same as JSON, table and file, whatever the number of threads; refuses what makes no sense.
expect 0 "$G" simulate --duration 90 -s 5 --step 40 -o fg.hdf -i inj.hdf
small="--mass-range 25,50 --min-match 0.9 --rate 1024"
expect 0 "$G" matched $small --save-bank bank.hdf
grep -q '^bank.hdf: [0-9]* templates$' out || fail "save-bank: $(cat out)"
expect 0 "$G" inspect bank.hdf
for name in mass1 mass2 spin1z spin2z f_lower; do
    grep -q "/$name  *f64" out || fail "no $name in the bank"
done
grep -q "/approximant" out || fail "no approximant in the bank"
expect 0 "$G" matched $small -j 1 --json --slides 40 -o one.hdf fg.hdf
cp out one.json
[ -s one.json ] || fail "no event"
line='^{"gps": [0-9.]*, "stat": [0-9.]*, "far_per_month": \(null, "far_bound": "below", "far_per_month_limit": [0-9.e+]*\|[0-9.e+]*\), "window_s": 0.2.*, "detectors": \["H1", "L1"\], "detector_gps": \['
grep -v "$line" one.json && fail "a JSON line is not as in the interface"
for key in snr chisq_reduced new_snr sigma template mass1 mass2 spin1z spin2z; do
    [ "$(grep -c "\"$key\": " one.json)" = "$(wc -l <one.json)" ] || fail "no $key in the JSON"
done
sed 's/.*"gps": \([0-9.]*\),.*/\1/' one.json >times
sort -g times | cmp -s - times || fail "events are not in order of time"
expect 0 "$G" matched $small -j 2 --json --slides 40 -o two.hdf fg.hdf
cmp -s out one.json || fail "-j changes the events"
cmp -s one.hdf two.hdf || fail "-j changes the file"
# The bank as saved gives the same events; without slides there is no rate.
expect 0 "$G" matched --bank bank.hdf --rate 1024 --json fg.hdf
sed -e 's/"far_bound": "below", "far_per_month_limit": [^,]*, //' -e 's/"far_per_month": [^,]*,/"far_per_month": null,/' one.json | cmp -s - out || fail "the saved bank gives other events"
n=$(wc -l <one.json)
expect 0 "$G" matched --bank bank.hdf --rate 1024 -v fg.hdf
[ "$(grep -c '^  1[0-9]*\.' out)" = "$n" ] || fail "the table has not as many events as the JSON"
grep -q "^$n event.* searched with [0-9]* templates" out || fail "no summary: $(cat out)"
grep -q "templates in real time" err || fail "-v says nothing"
expect 0 "$G" inspect one.hdf
grep -q "triggers, MLGWSC-1" out || fail "inspect does not know the file for triggers"
for name in time stat var far_per_month far_per_month_limit mass1 snr_H1 snr_L1 chisq_reduced_H1 new_snr_L1 sigma_H1 time_L1; do
    grep -q "/$name  *f64  *($n)" out || fail "/$name is not f64 ($n)"
done
for name in gwspike_version git_hash command_line input_sha256; do
    grep -q "^$name: " out || fail "no $name in the provenance"
done
# Louder than all slides: below one in their live time, which stands beside the table; the rate of the others is counted.
expect 0 "$G" matched --bank bank.hdf --rate 1024 --slides 40 fg.hdf
grep -q "^FAR: false alarms in 30 days.* of time slides" out || fail "no live time of the slides: $(cat out)"
head -1 out | grep -q "FAR /30 days" || fail "no unit in the table: $(head -1 out)"
grep -q '"below"' one.json || fail "no event is louder than all slides: $(cat one.json)"
grep -c '"below"' one.json >below
[ "$(grep -c ' < [0-9]' out)" = "$(cat below)" ] || fail "bounds in table and JSON differ: $(cat out)"
# Signals 3 to 9 s apart are found each; a window of 10 s hides some, and is asked for.
expect 0 "$G" simulate --duration 70 -s 5 --step 3 --snr-min 20 --snr-max 30 -o close.hdf -i close_inj.hdf
h5dump -y -m "%.3f" -d /tc close_inj.hdf | tr -s ' ,' '\n\n' | grep '^1[0-9]*\.' >tc
awk 'NR > 1 && $1 - last < 8.6 {n++} {last = $1} END {exit !(NR == 9 && n >= 4)}' tc || fail "not the signals that the test wants: $(cat tc)"
expect 0 "$G" matched --mass-range 10,50 --min-match 0.9 --rate 1024 --threshold 8 --json close.hdf
sed 's/.*"gps": \([0-9.]*\),.*/\1/' out | paste tc - | awk '{d = $1 - $2; if (!(d < 0.1 && d > -0.1)) bad = 1} END {exit bad || NR != 9}' ||
    fail "not each of the signals: $(cat out)"
expect 0 "$G" matched --mass-range 10,50 --min-match 0.9 --rate 1024 --threshold 8 --cluster-window 10 --json close.hdf
[ "$(wc -l <out)" -lt 9 ] || fail "--cluster-window 10 takes nothing away"
# One detector works alone; --threshold cuts; nothing found prints nothing.
"$MAKE_STRAIN" h1.hdf one || fail make_strain
expect 0 "$G" matched --bank bank.hdf --rate 1024 --json --segment 32 --psd-duration 32 h1.hdf
grep -q '"detectors": \["H1"\]' out || fail "one detector: $(cat out)"
expect 0 "$G" matched --bank bank.hdf --rate 1024 --json --threshold 1000 -o none.hdf fg.hdf
[ -s out ] && fail "--json without an event prints something"
expect 0 "$G" inspect none.hdf
grep -q "/time  *f64  *(0)" out || fail "no empty /time"
refuse 1 "time slides" "$G" matched --bank bank.hdf --rate 1024 --slides 5 h1.hdf
refuse 2 "wants at least one strain file" "$G" matched
refuse 2 "mass-range is LO,HI" "$G" matched --mass-range 10,x fg.hdf
refuse 2 "spin-range is LO,HI" "$G" matched --spin-range , fg.hdf
refuse 2 "one of them" "$G" matched --bank bank.hdf --save-bank b.hdf fg.hdf
refuse 2 "one waveform" "$G" matched --template t.hdf --slides 3 fg.hdf
refuse 2 "goes with --template" "$G" matched --recipe pycbc fg.hdf
refuse 2 "slides" "$G" matched --slides -1 fg.hdf
refuse 2 "window" "$G" matched --window 3 fg.hdf
refuse 1 "masses from 50 to 10" "$G" matched --mass-range 50,10 fg.hdf
refuse 1 "min_match" "$G" matched --min-match 1 fg.hdf
refuse 1 "noise curve nonsense" "$G" matched --psd nonsense fg.hdf
refuse 1 "waveform nonsense" "$G" matched --approximant nonsense fg.hdf
refuse 1 "no.such.hdf" "$G" matched --bank no.such.hdf fg.hdf
refuse 1 "mass1" "$G" matched --bank fg.hdf fg.hdf
refuse 1 "multiple of 1500 Hz" "$G" matched --bank bank.hdf --rate 1500 fg.hdf
refuse 1 "inverse spectrum" "$G" matched --bank bank.hdf --rate 1024 --segment 16 fg.hdf
refuse 1 "no.such.folder" "$G" matched --bank bank.hdf -o no.such.folder/x.hdf fg.hdf
refuse 1 "template" "$G" matched --template fg.hdf fg.hdf
refuse 1 "recipe 'best'" "$G" matched --template fg.hdf --recipe best fg.hdf
# The published numbers of GW150914 through the program; needs the data folder.
H=$DATA/gwosc/H-H1_LOSC_4_V2-1126259446-32.hdf5 T=$DATA/gwosc/GW150914_4_template.hdf5
if [ -e "$H" ] && [ -e "$T" ]; then
    expect 0 "$G" matched --template "$T" --json "$H"
    grep -q '"gps": 1126259462.43945.*"snr": 18.56137[12].*"new_snr": null' out || fail "tutorial: $(cat out)"
    expect 0 "$G" matched --template "$T" --recipe pycbc --psd-inverse-length 4 "$H"
    grep -q 'H1 .* 19.669245 .* 1.24910  18.43665' out || fail "pycbc: $(cat out)"
    refuse 1 "template at 4096 Hz" "$G" matched --template "$T" fg.hdf
fi
