# The unit of dist/: systemd understands it, and finds little that it exposes.  Truth: systemd-analyze.
command -v systemd-analyze >/dev/null || { echo "skipped: no systemd-analyze"; exit 77; }
unit=gwspike-live.service
sed "s#@bindir@#$(dirname "$G")#" "$SOURCE/dist/$unit.in" >$unit
grep "@[a-z]*@" $unit && fail "a name is left open"
systemd-analyze verify --man=no ./$unit >out 2>&1 || fail "verify: $(cat out)"
[ -s out ] && fail "verify has something to say: $(cat out)"
sed -i 's/^WatchdogSec=.*/WatchdogSec=often/' $unit # the same check sees what is wrong
systemd-analyze verify --man=no ./$unit >out 2>&1
[ -s out ] || { echo "skipped: systemd-analyze verify does not work here"; exit 77; }
sed "s#@bindir@#$(dirname "$G")#" "$SOURCE/dist/$unit.in" >$unit
systemd-analyze security --offline=true --threshold=15 ./$unit >out 2>&1 || {
    grep -q "unrecognized option" out || fail "exposed: $(tail -n 1 out)" # systemd before 250
}
