# report: a page from every kind of input, whole in itself, small and quickly made; the numbers behind it; what it refuses.
"$MAKE_MODEL" m.hdf -3.45 -3.38 && "$MAKE_STRAIN" s.hdf gap || fail "make_model, make_strain"
EVENTS=$EXAMPLES/make_events
export GWSPIKE_MODEL=$PWD/m.hdf

# page FILE FIGURES - it is one file that asks for nothing, and has so many figures
page()
{
    head -c 15 "$1" | grep -q '^<!DOCTYPE html>' && tail -n 1 "$1" | grep -qx '</html>' || fail "$1: not a page"
    [ "$(grep -c '<figure ' "$1")" -ge "$2" ] || fail "$1: $(grep -c '<figure ' "$1") figures, wanted $2"
    grep -q "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:" "$1" || fail "$1: no policy"
    grep -o '<[a-z]* [^>]*\(src\|href\)="[^"#]' "$1" | grep -v '"d$' && fail "$1: something lies outside of it"
    grep -o 'src="[^"]\{5\}' "$1" | grep -v '^src="data:' && fail "$1: something lies outside of it"
    grep -q 'sourceMappingURL' "$1" && fail "$1: names a source map, which a browser's tools ask for"
    [ "${HOME:-/}" != / ] && grep -q "$HOME" "$1" && fail "$1: names the home folder"
    [ "$(wc -c <"$1")" -lt 3000000 ] || fail "$1: $(wc -c <"$1") bytes"
}

# A search.
expect 0 "$G" report -o a.html --data a.hdf --threshold -3.5 --triggers 1 s.hdf
page a.html 10
for figure in track rate event-1-strain-H1 event-1-q-H1 event-1-q-L1 event-1-logits event-1-noise event-1-latents event-1-spikes-1; do
    grep -q "id=\"figure-$figure\"" a.html || fail "no figure $figure"
done
expect 0 "$G" inspect a.hdf
grep -q '/charts/event-1-strain-H1/curve_1/y ' out && grep -q '/maps/event-1-q-H1/value ' out || fail "numbers: $(cat out)"
cp a.html before.html
expect 0 "$G" report -o a.html --force --threshold -3.5 --triggers 1 -j 1 s.hdf
cmp -s a.html before.html || fail "the same search, another page"
expect 0 "$G" report -o quiet.html --threshold 99 s.hdf
page quiet.html 1
grep -q 'No trigger above the threshold' quiet.html || fail "a search without trigger"

# What other verbs wrote.
"$EVENTS" inj.hdf tc,distance,mass1,mass2,chirp_distance 1262304083 1000 30 30 200 1262304087 2000 30 20 200 1262304090 1500 40 30 200 || fail make_events
"$EVENTS" fg.hdf time,stat,var 1262304087.1 9 0.3 1262304083 5 0.3 1262304085 4.5 0.3 || fail make_events
"$EVENTS" bg.hdf time,stat,var 1 6 0.3 2 4 0.3 3 5 0.3 || fail make_events
expect 0 "$G" evaluate --injection-file inj.hdf --foreground-files s.hdf --foreground-events fg.hdf --background-events bg.hdf -o eval.hdf
expect 0 "$G" background --slides 3 --threshold -3.5 s.hdf -o slides.hdf
expect 0 "$G" detect --threshold -3.5 --background slides.hdf -o found.hdf s.hdf
cat >trainlog.jsonl <<'LOG'
{"phase": "pretrain", "step": 4, "loss": 2.9, "loss_cpc": 2.9, "cpc_accuracy": 0.2, "event_rate": 0.1, "grad_norm": 3.0, "lr": 0.001, "samples_per_s": 300}
{"phase": "pretrain", "step": 8, "loss": 2.1, "loss_cpc": 2.1, "cpc_accuracy": 0.3, "event_rate": 0.1, "grad_norm": 2.0, "lr": 0.0008, "samples_per_s": 310}
{"phase": "joint", "step": 4, "loss": 1.1, "loss_spiking": 0.5, "auc_spiking": 0.7, "efficiency_spiking": 0, "grad_norm": 1.0, "lr": 0.0002, "samples_per_s": 250}
{"phase": "joint", "step": 8, "lo
LOG
for of in eval.hdf:evaluation:3 slides.hdf:background:2 found.hdf:events:3 trainlog.jsonl:training:6; do
    file=${of%%:*} kind=${of#*:}
    expect 0 "$G" report -o "${kind%:*}.html" --data "${kind%:*}.hdf" "$file"
    page "${kind%:*}.html" "${kind#*:}"
done
# Two of three injections are louder than the background's 4, one than its 5, and none is as loud at its 6, whose rate is 0 and not drawn.
sed -n '/figure-evaluation-0-roc/,/<\/figure>/p' evaluation.html | grep -q '"y":\[0.333333,0.666667\]' ||
    fail "share found: $(sed -n '/figure-evaluation-0-roc/,/<\/figure>/p' evaluation.html | grep -o '"y":\[[^]]*\]')"
grep -q '"x":\[4,8\]' training.html && grep -q '"x":\[4,8,12\]' training.html || fail "steps of two phases are not counted on"
expect 0 "$G" report -o all.html --beside 4 slides.hdf eval.hdf trainlog.jsonl s.hdf --threshold -3.5 --triggers 0
page all.html 12
grep -q 'AresGW' all.html || fail "no published search beside the evaluation"
grep -q 'time slides' all.html || fail "a background among the inputs is not used"
"$EVENTS" many.hdf time,stat,var $(seq 1 7000 | awk '{ print 1262304000 + $1, $1 * 7919 % 7000 / 100, 0.3 }') || fail make_events
expect 0 "$G" report -o many.html many.hdf
page many.html 2
grep -q "The 2000 loudest" many.html || fail "7000 events: not said that 2000 are drawn"
grep -q '"name":"louder than noise, spiking","kind":"line","pen":2,"x":\[12\],"y":\[0\]' training.html || fail "an efficiency of 0 is not shown"
"$EVENTS" 'a<b>&c.hdf' time,stat,var 1 6 0.3 || fail make_events
expect 0 "$G" report -o name.html 'a<b>&c.hdf'
grep -q 'a&lt;b&gt;&amp;c.hdf' name.html && ! grep -q 'a<b>' name.html || fail "the name of a file acts"

refuse 2 "wants -o PAGE.html" "$G" report s.hdf
refuse 2 "known here: .html .htm" "$G" report -o a.pdf s.hdf
refuse 2 "wanted 0 to 100" "$G" report -o b.html --triggers 1000 s.hdf
refuse 2 "sets 1 and 4" "$G" report -o b.html --beside 3 eval.hdf
echo "{" >broken.jsonl
refuse 1 "no line of a training log" "$G" report -o b.html broken.jsonl
