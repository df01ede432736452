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

sed 's/^batch = 8/batsh = 8/' small.ini >misspelt.ini
sed 's/^background_hours/backgruond_hours/' small.ini >late.ini
refuse 1 "backgruond_hours" "$G" train -c late.ini -o x.hdf
refuse 1 "batsh" "$G" train -c misspelt.ini -o x.hdf
refuse 1 "cut.hdf.ckpt\|absent.hdf.ckpt" "$G" train -c small.ini -o absent.hdf --resume
sed 's/^steps = 6/steps = 7/' small.ini >other.ini
refuse 1 "another recipe" "$G" train -c other.ini -o whole.hdf --resume --force
refuse 1 "other tensors" "$G" train -c small.ini -o x.hdf --start "$SOURCE/models/default.hdf"
refuse 2 "RECIPE.ini" "$G" train -o x.hdf
