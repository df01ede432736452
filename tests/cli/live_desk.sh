# What stands beside a live search: health and metrics on a port, the service manager, the log that is moved, the terminal.  Truth: a client, a
# socket and a terminal of the test's own (Python, script).
"$MAKE_MODEL" m.hdf || fail make_model
"$MAKE_STRAIN" good.hdf good || fail make_strain
export GWSPIKE_MODEL=m.hdf

if "$G" version -v | grep -q "no libmicrohttpd"; then
    refuse 1 "without libmicrohttpd" "$G" live --replay good.hdf --http 0
    exit "$FAILED"
fi
refuse 1 "wanted PORT" "$G" live --replay good.hdf --http nowhere
refuse 1 "standard output is none" "$G" live --replay good.hdf --top
refuse 2 "json" "$G" live --replay good.hdf --top --json

# wait_for PATTERN FILE: until a line is there
wait_for()
{
    for _ in $(seq 2000); do
        grep -q -- "$1" "$2" 2>/dev/null && return 0
        kill -0 $pid 2>/dev/null || break
        sleep 0.1
    done
    fail "no '$1' in $2: $(tail -n 5 "$2")"
    return 1
}

cat >manager.py <<'PY'
"""Hears what a service says, a line each, until it stops; asks for both pages in between."""
import socket, sys, urllib.request, urllib.error, os
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("notify")
s.settimeout(200)
print("listening", flush=True)
while True:
    text = s.recv(1000).decode()
    print(text, flush=True)
    if "STOPPING=1" in text:
        break
PY
cat >ask.py <<'PY'
import sys, urllib.request, urllib.error
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
try:
    answer = opener.open(sys.argv[1], timeout=200)
except urllib.error.HTTPError as e:
    answer = e
print(answer.status)
sys.stdout.write(answer.read().decode())
PY

# at work: good.hdf so slowly that the test ends before it
command -v python3 >/dev/null || { echo "skipped: no python3"; exit 77; }
python3 manager.py >heard &
manager=$!
pid=$manager
wait_for listening heard
NOTIFY_SOCKET=$PWD/notify WATCHDOG_USEC=200000 "$G" live --replay good.hdf --speed 0.2 --http 0 --log-file run.log >found 2>err </dev/null &
pid=$!
if wait_for "health and metrics: http" run.log; then
    url=$(sed -n 's/.*health and metrics: //p' run.log)
    case $url in http://127.0.0.1:*) ;; *) fail "not on this machine alone: $url" ;; esac
    wait_for WATCHDOG=1 heard
    python3 ask.py "$url/metrics" >page || fail "no /metrics: $(cat page)"
    [ "$(head -n 1 page)" = 200 ] && grep -q '^gwspike_info{version="' page && grep -q '^gwspike_spike_rate{search=".*",layer="second"} ' page &&
        grep -q '^gwspike_detector_gap_seconds_total{detector="H1",reason="missing"} ' page || fail "/metrics: $(head -n 5 page)"
    python3 ask.py "$url/healthz" >page && [ "$(sed -n 2p page)" = ok ] || fail "/healthz: $(cat page)"
    mv run.log old.log # as logrotate does
    kill -HUP $pid
    wait_for . run.log
fi
kill -TERM $pid
wait $pid
got=$?
[ $got = 143 ] || fail "status $got after SIGTERM: $(tail -n 3 err)"
wait $manager || fail "the manager has not heard the end"
[ "$(sed -n 2p heard)" = READY=1 ] && [ "$(tail -n 1 heard)" = STOPPING=1 ] || fail "the manager heard: $(cat heard)"

# the site's file that comes with the unit
mkdir H1 L1
sed "s#/dev/shm/kafka/##g; s#^state = /var/.*#state = state#; s#^listen = .*#listen = 0#" "$SOURCE/dist/site.ini" >site.ini
"$G" live --config site.ini --log-file site.log >found 2>err </dev/null &
pid=$!
wait_for "health and metrics: http://127.0.0.1:" site.log
kill -TERM $pid
wait $pid
got=$?
[ $got = 143 ] || fail "dist/site.ini: status $got after SIGTERM: $(tail -n 3 err)"
sed 's/^listen/listens/' site.ini >bad.ini
refuse 1 "listens" "$G" live --config bad.ini

# on a terminal: taken and given back, at the end and at a signal
if command -v script >/dev/null && script -qec true /dev/null >/dev/null 2>&1; then
    TERM=xterm script -qec "'$G' live --replay good.hdf --speed 0 --top" shown >/dev/null </dev/null
    grep -q "gwspike [0-9]" shown && grep -q "not searched" shown || fail "nothing was drawn: $(head -c 500 shown)"
    [ "$(grep -o '?1049[hl]' shown | tr '\n' ' ')" = '?1049h ?1049l ' ] || fail "the terminal was not given back"
    sed 's/.*1049l//' shown | grep -q "H1: .* s searched" || fail "no summary behind the last screen: $(tail -c 300 shown)"
    rm shown
    wait='for _ in $(seq 2000); do grep -q 1049h shown && break; sleep 0.1; done'
    TERM=xterm script -qfec "'$G' live --replay good.hdf --speed 0.2 --top & p=\$!; $wait; kill -TERM \$p; wait \$p" shown >/dev/null </dev/null
    [ "$(grep -o '?1049[hl]' shown | tr '\n' ' ')" = '?1049h ?1049l ' ] || fail "the terminal was not given back after SIGTERM"
    TERM=dumb script -qec "'$G' live --replay good.hdf --top" shown >/dev/null </dev/null
    grep -q "TERM is 'dumb'" shown || fail "a dumb terminal: $(cat shown)"
fi
