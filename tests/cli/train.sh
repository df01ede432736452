# A small network from recipe to triggers: train, stop and resume to the same bytes of parameters, start another from it, search with it.
cat >small.ini <<'INI'
[model]
channels = 8,16,16
kernels = 16,8,8
strides = 8,2,2
lif = 16,16
horizons = 2
[data]
signals = 24
valid_signals = 8
test_signals = 8
noise_s = 64
valid_noise_s = 64
test_noise_s = 64
stretch_s = 32
[train]
batch = 8
evaluate_every = 5
evaluate_windows = 16
save_every = 5
[pretrain]
steps = 4
anchors = 4
[classify]
steps = 4
[joint]
steps = 6
anchors = 4
[calibrate]
background_hours = 0.1
windows = 4
INI
expect 0 "$G" train -c small.ini -o whole.hdf --logdir .
grep -q "held out" err || fail "no evaluation is reported"
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
grep -q "false alarms" out || grep -q "per month" out || fail "inspect shows no card"
expect 0 "$G" train -c small.ini -o tuned.hdf --start whole.hdf
expect 0 "$G" inspect tuned.hdf
grep -q "started from a checkpoint" out || fail "inspect shows no history"
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
