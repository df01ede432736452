# A small network from recipe to triggers: train, stop and resume to the same bytes of parameters, start another from it, search with it.
sed 's/^save_every.*/save_every = 5/' "$SOURCE/tests/cli/small.ini" >small.ini
expect 0 "$G" train -c small.ini -o whole.hdf --logdir .
grep -q "held out" err || fail "no evaluation is reported"
grep -q " - train - INFO - trained: whole.hdf.ckpt; calibrating: 0.167 h of background" err || fail "train does not say that it calibrates: $(cat err)"
tail -1 err | grep -q " - train - INFO - model: whole.hdf " || fail "train does not say where the model is: $(tail -1 err)"
[ -s out ] && fail "train prints results: $(cat out)"
[ "$(grep -c '"auc_spiking"' trainlog.jsonl)" -ge 2 ] || fail "the log lacks evaluations"
expect 1 "$G" train -c small.ini -o cut.hdf --stop-after 6
grep -q "stopped after classify step 2; go on with --resume" err || fail "stop: $(cat err)"
[ -e cut.hdf ] && fail "a stopped run left a model"
expect 0 "$G" train -c small.ini -o cut.hdf --resume -j 1
for t in lif.0.weight context.recurrent.weight cpc.weight; do
    h5dump -y -d /parameters/$t whole.hdf | tail -n +2 >whole.txt
    h5dump -y -d /parameters/$t cut.hdf | tail -n +2 >cut.txt
    [ -s whole.txt ] && cmp -s whole.txt cut.txt || fail "$t differs after a resumed run"
done
expect 0 "$G" inspect whole.hdf
grep -q "per month" out || fail "inspect shows no card"
grep -q "background of [0-9]* triggers\{0,1\} in [0-9]* s, " out || fail "inspect: the background: $(grep background out)"
# The card has no number that was not measured, the count of parameters is theirs, and 14 steps were done.
sed '/^card:/,/^recipe:/!d' out >card
grep -iw "nan\|inf" card && fail "the card is full of what was not measured: $(cat card)"
grep -q "1000  not resolved by 0.1[0-9]* h of background" card || fail "rates that cannot be resolved: $(cat card)"
count=$(sed '/^tensors:/,/^parameters:/!d' out | sed -n 's/^  [a-z].* (\([0-9,]*\))$/\1/p' | tr , ' ' |
    awk '{ n = 1; for (i = 1; i <= NF; i++) n *= $i; sum += n } END { print sum }')
grep -q "^parameters: $count in [0-9]* tensors, 14 optimizer steps$" out || fail "inspect counts $(grep '^parameters:' out), not $count"
grep -q "^parameters $count$" card || fail "the card counts $(grep '^parameters' card), not $count"
grep -q "^windows seen 112 (batch 8, 14 steps)$" card || fail "windows: $(grep '^windows' card)"
expect 0 "$G" train -c small.ini -o tuned.hdf --start whole.hdf
expect 0 "$G" inspect tuned.hdf
grep -q "started from a checkpoint (sha256 [0-9a-f]*) after 14 optimizer steps" out || fail "inspect shows no history"
"$MAKE_MODEL" untrained.hdf || fail make_model
expect 0 "$G" inspect untrained.hdf
grep -q "optimizer steps" out && fail "optimizer steps of a model that does not say: $(grep '^parameters' out)"
"$MAKE_STRAIN" good.hdf good
expect 0 "$G" detect -m whole.hdf --json good.hdf

# Pretraining on recorded strain: another encoder than simulated noise makes, and the same one after a stop.
sed 's/^\[pretrain\]/&\nstrain = good.hdf/' small.ini >recorded.ini
expect 0 "$G" train -c recorded.ini -o recorded.hdf
expect 1 "$G" train -c recorded.ini -o resumed.hdf --stop-after 2
expect 0 "$G" train -c recorded.ini -o resumed.hdf --resume -j 1
for i in whole recorded resumed; do
    h5dump -y -d /parameters/cpc.weight $i.hdf | tail -n +2 >$i.txt
done
cmp -s recorded.txt resumed.txt || fail "pretraining on recorded strain: a resumed run differs"
cmp -s recorded.txt whole.txt && fail "recorded strain changes nothing"
sed 's/good\.hdf/absent.hdf/' recorded.ini >absent.ini
refuse 1 "\[pretrain\] strain: absent.hdf" "$G" train -c absent.ini -o x.hdf

sed 's/^batch = 8/batsh = 8/' small.ini >misspelt.ini
sed 's/^background_hours/backgruond_hours/' small.ini >late.ini
refuse 1 "backgruond_hours" "$G" train -c late.ini -o x.hdf
refuse 1 "batsh" "$G" train -c misspelt.ini -o x.hdf
refuse 1 "cut.hdf.ckpt\|absent.hdf.ckpt" "$G" train -c small.ini -o absent.hdf --resume
sed 's/^steps = 6/steps = 7/' small.ini >other.ini
refuse 1 "another recipe" "$G" train -c other.ini -o whole.hdf --resume --force
refuse 1 "other tensors" "$G" train -c small.ini -o x.hdf --start "$SOURCE/models/cpc.hdf"
refuse 2 "RECIPE.ini" "$G" train -o x.hdf

# The trace: a run that was stopped and goes on has each step once, and the numbers of one that was not stopped; a run that is killed leaves
# what it did; another run gets the next number.
mkdir whole cut
expect 0 "$G" train -c small.ini -o traced.hdf --logdir whole --log-every 1
expect 1 "$G" train -c small.ini -o cut.hdf --force --logdir cut --log-every 1 --stop-after 8
tail -n 1 cut/track.jsonl | grep -q '"kind": "end", "run": 1, "total_step": 8, "status": "stopped"' || fail "no end: $(tail -n 1 cut/track.jsonl)"
cp cut.hdf.ckpt 8.ckpt
expect 1 "$G" train -c small.ini -o cut.hdf --force --logdir cut --log-every 1 --resume --stop-after 4
cp 8.ckpt cut.hdf.ckpt # a run that got to step 12 and lost its last checkpoint
expect 0 "$G" train -c small.ini -o cut.hdf --force --logdir cut --log-every 1 --resume
timeless='s/, "samples_per_s".*"resident_bytes": [0-9.e+]*//; s/, "elapsed_s": [0-9.e+-]*//'
for i in whole cut; do
    sed "$timeless" $i/trainlog.jsonl >$i.rows
    grep '"kind": "histogram"' $i/track.jsonl >$i.histograms
done
[ "$(wc -l <whole.rows)" = 14 ] && cmp -s whole.rows cut.rows || fail "rows of a run that was stopped: $(diff whole.rows cut.rows)"
[ -s whole.histograms ] && cmp -s whole.histograms cut.histograms || fail "histograms of a run that was stopped"
grep -q '"tag": "weights/lif.0.weight"' whole.histograms && grep -q '"tag": "rates/spikes_2"' whole.histograms || fail "what is counted"
for tag in spectrogram/input_1 raster/events raster/spikes_2; do
    grep "\"tag\": \"$tag\"" cut/track.jsonl | grep -q '"png": "iVBORw0KGgo' || fail "no picture $tag"
done
expect 0 "$G" train -c small.ini -o again.hdf --logdir whole
tail -n 1 whole/trainlog.jsonl | grep -q '"run": 2,' || fail "a second run has no number: $(tail -n 1 whole/trainlog.jsonl)"
head -n 14 whole/trainlog.jsonl | sed "$timeless" | cmp -s - whole.rows || fail "a second run changed the rows of the first"
refuse 2 "log-every" "$G" train -c small.ini -o x.hdf --log-every 0
