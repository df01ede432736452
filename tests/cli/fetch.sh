# The archive's client against a server of our own that answers as the real one does (archive_server.py): pages, both versions of the interface, and all that
# goes wrong on the way.  No test asks the network.
command -v python3 >/dev/null && command -v openssl >/dev/null || { echo "skipped: no python3 or no openssl to serve with"; exit 77; }
mkdir server
python3 "$SOURCE/tests/cli/archive_server.py" server 2>server/errors &
SERVER=$!
trap 'kill $SERVER 2>/dev/null; rm -rf "$SCRATCH"' EXIT
for i in $(seq 1200); do
    [ -s server/address ] && break
    sleep 0.1
done
[ -s server/address ] || { fail "the server does not start: $(cat server/errors)"; exit 1; }
GWOSC_SERVER_URL=$(cat server/address) GWSPIKE_CA_FILE=$PWD/server/ca.pem GWSPIKE_CACHE=$PWD/cache
export GWOSC_SERVER_URL GWSPIKE_CA_FILE GWSPIKE_CACHE
H=H-H1_GWOSC_4KHZ_R1-1126259447-32.txt.gz L=L-L1_GWOSC_4KHZ_R1-1126259447-32.txt.gz
FETCH="$G fetch --format txt"

# same FOLDER - both files are there, and what the server has
same()
{
    cmp -s "server/files/$H" "$1/$H" && cmp -s "server/files/$L" "$1/$L" || fail "$1: not the server's files: $(ls -la "$1")"
    [ -z "$(ls -a "$1" | grep part)" ] || fail "$1: parts were left: $(ls -a "$1")"
}

expect 0 $FETCH GW150914 -o plain --json
same plain
[ "$(grep -c '"release": "GW150914-v3"' out)" = 2 ] || fail "not the highest version: $(cat out)"
grep -q "\"sha256\": \"$(sha256sum plain/$H | cut -d' ' -f1)\"" out || fail "no hash: $(cat out)"
grep -q '"url": "https://[^?]*"' out || fail "an address is not as it should be: $(cat out)"
# what is there is not fetched again
n=$(grep -c /files/ server/log)
expect 0 $FETCH GW150914 -o plain
[ "$(grep -c /files/ server/log)" = "$n" ] || fail "fetched again"
expect 0 $FETCH GW150914 -o plain --again
[ "$(grep -c /files/ server/log)" = $((n + 2)) ] || fail "--again does not fetch again"
# one detector; nothing is written by a dry run
expect 0 $FETCH GW150914 --detectors L1 -o one
[ "$(ls one)" = $L ] || fail "--detectors: $(ls one)"
(umask 027 && $FETCH GW150914 --detectors L1 -o masked) >out 2>err || fail "umask: $(cat err)"
[ "$(stat -c %a masked/$L)" = 640 ] || fail "umask: $(stat -c %a masked/$L)"
expect 0 $FETCH GW150914 --dry-run -o dry
[ ! -e dry ] && [ "$(wc -l <out)" = 2 ] || fail "--dry-run: $(cat out)"
# the files are strain
expect 0 "$G" inspect plain/$H
grep -q 'H1  GPS 1126259447.000000 .* 32 s, 131072 samples at 4096 Hz' out || fail "inspect: $(cat out)"

for event in GW-busy GW-error GW-pages GW-old; do
    expect 0 $FETCH $event -o $event
    same $event
done
[ "$(grep -c 'GW-pages-v3/strain-files' server/log)" = 2 ] || fail "pages are not followed to the end"
expect 0 $FETCH GW-pages -o GW-pages --detectors H1,V1
grep -q "of 3 results 2 came" err && grep -q "V1: no file" err || fail "what did not come is not said: $(cat err)"
expect 0 $FETCH --gps-start-time 1126259440 --gps-end-time 1126259480 -o interval
same interval
grep -q "L1: no file has 8 s of 40: 1126259440 to 1126259447, 1126259479 to 1126259480" err || fail "gaps are not said: $(cat err)"
expect 0 $FETCH --run O1 --gps-start-time 1126259440 --gps-end-time 1126259480 -o run
same run
expect 0 "$G" fetch --catalogs
grep -q '^GWTC-1-confident' out || fail "--catalogs: $(cat out)"
expect 0 "$G" fetch --catalog GWTC-1-confident --json
grep -q '"version": 3, .*"detectors": \["H1", "L1"\], "mass_1_source": 35.6, "mass_1_source_upper_error": 4.7, "mass_1_source_lower_error": -3.1' out ||
    fail "--catalog: $(cat out)"
expect 0 "$G" fetch --catalog "a b&c"
grep -q 'release=a%20b%26c&' server/log || fail "the name of a catalog is not escaped: $(grep release= server/log)"
expect 0 "$G" fetch --runs --json
grep -q '"name": "O1", "gps_start": 1126051217' out || fail "--runs: $(cat out)"
expect 0 "$G" fetch --run O1 --segments H1_OLD --gps-start-time 1126259446 --gps-end-time 1126259478 # version 1 knows it
[ "$(cat out)" = "1126259446 1126259450" ] || fail "--segments of version 1: $(cat out)"
expect 0 "$G" fetch --segments H1_CBC_CAT1 --gps-start-time 1126259446 --gps-end-time 1126259478
[ "$(cat out)" = "1126259446 1126259450
1126259460 1126259478" ] || fail "--segments: $(cat out)"

# cut again and again: each attempt goes on where the last ended
expect 0 $FETCH GW-cut -o cut
same cut
grep "/files/GW-cut/$H" server/log | grep -q 'bytes=[1-9]' || fail "a cut connection begins anew: $(grep GW-cut server/log)"
# ... unless the file has changed meanwhile
expect 0 $FETCH GW-changed --detectors H1 -o changed
cmp -s server/files/other changed/$H || fail "two states of a file in one"
expect 0 $FETCH GW-trickle --detectors H1 --stall 2 -o trickle
cmp -s server/files/$H trickle/$H || fail "trickle"

mkdir bad
refuse 1 "no event called GW000000; there are GW150914" $FETCH GW000000 -o bad
refuse 1 "only https is fetched" $FETCH GW-redirect -o bad
refuse 1 "does not have it (404)" $FETCH GW-gone -o bad
refuse 1 "the file holds something else" $FETCH GW-wrong -o bad
refuse 1 "gzip" $FETCH GW-damaged -o bad
refuse 1 "has no file of 4096 s" $FETCH GW150914 --duration 4096 -o bad
refuse 1 "wanted hdf5, gwf or txt" "$G" fetch --format zip GW150914 -o bad
refuse 2 "wanted the name of an event" "$G" fetch
refuse 2 "stands instead of an event" "$G" fetch GW150914 --catalogs
[ -z "$(ls -A bad)" ] || fail "something was left: $(ls -A bad)"
GWSPIKE_CA_FILE= refuse 1 "certificate cannot be verified" $FETCH GW150914 -o bad
GWOSC_SERVER_URL=http://localhost:1 refuse 1 "only https is fetched" $FETCH GW150914 -o bad
GWOSC_SERVER_URL=https://localhost:1 refuse 1 "after 2 attempts" $FETCH GW150914 -o bad --attempts 2

# kill -9 in the midst of a file, and at any moment: no half file under its name, and the next run goes on.  GWS_FETCH_KILLS says how often.
mkdir killed
: >server/hold
$FETCH GW-slow -o killed >/dev/null 2>&1 &
pid=$!
for i in $(seq 2400); do
    [ -n "$(find killed -name '.part*' -size +20k)" ] && break
    sleep 0.05
done
kill -9 $pid
wait $pid 2>/dev/null
[ -z "$(find killed -name '[HL]-*')" ] || fail "half a file under its name: $(ls -la killed)"
rm server/hold
kills=${GWS_FETCH_KILLS:-12}
for i in $(seq "$kills"); do
    $FETCH GW-slow -o killed >/dev/null 2>&1 &
    pid=$!
    sleep "0.$(printf '%02d' $((i * 7 % 60)))"
    kill -9 $pid 2>/dev/null
    wait $pid 2>/dev/null
    for f in $H $L; do
        [ ! -e killed/$f ] || cmp -s server/files/$f killed/$f || fail "kill $i: half a file under its name"
    done
done
expect 0 $FETCH GW-slow -o killed
same killed
grep /files/GW-slow/ server/log | grep -q 'bytes=[1-9]' || fail "a killed run is not gone on with"

# two at once
mkdir two
$FETCH GW-slow -o two >/dev/null 2>err2 &
expect 0 $FETCH GW-slow -o two
wait $! || fail "the other of two: $(cat err2)"
same two

# the cache: private, emptied on demand
expect 0 "$G" fetch --clean
[ "$(stat -c %a cache)" = 700 ] || fail "the cache is not private: $(stat -c %a cache)"
mkdir -m 777 open
refuse 1 "nobody else may write" "$G" fetch --clean --cache open
