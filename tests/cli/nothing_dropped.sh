# What is asked is honoured, refused or mentioned: options that the chosen mode would pass over, columns of tables, keys of .ini files.
"$MAKE_STRAIN" good.hdf good || fail make_strain

# --- options: misuse, by name
refuse 2 "--segment is of an estimate" "$G" psd --curve KAGRA --segment 8
refuse 2 "--detector is of an estimate" "$G" psd --curve KAGRA --detector H1
refuse 2 "--keep is of an estimate" "$G" psd --curve KAGRA --keep cat1
refuse 2 "--whitened is of an estimate" "$G" psd --curve KAGRA --whitened
refuse 2 "--keep does not go with --curves" "$G" psd --curves --keep cat1
refuse 2 "--f-lower goes with --curve" "$G" psd --detector H1 --f-lower 10 good.hdf
refuse 2 "--curve does not go with --curves" "$G" psd --curves --curve KAGRA
refuse 2 "--curves takes no strain file" "$G" psd --curves good.hdf
refuse 2 "--steps is of training" "$G" profile --steps 3 good.hdf
refuse 2 "--model is of a search" "$G" profile -c default -m m.hdf
refuse 2 "--start does not go with --resume" "$G" train -c r.ini -o o.hdf --start m.hdf --resume
refuse 2 "--min-match does not go with --template" "$G" matched --template t.hdf --min-match 0.9 good.hdf
refuse 2 "--rate does not go with --template" "$G" matched --template t.hdf --rate 4096 good.hdf
refuse 2 "--f-low goes with --recipe pycbc" "$G" matched --template t.hdf --f-low 30 good.hdf
refuse 2 "--mass-range is of a bank that is placed" "$G" matched --bank b.hdf --mass-range 10,20 good.hdf
refuse 2 "--psd is of a bank that is placed" "$G" matched --bank b.hdf --psd KAGRA good.hdf
refuse 2 "--slide-step goes with --slides" "$G" matched --slide-step 1 good.hdf
refuse 2 "--threshold is of a search" "$G" matched --save-bank o.hdf --threshold 3
refuse 2 "--keep is of a search" "$G" matched --save-bank o.hdf --keep cat1
refuse 2 "--taper goes with --mlgwsc" "$G" simulate --duration 16 --taper -o o.hdf
refuse 2 "--approximant goes with --mlgwsc" "$G" simulate --duration 16 --approximant TaylorF2 -o o.hdf
refuse 2 "--start-offset goes with --mlgwsc" "$G" simulate --duration 16 --start-offset 5 -o o.hdf
refuse 2 "--foreground goes with --mlgwsc" "$G" simulate --duration 16 -f o.hdf
refuse 2 "--psd does not go with --mlgwsc" "$G" simulate --mlgwsc 1 --psd KAGRA -f o.hdf
refuse 2 "--glitches does not go with --mlgwsc" "$G" simulate --mlgwsc 1 --glitches blip=1 -f o.hdf
refuse 2 "--start does not go with --mlgwsc" "$G" simulate --mlgwsc 1 --start 1300000000 -f o.hdf
refuse 2 "--real-noise goes with --mlgwsc 4" "$G" simulate --mlgwsc 1 --real-noise r.hdf -f o.hdf
refuse 2 "--taper is of signals in strain" "$G" simulate --mlgwsc 1 --taper -b o.hdf
refuse 2 "--injection-file is of signals" "$G" simulate --mlgwsc 1 --injection-file i.hdf -b o.hdf
refuse 2 "--step contradicts --no-signals" "$G" simulate --duration 16 --no-signals --step 9 -o o.hdf
refuse 2 "--config contradicts --no-signals" "$G" simulate --duration 16 --no-signals -c p.ini -o o.hdf
refuse 2 "--snr-min goes with --snr-max" "$G" simulate --duration 16 --snr-min 9 -o o.hdf
refuse 2 "--gap-length goes with --gaps" "$G" simulate --duration 16 --gap-length 9 -o o.hdf
refuse 2 "--drift-time goes with --drift" "$G" simulate --duration 16 --drift-time 9 -o o.hdf
refuse 2 "--glitch-snr-min goes with --glitches" "$G" simulate --duration 16 --glitch-snr-min 9 -o o.hdf
refuse 2 "--psd counts SNRs" "$G" simulate --into good.hdf --no-signals --cw f0=100.5,h0=1e-23,ra=1.2,dec=0.3 --psd KAGRA -o o.hdf
refuse 2 "--drift-time does not go with --into" "$G" simulate --into good.hdf --drift-time 9 -o o.hdf
refuse 2 "--distance wants a number, got 'inf'" "$G" waveform --approximant IMRPhenomD --distance inf -o o.hdf
refuse 2 "--duration wants a number, got '12abc'" "$G" simulate --duration 12abc -o o.hdf
refuse 2 "--duration wants a number, got '0x10'" "$G" simulate --duration 0x10 -o o.hdf

# --- banks: what is not read of one is named
expect 0 "$G" matched --min-match 0.6 --mass-range 40,50 --save-bank bank.hdf
expect 0 "$G" simulate --duration 40 --no-noise -o signals.hdf -i table.hdf
expect 0 "$G" matched --bank table.hdf good.hdf
grep -q "table.hdf: not used: .*chirp_distance.*mchirp" err || fail "columns of a bank are passed over: $(cat err)"
refuse 1 "--approximant TaylorF2: template 0 of bank.hdf is IMRPhenomD" "$G" matched --bank bank.hdf --approximant TaylorF2 good.hdf

# --- populations
population()
{
    printf '[variable_params]\n[static_params]\nmass1 = 40\nmass2 = 30\nra = 2.2\ndec = -1.25\ninclination = 2.5\ncoa_phase = 1.5\npolarization = 1.75\ndistance = 800\nf_ref = 20\nf_lower = 20\napproximant = IMRPhenomD\n'
}
{ population; echo 'tc = 1238205100.25'; } >tc.ini
expect 0 "$G" simulate -c tc.ini --duration 64 --no-noise -o tc.hdf -i tc_inj.hdf
h5dump -m '%.12g' -d tc -y tc_inj.hdf | grep -q ' 1238205100.25$' || fail "tc of the table: $(h5dump -m '%.12g' -d tc -y tc_inj.hdf)"
grep -q '64 s of H1,L1 at 2048 Hz, 1 signal$' err || fail "not one signal: $(cat err)"
# the loudest sample is the merger: within 30 ms of tc
h5dump -m '%.9g' -d H1/1238205077 -y -w 1 tc.hdf | awk 'function abs(x) { return x < 0 ? -x : x }
    /^ *-?[0-9][-0-9.e]*,$/ { v = abs($1 + 0); if (v > top) { top = v; at = n } n++ }
    END { t = at / 2048; exit !(n == 131071 && top > 0 && abs(t - 23.25) < 0.03) }' || fail "the signal is not at tc"
refuse 1 "tc = 1238205100.25, wanted a time within the strain" "$G" simulate -c tc.ini --start 1300000000 --duration 64 -o o.hdf
refuse 1 "tc.ini sets tc" "$G" simulate -c tc.ini --step 30 --duration 64 -o o.hdf
{ population | sed 's/^\[variable_params\]/&\ntc =/'; printf '[prior-tc]\nname = uniform\nmin-tc = 1238205090\nmax-tc = 1238205110\n'; } >law.ini
expect 0 "$G" simulate -c law.ini -s 3 --duration 64 --no-noise -o o.hdf -i law_inj.hdf
h5dump -m '%.12g' -d tc -y law_inj.hdf | awk '/1238205/ { n++; bad = !($1 > 1238205090 && $1 < 1238205110) } END { exit bad || n != 1 }' ||
    fail "tc is not of its law: $(h5dump -d tc law_inj.hdf)"
sed 's/name = uniform$/name = fisher/' law.ini >bad.ini
refuse 1 "prior-tc.* name = fisher: unknown law" "$G" simulate -c bad.ini --duration 64 -o new.hdf
{ population; printf '[sampler]\nname = emcee\n'; } >bad.ini
refuse 1 "\[sampler\]: wanted variable_params" "$G" simulate -c bad.ini --duration 64 -o new.hdf
{ population; echo 'eccentricity = 0.3'; } >bad.ini
refuse 1 "eccentricity = 0.3: no waveform here takes it" "$G" simulate -c bad.ini --duration 64 -o new.hdf
{ population; echo 'taper = end'; } >bad.ini
refuse 1 "taper = end: wanted start or none" "$G" simulate -c bad.ini --duration 64 -o new.hdf
{ population; echo 'distance = 900'; } >bad.ini
refuse 1 "bad.ini: line 14: \[static_params\] distance is set a second time" "$G" simulate -c bad.ini --duration 64 -o new.hdf
{ population; echo 'trigger_name = GW'; } >odd.ini
expect 0 "$G" simulate -c odd.ini --duration 40 --no-noise -o odd.hdf
grep -q "odd.ini: not used: trigger_name" err || fail "a key is passed over: $(cat err)"
# what is not used is named after the work, so that a failure is one line
echo '10 1e-46' >absent_above.txt
refuse 1 "absent_above.txt" "$G" simulate -c odd.ini --psd absent_above.txt --duration 40 -o new.hdf
refuse 1 "segment of 1 s" "$G" matched --bank table.hdf --segment 1 good.hdf
{ population; echo 'taper = none'; } >none.ini
expect 0 "$G" simulate -c none.ini --duration 40 --no-noise -o none.hdf

# --- SNRs of --into count in the data's own curve
expect 0 "$G" simulate --psd KAGRA --duration 128 -s 2 --no-signals -o noise.hdf
expect 0 "$G" simulate --into noise.hdf -s 5 -o o1.hdf -i own.hdf
expect 0 "$G" simulate --into noise.hdf -s 5 --psd KAGRA -o o2.hdf -i told.hdf
for d in snr_H1 snr_L1; do
    h5dump -m '%.9g' -d $d -y -w 1 own.hdf >own.txt
    h5dump -m '%.9g' -d $d -y -w 1 told.hdf >told.txt
    paste own.txt told.txt | awk '$1 + 0 > 0 { n++; r = ($1 + 0) / ($2 + 0); if (r < 0.95 || r > 1.05) bad = 1 } END { exit bad || n < 3 }' ||
        fail "$d in the measured curve is not that in the true one: $(paste own.txt told.txt)"
done
expect 0 "$G" simulate --duration 2 --no-signals -o short.hdf
refuse 1 "noise curve cannot be measured.*--psd" "$G" simulate --into short.hdf --glitches blip=20 --no-signals -o new.hdf
true
