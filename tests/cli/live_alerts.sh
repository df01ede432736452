# live and its alerts across kill -9 and SIGHUP.  Truth: the trigger that the strain has, and the promises of alert/alert.h.
ln -s "$SOURCE/models/cpc.hdf" m.hdf
"$G" simulate --duration 80 --start 1262304000 -s 5 -o s.hdf >out 2>err || fail "simulate: $(cat err)"

# killed before the strain behind a trigger was there: it is followed up by the next session.  A frame of a time that cannot be costs nothing.
mkdir single
"$G" convert s.hdf -o single/SIM.gwf --duration 1 --per-detector >out 2>err || fail "convert: $(cat err)"
printf '[live]\nsource = list\nstate = behind\nwait_s = 0.2\nwhole_s = 0.1\n[search a]\nmodel = m.hdf\nthreshold = 5\n[alerts]\nfolder = told2\nfar_per_month = 100\n' >behind.ini
: >"single/L-L1_SIM-4000000000-1.gwf" # nothing in it
frames() { for s in $(seq "$1" "$2"); do ls single/*-$s-1.gwf; done; }
mkfifo pipe
"$G" live --config behind.ini <pipe >found 2>err &
pid=$!
exec 3>pipe
{ frames 1262304000 1262304030; ls single/L-L1_SIM-4*; } >&3
for _ in $(seq 4000); do
    grep -q "truncated: " err && break
    sleep 0.05
done
sleep 0.4 # were it believed, all before it would be given up in this time
frames 1262304031 1262304066 >&3
for _ in $(seq 4000); do
    grep -q 1262304063 found && break
    kill -0 $pid 2>/dev/null || break
    sleep 0.05
done
kill -KILL $pid 2>/dev/null
wait $pid 2>/dev/null
exec 3>&-
grep -q 1262304063 found && grep -q "no frame has that time" err || fail "a frame of the year 2106 ended the search: $(cat found) $(tail -n 3 err)"
frames 1262304067 1262304079 | "$G" live --config behind.ini >found 2>err || fail "a session after kill -9: $(cat err)"
[ -n "$(ls told2/*1262304063*coinc.xml 2>/dev/null)" ] || fail "no follow-up after kill -9: $(cat err)"

# a threshold that is none, at SIGHUP
mkfifo pipe2
"$G" live --config behind.ini <pipe2 >found 2>err &
pid=$!
exec 3>pipe2
for _ in $(seq 4000); do
    grep -q "goes on at GPS" err && break
    kill -0 $pid 2>/dev/null || break
    sleep 0.05
done
# hang_up PATTERN: until the log has it
hang_up()
{
    for _ in $(seq 4000); do
        kill -HUP $pid 2>/dev/null || break
        grep -q "$1" err && return
        sleep 0.05
    done
    fail "no '$1' at SIGHUP: $(tail -n 3 err)"
}
hang_up "behind.ini says what it said"
sed 's/^far_per_month.*/far_per_month = 50/; s/^wait_s.*/wait_s = 7/; s/^threshold.*/threshold = 6/; /^whole_s/d' behind.ini >next.ini
printf '[http]\nsilent_s = 20\n[H1]\nidq_fap_above = 0.02\n' >>next.ini
mv next.ini behind.ini
hang_up "a restart is needed: \[search a\] threshold$"
grep -q "SIGHUP: taken: \[live\] wait_s = 7, \[alerts\] far_per_month = 50, \[http\] silent_s = 20, \[H1\] idq_fap_above = 0.02, \[live\] whole_s = its default$" err ||
    fail "what changed is not said: $(grep SIGHUP err | tail -n 3)"
sed -i.bak 's/^wait_s.*/wait_s = 8/; s/^threshold.*/threshold = 5/' behind.ini
hang_up "SIGHUP: taken: \[live\] wait_s = 8$"
sed -i.bak 's/^far_per_month.*/far_per_month = 0/' behind.ini
hang_up "nothing changes"
exec 3>&-
wait $pid || fail "SIGHUP with a wrong threshold: status $?: $(tail -n 3 err)"
grep -q "nothing changes: .*a threshold of 0" err || fail "a wrong threshold is not refused: $(tail -n 3 err)"

# two searches with one model: what one tells is not taken for the other's
printf '[live]\nsource = replay\nframes = s.hdf\nspeed = 0\n[search a]\nmodel = m.hdf\nthreshold = 5\n[search b]\nmodel = m.hdf\nthreshold = 5\n' >twins.ini
expect 0 "$G" live -v --config twins.ini
grep -o "trigger H1L1-[^ ,]*" err | sort >ids
[ "$(uniq ids | wc -l)" = 4 ] && [ "$(wc -l <ids)" = 4 ] || fail "identifiers of two searches: $(cat ids)"
