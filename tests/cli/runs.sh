# runs: two trainings side by side; what was best is what the rows say; a folder that says nothing.
mkdir -p all/a all/b none
sed 's/^lif = 16,16/lif = 16,8/' "$SOURCE/tests/cli/small.ini" >other.ini
expect 0 "$G" train -c "$SOURCE/tests/cli/small.ini" -o a.hdf --logdir all/a --log-every 1
expect 1 "$G" train -c other.ini -o b.hdf --logdir all/b --log-every 1 --stop-after 5
expect 0 "$G" runs all
grep -q "^all/a  *done  *14  joint  .* auc_spiking$" out || fail "the first run: $(cat out)"
grep -q "^all/b  *stopped  *5  classify" out || fail "the second run: $(cat out)"
grep -q "^all/a: a.hdf.ckpt, step 14; a.hdf$" out || fail "the model: $(cat out)"
[ "$(grep -c "▁" out)" -ge 3 ] && [ "$(grep "▁" out | grep -c "█")" -ge 2 ] || fail "no curves: $(cat out)"
sed '1,/^recipes differ in/d' out | tr -s ' ' >differ
[ "$(cat differ)" = "$(printf ' model.lif\n 16,16 all/a\n 16,8 all/b')" ] || fail "how recipes differ: $(cat differ)"

# The best step is the one with the largest number in the rows; of a loss the least.
expect 0 "$G" runs --json --by efficiency_spiking all/a
best=$(sed -n 's/.*"total_step": \([0-9]*\).*"efficiency_spiking": \([0-9.e-]*\).*/\2 \1/p' all/a/trainlog.jsonl | sort -k1,1gr -k2,2n | head -n 1)
[ "$(sed -n 's/.*"best": \([0-9.e-]*\), "best_step": \([0-9]*\).0,.*/\1 \2/p' out)" = "$best" ] || fail "best is $best: $(cut -c1-300 out)"
expect 0 "$G" runs --json --by loss_linear all/a
best=$(sed -n 's/.*"total_step": \([0-9]*\).*"loss_linear": \([0-9.e-]*\).*/\2 \1/p' all/a/trainlog.jsonl | sort -k1,1g -k2,2n | head -n 1)
[ "$(sed -n 's/.*"best": \([0-9.e-]*\), "best_step": \([0-9]*\).0,.*/\1 \2/p' out)" = "$best" ] || fail "least is $best: $(cut -c1-300 out)"
grep -q '"status": "done".*"output": "a.hdf", "checkpoint": "a.hdf.ckpt", "checkpoint_step": 14.0, .*"curve_step": \[1.0, 2.0' out || fail "json: $(cat out)"

# A run that was killed has no end.  What is damaged is passed by, and nothing of a file is shown as it stands.
sed -i '$d' all/b/track.jsonl
printf '{"kind": "run", "run": 2, "total_step": 0, "output": "x\\u001b[31m", "recipe": "[train\\n"}\n{"kind": "end", "run": 2, "status": "failed", "message": "a\\u001bb"}\n{"tor' >>all/b/track.jsonl
expect 0 "$G" runs all/b
grep -q "^all/b  *open  *5  classify" out || fail "killed: $(cat out)"
grep -q "^all/b#2  *failed  *0 " out || fail "a run without rows: $(cat out)"
grep -q "$(printf '\033')" out && fail "an escape of the file reaches the terminal"
(cd all/a && "$G" runs) >out || fail "runs in the folder itself"
grep -q "^\.  *done" out || fail "here: $(cat out)"
refuse 1 "none: wanted a folder that train --logdir wrote to" "$G" runs none
refuse 1 "absent: cannot be read as a folder" "$G" runs absent
