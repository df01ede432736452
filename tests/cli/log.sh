# The log: notes and warnings as `time - module - LEVEL - sentence` on stderr and in --log-file, more and less of it, JSON lines, and
# nothing of the user in it.  Truth: the form that CONVENTIONS.md gives, and Python's json module where there is one.
LINE='^20[0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-6][0-9],[0-9][0-9][0-9] - [a-z]* - \(ERROR\|WARNING\|INFO\|DEBUG\) - .'
"$MAKE_MODEL" m.hdf || fail make_model
"$MAKE_STRAIN" good.hdf good || fail make_strain
export GWSPIKE_MODEL=m.hdf

# lines FILE: all of them are lines of the log
lines()
{
    [ "$(grep -c "$LINE" "$1")" = "$(wc -l <"$1")" ] || fail "not all are lines of the log: $(cat "$1")"
}

# stderr by level: simulate has a note (info), detect -v has counts (debug), psd of a curve with an end has a warning
sim="simulate --duration 16 --psd aLIGOZeroDetHighPower --detectors H1 --seed 1"
expect 0 "$G" $sim -o a.hdf
grep -q " - simulate - INFO - a.hdf: 16 s of H1" err || fail "no note: $(cat err)"
lines err
[ -s out ] && fail "a note on stdout"
for quiet in -q -qq "--log-level warning" "--log-level ERROR"; do
    expect 0 "$G" $sim -o a.hdf --force $quiet
    [ -s err ] && fail "$quiet: $(cat err)"
done
expect 0 "$G" $sim -o a.hdf --force -v
grep -q " - simulate - DEBUG - version [0-9.]*: gwspike simulate .*--seed 1" err || fail "-v: no command: $(cat err)"
grep -q " - simulate - DEBUG - exit status 0$" err || fail "-v: no end: $(cat err)"
lines err
expect 0 "$G" $sim -o a.hdf --force --log-level debug -q
grep -q DEBUG err && fail "--log-level debug -q: $(cat err)"
grep -q INFO err || fail "--log-level debug -q: no note"
expect 0 "$G" detect -v good.hdf
grep -q " - detect - DEBUG - network: " err || fail "detect -v: $(cat err)"
lines err
refuse 2 "log-level is error, warning, info or debug, got 'loud'" "$G" detect --log-level loud good.hdf
refuse 2 "log-format is text or json, got 'xml'" "$G" detect --log-format xml good.hdf
refuse 2 "do not go together" "$G" detect -v -q good.hdf

# the file: all levels unless one is given, the same results, lines added
expect 0 "$G" detect good.hdf
cp out plain
expect 0 "$G" detect --log-file run.log good.hdf
cmp -s out plain || fail "the results differ with a log"
[ -s err ] && fail "with a log file, stderr: $(cat err)"
lines run.log
grep -q " - detect - DEBUG - network: " run.log || fail "the file is not as fine as can be"
before=$(wc -l <run.log)
expect 0 "$G" detect --log-file run.log --log-level info good.hdf
[ "$(wc -l <run.log)" = "$before" ] || fail "--log-level does not rule the file"
refuse 1 "no such file\|No such file" "$G" detect --log-file run.log missing.hdf
tail -n 2 run.log | grep -q " - detect - ERROR - .*missing.hdf" || fail "the failure is not in the file: $(tail -n 2 run.log)"
grep -q "^gwspike detect: " err || fail "the line of a failure is not what it was: $(cat err)"
lines run.log
refuse 2 "ending of an output" "$G" detect --log-file run.dat good.hdf
cp good.hdf strain.log
refuse 1 "an input of this run" "$G" detect --log-file strain.log strain.log
cmp -s good.hdf strain.log || fail "the log went into an input"
refuse 1 "cannot\|No such" "$G" detect --log-file nowhere/run.log good.hdf
if [ -c /dev/full ]; then
    expect 0 "$G" detect --log-file /dev/full good.hdf
    [ "$(grep -c "WARNING - the log file cannot be written" err)" = 1 ] || fail "a full disk: $(cat err)"
    cmp -s out plain || fail "a full disk: other results"
fi

# a file that is renamed when it is large: FILE.1, FILE.2, and no third
for i in 1 2 3 4 5 6 7 8; do expect 0 "$G" detect --log-file turn.log --log-rotate 1K,2 good.hdf; done
[ -f turn.log.1 ] && [ -f turn.log.2 ] && [ ! -e turn.log.3 ] || fail "rotation: $(ls turn.log*)"
for f in turn.log turn.log.1 turn.log.2; do
    [ "$(wc -c <$f)" -le 1024 ] || fail "$f is too large"
    lines $f
done
tail -n 1 turn.log | grep -q "exit status 0$" || fail "rotation: the last line is not in the file"
for wrong in 10 1K,0 1K,1000 1K,x 1K, 50% x 1K,1.5; do
    refuse 2 "log-rotate is a size" "$G" detect --log-file turn.log --log-rotate $wrong good.hdf
done
refuse 2 "log-rotate wants --log-file" "$G" detect --log-rotate 1K good.hdf

# JSON lines: by the ending in the file, by --log-format on stderr too, the failure included
expect 0 "$G" detect --log-file run.jsonl good.hdf
grep -q '^{"time": "20[0-9T:.-]*Z", "module": "detect", "level": "DEBUG", "message": "version ' run.jsonl || fail "$(head -n 1 run.jsonl)"
"$G" detect --log-format json -v good.hdf missing.hdf >/dev/null 2>both.jsonl
[ $? = 1 ] || fail "--log-format json: the status of a failure"
tail -n 2 both.jsonl | grep -q '"level": "ERROR", "message": ".*missing.hdf' || fail "JSON: no failure: $(cat both.jsonl)"
grep -v '^{"time": ' both.jsonl && fail "JSON: another line"
if command -v python3 >/dev/null; then
    python3 -c 'import json, sys
for name in sys.argv[1:]:
    for line in open(name):
        assert set(json.loads(line)) == {"time", "module", "level", "message"}' run.jsonl both.jsonl || fail "not JSON"
fi

# nothing of the user: home folder, name, and the secrets of an address
mkdir -p people/karla.kowalski/data
cp good.hdf people/karla.kowalski/data/
HOME=$PWD/people/karla.kowalski USER=karla.kowalski LOGNAME=karla.kowalski
export HOME USER LOGNAME
expect 0 "$G" detect -v --log-file user.log -o "$HOME/o.hdf" "$HOME/data/good.hdf"
expect 1 "$G" detect -v --log-file user.log "https://karla:geheim@host/x?token=geheim" "/scratch/karla.kowalski/x.hdf"
expect 1 "$G" detect -v --log-file user.log "$HOME/data/none.hdf"
grep -i "kowalski\|geheim" user.log && fail "the log names the user"
grep -q "~/data/good.hdf" user.log && grep -q "~/data/none.hdf" user.log || fail "the home folder: $(cat user.log)"
grep -q "https://host/x?\.\.\." user.log && grep -q "/scratch/~/x.hdf" user.log || fail "the address: $(cat user.log)"
grep -q "^gwspike detect: .*kowalski/data/none.hdf" err || fail "the user's own line should name the file: $(cat err)"

# progress is not logged, and a warning that main found before there were options comes with them
mkdir -p .config/gwspike
echo "threads = many" >.config/gwspike/machine.ini
expect 0 "$G" $sim -o a.hdf --force --log-file late.log
grep -q " - simulate - WARNING - not used: .*machine.ini" err && grep -q "WARNING - not used" late.log || fail "machine.ini: $(cat err)"
grep -q "%\|left$" late.log && fail "progress in the log: $(cat late.log)"
lines late.log
if command -v script >/dev/null && script -qec true /dev/null >/dev/null 2>&1; then
    script -qec "'$G' simulate --duration 4096 --psd aLIGOZeroDetHighPower --detectors H1 -o big.hdf --log-file term.log" shown >/dev/null
    grep -q "%" shown || fail "no progress on a terminal: $(cat shown)"
    lines term.log
    grep -q "simulat.*%" term.log && fail "progress in the log: $(cat term.log)"
fi
