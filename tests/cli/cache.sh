# Inputs that are fetched by the name of an event, and the cache that keeps them: private, of a limited size, shared by processes, empty on demand.
command -v python3 >/dev/null && command -v openssl >/dev/null || { echo "skipped: no python3 or no openssl to serve with"; exit 77; }
mkdir -p server/hdf
"$MAKE_STRAIN" server/hdf/H-H1_GWOSC_4KHZ_R1-1126259447-32.hdf5 event-H1
"$MAKE_STRAIN" server/hdf/L-L1_GWOSC_4KHZ_R1-1126259447-32.hdf5 event-L1
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
unset GWSPIKE_CACHE_LIMIT
files() { grep -c /files/ server/log; }
kept() { find cache -name '*.hdf5' | wc -l; }

# by name: the same as with the files in hand, said in one line, with the address in the provenance
expect 0 "$G" condition GW150914 -o by_name.hdf
grep -q "GW150914: GW150914-v3 of https://localhost:[0-9]*, H1, L1, GPS 1126259447 to 1126259479: 2 files, of which 2 fetched, 0 from the cache" err ||
    fail "the line: $(cat err)"
expect 0 "$G" condition server/hdf/*.hdf5 -o by_file.hdf
expect 0 "$G" inspect by_name.hdf
sum=$(sha256sum server/hdf/H-* | cut -d' ' -f1)
grep -q "$sum  https://localhost:[0-9]*/files/GW150914/H-H1_GWOSC_4KHZ_R1-1126259447-32.hdf5 (GW150914-v3)" out || fail "provenance: $(cat out)"
if command -v h5dump >/dev/null; then
    for f in by_name by_file; do h5dump -d /H1/1126259447.000000 $f.hdf 2>/dev/null | grep -v '^HDF5' >$f.txt; done
    cmp -s by_name.txt by_file.txt || fail "other samples by name"
fi
[ "$(kept)" = 2 ] && [ "$(stat -c %a cache)" = 700 ] && [ "$(find cache -type f -perm /077 | wc -l)" = 0 ] || fail "not private: $(ls -la cache)"
! ls cache | grep -q GW || fail "names: $(ls cache)"
[ -z "$(ls cache | grep use-)" ] || fail "a sign of use was left: $(ls cache)"
# kept: nothing is fetched again; with --no-cache it is, and nothing of it stays
n=$(files)
expect 0 "$G" psd GW150914 --detector H1 -o psd.hdf
[ "$(files)" = "$n" ] && grep -q "0 fetched, 2 from the cache" err || fail "fetched again: $(cat err)"
expect 0 "$G" condition --no-cache GW150914-v3 -o again.hdf
[ "$(files)" = $((n + 2)) ] && [ "$(kept)" = 2 ] && [ -z "$(ls cache | grep -e run- -e use-)" ] || fail "--no-cache: $(ls cache)"
# what an address has of secrets is in no line and in no file
GWOSC_SERVER_URL=https://someone:secret@${GWOSC_SERVER_URL#https://} expect 0 "$G" condition GW150914 --cache secrets --log-file log.txt -o secrets.hdf
! grep -e secret@ -e someone err out log.txt && ! grep -q -a -e secret@ -e someone secrets.hdf || fail "a secret is shown: $(cat err)"
GWOSC_SERVER_URL=https://someone:secret@${GWOSC_SERVER_URL#https://} expect 1 "$G" condition GW000000 -o secrets2.hdf
! grep -e secret@ -e someone err || fail "a secret is shown"
# a model says which detectors; a file of that name comes first
expect 0 "$MAKE_MODEL" model.hdf
expect 0 "$G" detect -m model.hdf GW150914 --cache other
[ "$(ls other | grep -c hdf5)" = 2 ] || fail "--cache: $(ls other)"
cp server/hdf/H-* GW150914
expect 0 "$G" condition GW150914 -o file.hdf
! grep -q fetched err || fail "a file of that name: $(cat err)"
rm GW150914

# two at once, in a cache that is too small for either, and with one that empties it again and again
i=0
while [ $i -lt 6 ]; do "$G" fetch --clean >/dev/null 2>&1; i=$((i + 1)); done &
cleaner=$!
for i in 1 2; do GWSPIKE_CACHE_LIMIT=1000 "$G" condition GW150914 -o at_once$i.hdf 2>err$i & eval "pid$i=\$!"; done
wait $pid1 || fail "one of two: $(cat err1)"
wait $pid2 || fail "the other of two: $(cat err2)"
wait $cleaner
# what is beyond the limit goes, the oldest half first, once no one uses it
expect 0 "$G" condition GW150914 -o at_once3.hdf
old=$(printf '%064d' 1).hdf5 new=$(printf '%064d' 2).hdf5
head -c 3000000 /dev/zero >cache/$old
head -c 3000000 /dev/zero >cache/$new
touch -d '2001-01-01' cache/$old
touch -d '2002-01-01' cache/$new
rm -f "$(find cache -name '*.hdf5' -size -2900k | head -1)"
GWSPIKE_CACHE_LIMIT=8000000 expect 0 "$G" condition GW150914 -o limit.hdf
[ ! -e cache/$old ] || fail "the oldest stays: $(ls -la cache)"
GWSPIKE_CACHE_LIMIT=much refuse 1 "GWSPIKE_CACHE_LIMIT" "$G" condition GW150914 -o bad.hdf

# killed or stopped in the midst: what was its own goes, at once or with the next that makes room; the cache goes on where it was
rm -rf cache
mkdir k
slow() # slow SIGNAL WORDS... - condition an event that comes slowly, until a part of it is there
{
    signal=$1
    shift
    : >server/hold
    "$G" condition "$@" GW230529 -o k/k.hdf 2>err &
    pid=$!
    for i in $(seq 2400); do
        [ -n "$(find cache -name '.part*' -size +20k 2>/dev/null)" ] && break
        sleep 0.05
    done
    kill -$signal $pid
    wait $pid
    got=$?
    rm server/hold
}
slow TERM --no-cache
[ $got = 143 ] && [ "$(grep -c stopped err)" = 1 ] || fail "TERM: $got: $(cat err)"
[ "$(ls -A cache)" = lock ] || fail "of a stopped run there is left: $(ls -la cache)"
slow KILL --no-cache
[ -n "$(ls cache | grep run-)" ] || fail "nothing to clean"
expect 0 "$G" fetch --clean
[ "$(ls -A cache)" = lock ] || fail "of a killed run there is left: $(ls -la cache)"
slow KILL
expect 0 "$G" condition GW230529 -o k/k.hdf
grep /files/GW230529/H- server/log | grep -q 'bytes=[1-9]' || fail "a killed run is not gone on with"

# what is not a folder of one's own
ln -s cache link
refuse 1 "no link to one" "$G" condition GW150914 --cache link -o bad.hdf
mkdir -m 777 open
refuse 1 "nobody else may write" "$G" condition GW150914 --cache open -o bad.hdf
if [ "$(id -u)" = 0 ]; then
    mkdir -m 700 foreign
    chown 12345 foreign
    refuse 1 "a folder of one's own" "$G" condition GW150914 --cache foreign -o bad.hdf
fi
: >plain
refuse 1 "plain" "$G" condition GW150914 --cache plain -o bad.hdf
# a link in the cache that bears the name of a file is not followed
mkdir -m 700 trap
"$G" condition GW150914 --cache trap -o trap.hdf 2>/dev/null
name=$(ls trap | grep hdf5 | head -1)
cp trap/$name elsewhere
ln -sf "$PWD/elsewhere" trap/$name
expect 0 "$G" condition GW150914 --cache trap -o trap2.hdf
[ ! -L trap/$name ] || fail "a link is taken for a file"
# damaged on the way, with the promised length
refuse 1 "gwspike fetch: .*part-H-H1" "$G" fetch GW-damaged -o k
[ -z "$(ls -A k | grep GWOSC)" ] || fail "a damaged file stays: $(ls -A k)"
refuse 1 "no event called GW000000" "$G" condition GW000000 -o bad.hdf
# when the archive cannot be asked, what it named before is used
expect 0 "$G" condition GW150914 --cache offline -o before.hdf
kill $SERVER
wait $SERVER 2>/dev/null
expect 0 "$G" condition GW150914 --cache offline -o after.hdf
grep -q "WARNING.*after 4 attempts; the files that it named before are used" err || fail "without the archive: $(cat err)"
