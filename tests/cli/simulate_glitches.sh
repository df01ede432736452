# simulate: glitches, lines, drift, gaps, continuous waves and recorded strain.  Truth: identities between runs.
all="--glitches blip=120,tomte=60,whistle=60,scattered=30,lowfreq=60 --lines 10 --drift 0.2 --drift-time 20 --gaps 60 --gap-length 3"
cw="--cw f0=100.5,fdot=-1e-9,h0=1e-23,ra=1.2,dec=0.3"
expect 0 "$G" simulate --duration 150 -s 3 -j 1 --no-signals $all $cw --truth t1.hdf -o a1.hdf
expect 0 "$G" simulate --duration 150 -s 3 -j 2 --no-signals $all $cw --truth t2.hdf -o a2.hdf
cmp -s a1.hdf a2.hdf || fail "-j changes the strain"
cmp -s t1.hdf t2.hdf || fail "-j changes the table of glitches"
expect 0 "$G" inspect a1.hdf
[ "$(grep -c '  H1 ' out)" -ge 2 ] || fail "no gap in H1: $(cat out)"
expect 0 "$G" inspect t1.hdf
for name in time ifo family snr f duration; do
    grep -q "/glitches/$name " out || fail "no $name in the table of glitches"
done
# Nothing is added when nothing is asked for, and each thing changes the strain.
expect 0 "$G" simulate --duration 20 -s 3 --no-signals -o plain.hdf
expect 0 "$G" simulate --duration 20 -s 3 --no-signals --glitches blip=0 -o none.hdf
values()
{
    h5dump -y -w 0 -d "$2" "$1" | grep -v '^HDF5'
}
values plain.hdf /H1/1238205077 >plain.txt
values none.hdf /H1/1238205077 >none.txt
cmp -s plain.txt none.txt || fail "a rate of 0 changes the strain"
for what in "--glitches blip=3000" "--lines 5" "--drift 0.1" "$cw"; do
    expect 0 "$G" simulate --duration 20 -s 3 --no-signals $what -o other.hdf --force
    values other.hdf /H1/1238205077 >other.txt
    cmp -s plain.txt other.txt && fail "$what changes nothing"
done
# A window made alone is that of the whole.
expect 0 "$G" simulate --duration 20 -s 3 --no-signals $cw --glitches blip=300,scattered=60 --lines 5 --drift 0.2 -o whole.hdf
expect 0 "$G" simulate --start 1238205090 --duration 2 -s 3 --no-signals $cw --glitches blip=300,scattered=60 --lines 5 --drift 0.2 -o window.hdf
h5dump -y -w 1 -m %.17g -d /H1/1238205077 -s 26624 -c 4096 whole.hdf | sed -n '/DATA {/,$p' | grep -o '[-0-9.e]*e-[0-9]*' >whole.txt
h5dump -y -w 1 -m %.17g -d /H1/1238205090 window.hdf | sed -n '/DATA {/,$p' | grep -o '[-0-9.e]*e-[0-9]*' >window.txt
[ "$(wc -l <whole.txt)" = 4096 ] || fail "h5dump gave $(wc -l <whole.txt) samples"
cmp -s whole.txt window.txt || fail "a window alone differs from the whole"
# Into recorded strain: what one detector's file lacks stays a gap, what is added is what is added to nothing.
"$MAKE_STRAIN" good.hdf good || fail make_strain
expect 0 "$G" simulate --into good.hdf -s 5 --step 6 --glitches blip=200 --truth tg.hdf -o mixed.hdf -i inj.hdf
grep -q "signals" err || fail "no note of the signals"
expect 0 "$G" inspect good.hdf
grep ' Hz, /' out >good.txt
expect 0 "$G" inspect mixed.hdf
grep -q '^input_sha256: [0-9a-f]*  good.hdf' out || fail "no hash of the input"
grep ' Hz, /' out >mixed.txt
cmp -s good.txt mixed.txt || fail "--into changes the segments: $(cat good.txt mixed.txt)"
expect 0 "$G" simulate --into a1.hdf --no-signals --lines 1 -o again.hdf
expect 0 "$G" inspect a1.hdf
grep ' Hz, /' out >gaps.txt
expect 0 "$G" inspect again.hdf
grep ' Hz, /' out | cmp -s - gaps.txt || fail "--into loses the gaps"
# Pulsars from a file
printf '[crab]\nFreq = 59.2\nf1dot = -3.7e-10\nh0 = 1e-23\nAlpha = 1.46\nDelta = 0.384\nrefTime = 1238205077\n' >cw.ini
expect 0 "$G" simulate --duration 4 --no-signals --no-noise --cw cw.ini -o cw.hdf
printf '[crab]\nFreq = 59.2\nh0 = 1e-23\n' >bad.ini
refuse 1 "bad.ini: pulsar crab: ra is missing" "$G" simulate --duration 4 --cw bad.ini -o x.hdf
refuse 1 "'koi' is no family" "$G" simulate --duration 4 --glitches koi=3 -o x.hdf
refuse 1 "whistle" "$G" simulate --duration 4 --rate 1024 --glitches whistle=3 -o x.hdf
refuse 1 "drift" "$G" simulate --duration 4 --drift 3 -o x.hdf
refuse 1 "gaps" "$G" simulate --duration 4 --gaps 1 --gap-length 0 -o x.hdf
refuse 1 "absent.hdf" "$G" simulate --into absent.hdf -o x.hdf
refuse 2 "truth goes with --glitches" "$G" simulate --duration 4 --truth t.hdf -o x.hdf
refuse 2 "takes times" "$G" simulate --into good.hdf --duration 4 -o x.hdf
refuse 2 "nothing to add" "$G" simulate --into good.hdf --no-signals -o x.hdf
refuse 2 "contradict" "$G" simulate --duration 4 --no-noise --drift 0.1 -o x.hdf
