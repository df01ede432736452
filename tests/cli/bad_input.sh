# Input that cannot be used: status 1, one line that says what and where, and no output file, whole or in part.
"$MAKE_MODEL" m.hdf || fail make_model
"$MAKE_MODEL" future.hdf future || fail make_model
for kind in good one nan zero rate apart short; do
    "$MAKE_STRAIN" $kind.hdf $kind || fail "make_strain $kind"
done
printf 'time strain\n0 1e-21\n' >text.txt
: >empty.hdf
head -c 100000 good.hdf >truncated.hdf
printf 'IGWD\0\010' >frame.gwf
gzip <text.txt >text.txt.gz
mkfifo pipe.hdf
mkdir folder
d="detect -m m.hdf -o o.hdf --logits y.hdf --plot p.png"
refuse 1 "absent.hdf" "$G" $d absent.hdf
refuse 1 "text.txt" "$G" $d text.txt
refuse 1 "empty.hdf" "$G" $d empty.hdf
refuse 1 "truncated.hdf" "$G" $d truncated.hdf
# What other tools wrote is called by its name, in the same words by every verb.
for verb in "$d" inspect "condition -o o.hdf" "psd -o o.hdf"; do
    refuse 1 "are no frame file" "$G" $verb frame.gwf
    refuse 1 "text.txt.gz: line 1: wanted one number, or a GPS time and a number" "$G" $verb text.txt.gz
    refuse 1 "text.txt: line 1: wanted one number, or a GPS time and a number" "$G" $verb text.txt
    refuse 1 "pipe.hdf: cannot open: not a regular file" "$G" $verb pipe.hdf
done
: >empty.gwf
refuse 1 "0 bytes are no frame file" "$G" inspect empty.gwf
cp good.hdf named.gwf && expect 0 "$G" inspect named.gwf
refuse 1 "wanted an HDF5 file, found a GWF frame file" "$G" detect good.hdf -m frame.gwf
refuse 1 "wanted an HDF5 file, found a gzip file" "$G" detect good.hdf -m text.txt.gz
refuse 1 "wanted an HDF5 file, found a text file" "$G" detect good.hdf -m text.txt
refuse 1 "pipe.hdf: cannot open: not a regular file" "$G" detect good.hdf -m pipe.hdf
refuse 1 "folder" "$G" $d folder
refuse 1 "the model needs H1 and L1, the input has H1 only" "$G" $d one.hdf
refuse 1 "H1: none of its 81920 samples" "$G" $d nan.hdf
refuse 1 "zero" "$G" $d zero.hdf
refuse 1 "H1: rate 1000 Hz, model wants a multiple of 2048 Hz" "$G" $d rate.hdf
refuse 1 "do not overlap" "$G" $d apart.hdf
refuse 1 "long enough" "$G" $d short.hdf
refuse 1 "m.hdf" "$G" $d m.hdf
refuse 1 "absent.hdf" "$G" detect -m absent.hdf good.hdf
refuse 1 "version" "$G" detect -m future.hdf good.hdf
refuse 1 "good.hdf" "$G" detect -m good.hdf good.hdf
refuse 1 "text.txt" "$G" detect -m text.txt good.hdf
refuse 1 "nowhere" "$G" detect -m m.hdf -o nowhere/o.hdf good.hdf
GWSPIKE_MODEL=absent.hdf refuse 1 "absent.hdf" "$G" detect good.hdf
for bad in absent.hdf text.txt empty.hdf truncated.hdf nan.hdf; do
    refuse 1 "${bad%%.*}\|H1" "$G" condition $bad -o o.hdf
    refuse 1 "${bad%%.*}\|H1" "$G" psd --detector H1 $bad -o o.hdf
done
refuse 1 "rate 2048 Hz is no multiple of the 1000 Hz" "$G" condition good.hdf --rate 1000 -o o.hdf
refuse 1 "too few" "$G" psd --detector H1 short.hdf --segment 8 -o o.hdf
refuse 1 "2 detectors" "$G" psd good.hdf -o o.hdf
refuse 1 "V1" "$G" psd good.hdf --detector V1 -o o.hdf
refuse 1 "IMRPhenomQ" "$G" waveform --approximant IMRPhenomQ --mass1 30 --mass2 30 --f-lower 20 --delta-f 1 --f-final 512 -o o.hdf
refuse 1 "noSuchCurve" "$G" simulate --psd noSuchCurve --duration 10 -o o.hdf
refuse 1 "absent.ini" "$G" simulate -c absent.ini --duration 10 -o o.hdf
refuse 1 "text.txt" "$G" inspect text.txt
# A disk that fills up: the limit on file size gives the same failing writes.
full()
{
    (trap '' XFSZ && ulimit -f 40 && exec "$@")
}
refuse 1 "o.hdf" full "$G" simulate --duration 60 -o o.hdf
refuse 1 "o.hdf" full "$G" condition good.hdf -o o.hdf
