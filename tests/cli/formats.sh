# docs/formats.md names every data set of every output and every key of every JSON line.
# Truth: what the verbs write, as `inspect` lists it and as it stands on stdout.
doc=$SOURCE/docs/formats.md

# described WORD OF: the page has the word in backticks, alone or at the end of a path.
described()
{
    grep -q -- "\`\([^\`]*/\)\{0,1\}$1\`" "$doc" || fail "docs/formats.md does not name $1 of $2"
}

# sets FILE: the data sets of an output.  Names that are times, and all detectors but H1, are instances of one that is described.
sets()
{
    expect 0 "$G" inspect "$1"
    sed -n 's|^ *\(/[^ ]*[^ /]\) .*|\1|p' out | sed 's|.*/||; s/_L1$/_H1/' | grep -v '^[0-9.-]*$' | sort -u >names
    [ -s names ] || fail "inspect lists no data set of $1"
    while read -r name; do
        described "$name" "$1"
    done <names
}

# keys COMMAND: the keys of what stands in ./out.
keys()
{
    grep -o '"[a-z_0-9]*":' out | tr -d '":' | sort -u >names
    [ -s names ] || fail "no JSON from $1"
    while read -r name; do
        described "$name" "$1 --json"
    done <names
}

"$MAKE_MODEL" model.hdf || exit 99
expect 0 "$G" simulate --duration 120 -s 1 --snr-min 20 --snr-max 30 --glitches blip=200 --truth truth.hdf -o s.hdf -i inj.hdf
sets inj.hdf
sets truth.hdf
expect 0 "$G" condition s.hdf -o w.hdf
expect 0 "$G" psd --detector H1 s.hdf -o psd.hdf
sets psd.hdf
expect 0 "$G" waveform --approximant IMRPhenomD --mass1 30 --mass2 30 --f-lower 20 --delta-f 1 --f-final 512 -o wf.hdf
sets wf.hdf
expect 0 "$G" background -m model.hdf --slides 2 --json s.hdf -o bg.hdf
keys background
sets bg.hdf
expect 0 "$G" detect -m model.hdf --json --background bg.hdf --threshold -100 -o events.hdf --logits logits.hdf s.hdf
keys detect
sets events.hdf
expect 0 "$G" matched --mass-range 28,32 --slides 2 --save-bank bank.hdf --json -o coincident.hdf s.hdf
keys matched
sets coincident.hdf
sets bank.hdf
expect 0 "$G" matched --ranking coherent -c "$SOURCE/tests/cli/stem.ini" --slides 2 --json -o coherent.hdf s.hdf
keys "matched --ranking coherent"
sets coherent.hdf
expect 0 "$G" evaluate --injection-file inj.hdf --foreground-events coincident.hdf --foreground-files s.hdf \
    --background-events coincident.hdf --far 100000 --found-at 100000 --json -o evaluation.hdf
keys evaluate
sets evaluation.hdf
expect 0 "$G" benchmark --only setup,snn_forward,realtime_factor --seconds 0.01 --batch 1 --json
keys benchmark
