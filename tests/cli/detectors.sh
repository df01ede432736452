# Every verb with the strain of one detector, whichever, and of three: it works, or one line says what it would need.
"$MAKE_MODEL" m.hdf || fail make_model
cp "$SOURCE/tests/cli/small.ini" "$SOURCE/tests/cli/stem.ini" .
GPS=1238205077
for d in H1 V1 G1 K1 H1,L1,V1; do
    mkdir "$d"
    expect 0 "$G" simulate --psd aLIGOZeroDetHighPower --detectors $d --duration 40 -s 3 -o $d/s.hdf -i $d/i.hdf
    expect 0 "$G" inspect $d/s.hdf
    [ "$(awk '/GPS/ {printf "%s%s", c, $1; c = ","} END {print ""}' out)" = $d ] || fail "simulate: not the strain of $d: $(cat out)"
done

# what one detector alone has, several have too; a model needs its own, and time slides need two
cat >verbs <<'VERBS'
all|psd --detector FIRST --segment 4 -o o.hdf
all|condition -o o.hdf
all|convert -o o.gwf
all|convert -o o.npz --rate 1024
all|qscan --gps 1238205097 -o o.hdf
all|simulate --no-signals --glitches blip=60 -o o.hdf --into
all|simulate -s 5 -o o.hdf -i o2.hdf --into
all|matched --mass-range 40,50 --min-match 0.8 --rate 1024 -o o.hdf
all|matched --ranking coherent -c stem.ini --threshold 6 -o o.hdf
all|followup --gps 1238205100 --mass-range 30,40
several|matched --mass-range 40,50 --min-match 0.8 --rate 1024 --slides 3 -o o.hdf|time slides move detectors against one another; the input has D only
several|matched --ranking coherent -c stem.ini --threshold 6 --slides 3 -o o.hdf|time slides move detectors against one another; the input has D only
several|detect -m m.hdf -o o.hdf|the model needs H1 and L1, the input has D only; gwspike matched searches any detectors
several|background -m m.hdf --slides 2 -o o.hdf|the model needs H1 and L1, the input has D only
several|profile -m m.hdf|the model needs H1 and L1, the input has D only
VERBS
while IFS='|' read -r where words says; do
    for d in H1 V1 G1 K1 H1,L1,V1; do
        line=$(echo "$words" | sed "s/FIRST/${d%%,*}/; s/DIR/$d/")
        rm -f o.* o2.*
        if [ "$where" = all ] || [ $d = H1,L1,V1 ]; then
            expect 0 "$G" $line $d/s.hdf
            case $line in
                *o.gwf* | *o.npz*)
                    o=$(ls o.*)
                    expect 0 "$G" inspect "$o"
                    [ "$(awk '/GPS/ {print $1}' out | sort -u | paste -sd,)" = "$(echo $d | tr , '\n' | sort | paste -sd,)" ] || fail "$line: $d: $(cat out)"
                    ;;
            esac
        else
            refuse 1 "$(echo "$says" | sed "s/has D/has $d/")" "$G" $line $d/s.hdf
        fi
    done
done <verbs
# an evaluation counts the time of whatever is in the foreground
"$EXAMPLES/make_events" inj.hdf tc,distance,mass1,mass2,chirp_distance $((GPS + 45)) 1000 30 30 200 || fail make_events
"$EXAMPLES/make_events" a.hdf time,stat,var $((GPS + 45)).1 9 0.3 $((GPS + 40)) 5 0.3 || fail make_events
"$EXAMPLES/make_events" bg.hdf time,stat,var 1 6 0.3 2 4 0.3 3 5 0.3 || fail make_events
for d in V1 H1,L1,V1; do
    expect 0 "$G" simulate --psd aLIGOZeroDetHighPower --detectors $d --duration 90 --no-signals -o $d/long.hdf
    expect 0 "$G" evaluate --injection-file inj.hdf --foreground-events a.hdf --background-events bg.hdf -o o.hdf --foreground-files $d/long.hdf
    rm -f o.hdf
done
# a network of other detectors, of one alone too, is trained and searches those
for d in V1 G1,K1; do
    sed "s/^\[data\]/&\ndetectors = $d/; s/^\[model\]/&\ndetectors = $d/" small.ini >of.ini
    expect 0 "$G" train -c of.ini -o of.hdf
    expect 0 "$G" simulate --psd aLIGOZeroDetHighPower --detectors $d --duration 40 -s 3 -o o.hdf
    expect 0 "$G" detect -m of.hdf o.hdf
    refuse 1 "the model needs" "$G" detect -m of.hdf H1/s.hdf
    rm -f of.hdf* o.hdf
done
# what the model does not use is said
expect 0 "$G" detect -m m.hdf H1,L1,V1/s.hdf
grep -q "^V1: left out, for the model does not use it$" out || fail "V1 goes without a word: $(cat out)"
refuse 1 "the input has 3 detectors: --detector says which" "$G" psd H1,L1,V1/s.hdf
# data that do not say whose they are can be read, and nothing is put into them
expect 0 "$G" convert V1/s.hdf -o nameless.npy
expect 0 "$G" psd --segment 4 nameless.npy
refuse 1 "unknown detector X0" "$G" simulate -s 5 -o x.hdf --into nameless.npy
refuse 1 "unknown detector A1" "$G" simulate --psd aLIGOZeroDetHighPower --detectors A1 --duration 40 -o x.hdf
