# GW150914 as GWOSC publishes it runs through the program with a random network; needs the data folder.
H=$DATA/gwosc/H-H1_LOSC_4_V2-1126259446-32.hdf5
L=$DATA/gwosc/L-L1_LOSC_4_V2-1126259446-32.hdf5
if [ ! -e "$H" ] || [ ! -e "$L" ]; then
    echo "skipped: no $H"
    exit 77
fi
"$MAKE_MODEL" m.hdf
expect 0 "$G" detect -m m.hdf --json --threshold -3.4 "$H" "$L" --plot event.png
grep -q '"gps": 11262594' out || fail "no trigger"
expect 0 "$G" inspect "$H"
grep -q "H1  GPS 1126259446.000000 (2015-09-14 09:50:29.000 UTC), 32 s, 131072 samples at 4096 Hz" out || fail "inspect: $(cat out)"
grep -q "NO_CBC_HW_INJ" out || fail "inspect: no injection bits"
expect 0 "$G" psd "$H" -o psd.hdf
refuse 1 "the model needs H1 and L1, the input has H1 only" "$G" detect -m m.hdf "$H"
refuse 1 "the model needs H1 and L1, the input has H1 only" "$G" detect -m m.hdf --json "$H"
