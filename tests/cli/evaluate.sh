# evaluate: flags and outputs of MLGWSC-1's evaluate.py.  Truth: counted by hand; tests/golden/test_search_volume.c has the numbers.
EVENTS=$EXAMPLES/make_events
# Segments of 50 s and 67 s: pads of 30 s leave GPS 1262304083 to 1262304090.
"$MAKE_STRAIN" fg.hdf gap || fail make_strain
"$EVENTS" inj.hdf tc,distance,mass1,mass2,chirp_distance \
    1262304020 900 30 30 200 1262304083 1000 30 30 200 1262304087 2000 30 30 200 1262304090 1500 30 30 200 \
    1262304091 900 30 30 200 || fail make_events
"$EVENTS" a.hdf time,stat,var 1262304087.1 9 0.3 1262304083 5 0.3 || fail make_events
"$EVENTS" b.hdf time,stat,var 1262304089 7 0.3 || fail make_events
"$EVENTS" bg.hdf time,stat,var 1 6 0.3 2 4 0.3 3 5 0.3 || fail make_events
"$EVENTS" none.hdf time,stat,var || fail make_events
set -- "$G" evaluate --injection-file inj.hdf --foreground-files fg.hdf --background-events bg.hdf

# T = 117 s: 22153 false alarms a month are one in T.
expect 0 "$@" --foreground-events a.hdf b.hdf --output-file out.hdf --far 1,23000,45000,1e9 --json
[ "$(grep -c '"injections": *3' out)" = 4 ] || fail "not 3 injections: $(cat out)"
tr -d ' ' <out | sed -n 1p | grep -q '"far_per_month":1.0,"sensitive_distance_mpc":null,"error_mpc":null,"found":null' ||
    fail "a rate below 1/T is not null: $(cat out)"
# Equal masses: R = 2000 (found/3)^(1/3).  One louder than 5: 9.  Two louder than 4: 9 and 5.
tr -d '{}" ' <out | awk -F'[,:]' '
    NR == 2 || NR == 3 || NR == 4 {
        n = NR == 2 ? 1 : 2
        r = 2000 * exp(log(n / 3) / 3)
        if ($8 != n || $4 - r > 1e-6 || r - $4 > 1e-6) bad = 1
    }
    END {exit bad}' || fail "wrong distances: $(cat out)"
[ -f out.hdf ] || fail "no out.hdf"

refuse 1 "out.hdf exists" "$@" --foreground-events a.hdf -o out.hdf
expect 0 "$@" --foreground-events a.hdf -o out.hdf --force --verbose --plot curve.png
grep -q "3 of 5 injections" err || fail "--verbose does not count: $(cat err)"
grep -q "^data  *117 s" out || fail "no table: $(cat out)"
grep -q "not resolved" out || fail "1 a month is resolved in 117 s: $(cat out)"
[ -s curve.png ] || fail "no figure"
expect 0 "$@" --foreground-events a.hdf --plot curve.svg
[ -s curve.svg ] || fail "no svg"
[ -s err ] && fail "noise on stderr: $(cat err)"

# Found and missed: one background event louder than 5 at 23000 a month, where 9 finds that at 087 and 5 does not find that at 083.
expect 0 "$@" --foreground-events a.hdf b.hdf --far 23000 --found-at 23000 --json
[ "$(wc -l <out)" = 6 ] || fail "not a rate, a bin of masses, three of distances, the offsets: $(cat out)"
tr -d ' ' <out >flat
grep '"quantity":"chirp_mass_msun"' flat | grep '"found":1,"injections":3,' | grep -q '"share":0.3333' || fail "chirp masses: $(cat out)"
# 2000 Mpc are 155.6 Mpc of chirp distance.
grep '"quantity":"chirp_distance_mpc"' flat | grep '"found":1,"injections":1,"share":1.0,"share_low":0.5,"share_high":1.0' |
    grep -q '"from":150.0,"to":160.0' || fail "chirp distances: $(cat out)"
grep '"quantity":"offset_s"' flat | grep '"threshold":5.0,"found":1,"injections":3,"median":0.09999' | grep -q '"share_within":\[1.0,1.0,1.0\]' ||
    fail "offsets: $(cat out)"
grep -q network_snr flat && fail "SNRs out of nothing"
expect 0 "$@" --foreground-events a.hdf b.hdf --found-at 45000 --found-plot found.png
grep -q "^found at 45000 false alarms a month: 2 of 3 injections, louder than 4" out || fail "--found-at: $(cat out)"
grep -q "SNRs are not known" out || fail "nothing said about SNRs"
[ -s found.png ] || fail "no figure of what was found"
"$EVENTS" snr.hdf tc,distance,mass1,mass2,snr 1262304083 1000 30 30 8.5 1262304087 2000 30 30 12 1262304090 1500 30 30 3 || fail make_events
expect 0 "$@" --injection-file snr.hdf --foreground-events a.hdf --found-at 23000
grep -A3 "^network SNR" out | tr -s ' ' | grep -q "^ 12 to 15 1 1 1.000 (0.500 to 1.000)" || fail "SNRs of the injection file: $(cat out)"
grep -q "^distance (Mpc)" out || fail "no distances where there are no chirp distances: $(cat out)"
refuse 1 "1 false alarms a month are not resolved" "$@" --foreground-events a.hdf --found-at 1 --found-plot new.png
refuse 1 "SNRs of inj.hdf: .*" "$@" --foreground-events a.hdf --found-at 23000 --psd aLIGOZeroDetHighPower -o new.hdf
refuse 1 "noise curve\|nowhere" "$@" --foreground-events a.hdf --found-at 23000 --psd nowhere
refuse 1 "unknown detector X9" "$@" --foreground-events a.hdf --found-at 23000 --psd aLIGOZeroDetHighPower --detectors H1,X9
refuse 1 "wanted one to 8 different ones" "$@" --foreground-events a.hdf --found-at 23000 --psd aLIGOZeroDetHighPower --detectors H1,H1
refuse 2 "--found-plot goes with --found-at" "$@" --foreground-events a.hdf --found-plot new.png
refuse 2 "--detectors goes with --psd" "$@" --foreground-events a.hdf --found-at 23000 --detectors H1
refuse 2 "--found-at -1" "$@" --foreground-events a.hdf --found-at -1

# SNRs that are computed are those that simulate wrote, whatever the number of threads.
expect 0 "$G" simulate --duration 300 --start 1262304000 --step 12 -s 4 -o sim.hdf -i drawn.hdf
"$EVENTS" wide.hdf time,stat,var 1262304100 9 500 1262304200 8 500 || fail make_events
for psd in "" "--psd aLIGOZeroDetHighPower -j 1" "--psd aLIGOZeroDetHighPower -j 3"; do
    expect 0 "$G" evaluate --injection-file drawn.hdf --foreground-files sim.hdf --foreground-events wide.hdf --background-events bg.hdf \
        --far 10000 --found-at 10000 $psd
    [ -n "$psd" ] || cp out own
    grep -q "^network SNR" out || fail "no SNRs: $(cat out)"
    cmp -s out own || fail "SNRs with '$psd' are not the file's: $(diff out own)"
done

# What evaluate.py cannot answer either.
refuse 1 "none of the 1 foreground events" "$@" --foreground-events b.hdf -o new.hdf
refuse 1 "none of the 0 foreground events" "$@" --foreground-events none.hdf
"$MAKE_STRAIN" short.hdf good || fail make_strain
# A background of another length: rates are counted in it, and the foreground stays as long as it is.
expect 0 "$G" simulate --duration 40 --start 1262305000 --no-signals -o apart.hdf
expect 0 "$@" --foreground-events a.hdf --background-files fg.hdf apart.hdf -o longer.hdf --far 16000,17000 --json
[ "$(grep -c null out)" = 1 ] || fail "not one in 157 s, 16510 a month: $(cat out)"
expect 0 "$@" --foreground-events a.hdf --background-files fg.hdf apart.hdf
grep -q "^data  *117 s" out && grep -q "^background  3 events in 157 s" out || fail "lengths: $(cat out)"
refuse 1 "cannot open\|no such\|No such" "$@" --foreground-events a.hdf --background-files missing.hdf
refuse 1 "GPS 1262304000 is covered twice" "$@" --foreground-events a.hdf --background-files fg.hdf fg.hdf -o new.hdf
refuse 1 "none of its 5 injections lies in the foreground" "$@" --foreground-events a.hdf --foreground-files short.hdf
"$EVENTS" nan.hdf time,stat,var 1262304087.1 nan 0.3 || fail make_events
refuse 1 "nan.hdf: stat of event 0 is not a number" "$@" --foreground-events a.hdf nan.hdf
"$EVENTS" part.hdf time,stat 1 1 || fail make_events
refuse 1 "part.hdf: wanted a data set var" "$@" --foreground-events part.hdf
refuse 1 "cannot open\|no such\|No such" "$@" --foreground-events missing.hdf
refuse 1 "wanted a data set tc" "$G" evaluate --injection-file bg.hdf --foreground-files fg.hdf --background-events bg.hdf \
    --foreground-events a.hdf
"$EVENTS" heavy.hdf tc,distance,mass1,mass2,chirp_distance 1262304087 100 0 30 200 || fail make_events
refuse 1 "mass1 is 0" "$@" --foreground-events a.hdf --injection-file heavy.hdf

# No background event: nothing is known of any rate, and the lists are still compared.
expect 0 "$@" --background-events none.hdf --foreground-events a.hdf --json
[ "$(grep -c null out)" = 4 ] || fail "rates without background: $(cat out)"
refuse 1 "at least 2" "$@" --background-events none.hdf --foreground-events a.hdf --plot x.png

# A list out of order is matched as there, with a word about it.
"$EVENTS" wrong.hdf tc,distance,mass1,mass2,chirp_distance 1262304089 1000 30 30 200 1262304087 2000 30 30 200 \
    1262304085 2000 30 30 200 || fail make_events
expect 0 "$@" --foreground-events a.hdf --injection-file wrong.hdf
grep -q "tc do not rise" err || fail "nothing said about the order"

refuse 2 "foreground-events is needed" "$@"
refuse 2 "far wants" "$@" --foreground-events a.hdf --far 1,,2
refuse 2 "far wants" "$@" --foreground-events a.hdf --far -1
refuse 2 "known here: .hdf .hdf5 .h5" "$@" --foreground-events a.hdf -o out.csv
refuse 2 "unexpected 'x.hdf'" "$G" evaluate x.hdf
