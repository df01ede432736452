# The data-find client against the server of archive_server.py, whose answers are what gwdatafind 2.1 takes (tools/golden/archive.py asks it with that
# client): both interfaces, files in place and over https, gaps, what cannot be fetched, and where a token goes.
command -v python3 >/dev/null && command -v openssl >/dev/null || { echo "skipped: no python3 or no openssl to serve with"; exit 77; }
mkdir -p server/frames server/remote
for t in 1000000000 1000000016 1000000048; do
    "$MAKE_STRAIN" server/remote/H-H1_TEST-$t-16.gwf frame $t || fail "no frame"
done
cp server/remote/H-H1_TEST-1000000000-16.gwf server/frames/
# a SciToken of the right audience and scope, one that has expired, and one for another server
token()
{
    python3 -c 'import base64, json, sys
b = lambda d: base64.urlsafe_b64encode(json.dumps(d).encode()).rstrip(b"=").decode()
print(".".join((b({"alg": "RS256"}), b({"aud": sys.argv[1], "exp": int(sys.argv[2]), "scope": sys.argv[3]}), "c2lnbmF0dXJl")))' "$@"
}
GOOD=$(token ANY 4000000000 "read:/ligo gwdatafind.read")
ARCHIVE_SERVER_TOKEN=$GOOD python3 "$SOURCE/tests/cli/archive_server.py" server 2>server/errors &
SERVER=$!
trap 'kill $SERVER 2>/dev/null; rm -rf "$SCRATCH"' EXIT
for i in $(seq 1200); do
    [ -s server/address ] && break
    sleep 0.1
done
[ -s server/address ] || { fail "the server does not start: $(cat server/errors)"; exit 1; }
unset SCITOKEN SCITOKEN_FILE _CONDOR_CREDS BEARER_TOKEN BEARER_TOKEN_FILE X509_USER_CERT X509_USER_KEY X509_USER_PROXY LIGO_DATAFIND_SERVER GWDATAFIND_API \
    OSDF_DIRECTOR_URL IGWN_AUTH_UTILS_FIND_SCITOKEN IGWN_AUTH_UTILS_FIND_X509
ADDRESS=$(cat server/address) XDG_RUNTIME_DIR=$PWD HOME=$PWD
GWDATAFIND_SERVER=${ADDRESS#https://} GWSPIKE_CA_FILE=$PWD/server/ca.pem GWSPIKE_CACHE=$PWD/cache
export XDG_RUNTIME_DIR HOME GWDATAFIND_SERVER GWSPIKE_CA_FILE GWSPIKE_CACHE
FIND="$G fetch --type H1_TEST --gps-start-time 1000000000 --gps-end-time 1000000064"

# one file is here, and used in place; the others come over https; the hole is named
expect 0 $FIND -o got
[ "$(ls got | tr '\n' ' ')" = "H-H1_TEST-1000000016-16.gwf H-H1_TEST-1000000048-16.gwf " ] || fail "fetched: $(ls got)"
cmp -s got/H-H1_TEST-1000000048-16.gwf server/remote/H-H1_TEST-1000000048-16.gwf || fail "not the server's file"
grep -q "^$PWD/server/frames/H-H1_TEST-1000000000-16.gwf  H1  GPS 1000000000, 16 s, H1_TEST" out || fail "not used in place: $(cat out)"
grep -q "H1: no file has 16 s of 64: 1000000032 to 1000000048" err || fail "the gap is not said: $(cat err)"
expect 0 $FIND --dry-run --json
[ "$(grep -c '"url": "https://' out)" = 2 ] && grep -q '"url": "file://localhost/' out && [ ! -e H-H1_TEST-1000000016-16.gwf ] || fail "--dry-run: $(cat out)"
grep -q '"detector": "H1", "gps_start": 1000000000, "duration_s": 16, "release": "H1_TEST"' out || fail "--json: $(cat out)"
# the older interface gives the same; so does the older variable
cp out new
GWDATAFIND_API=ldr expect 0 $FIND --dry-run --json
cmp -s out new || fail "ldr: $(cat out)"
grep -q '/LDR/services/data/v1/gwf/H/H1_TEST/1000000000,1000000064.json' server/log || fail "ldr was not asked"
LIGO_DATAFIND_SERVER=$GWDATAFIND_SERVER GWDATAFIND_SERVER= expect 0 $FIND --dry-run --json --observatory H
cmp -s out new || fail "LIGO_DATAFIND_SERVER: $(cat out)"
expect 0 $FIND --dry-run --match 'H1_TEST-10000000(00|16)'
[ "$(wc -l <out)" = 2 ] || fail "--match: $(cat out)"
expect 0 $FIND --dry-run --url-type osdf
[ "$(grep -c ^osdf: out)" = 2 ] || fail "--url-type: $(cat out)"
expect 0 "$G" fetch --type H1_TEST --latest --dry-run
grep -q H-H1_TEST-1000000048 out && [ "$(wc -l <out)" = 1 ] || fail "--latest: $(cat out)"
expect 0 "$G" fetch --show-observatories
[ "$(tr '\n' ' ' <out)" = "H L " ] || fail "--show-observatories: $(cat out)"
expect 0 "$G" fetch --show-types --observatory H
grep -qx H1_TEST out || fail "--show-types: $(cat out)"
expect 0 "$G" fetch --show-times --type H1_TEST
[ "$(wc -l <out)" = 3 ] && grep -qx "1000000048 1000000064" out || fail "--show-times: $(cat out)"
expect 0 "$G" fetch --show-times --type H1_TEST --gps-start-time 1000000008 --gps-end-time 1000000020 --json
grep -q '"gps_start": 1000000016, "gps_end": 1000000020' out || fail "--show-times: $(cat out)"

# a list for the other verbs
expect 0 $FIND -o got --lal-cache
grep -qx "H H1_TEST 1000000016 16 file://localhost$PWD/got/H-H1_TEST-1000000016-16.gwf" out || fail "--lal-cache: $(cat out)"
cp out H1.lcf
expect 0 "$G" condition H1.lcf --channel H1:TEST-STRAIN -o list.hdf
# and as an input of their own, through the cache
expect 0 "$G" condition datafind:H1_TEST --channel H1:TEST-STRAIN --gps-start-time 1000000000 --gps-end-time 1000000064 -o input.hdf
[ "$(ls cache | grep -c gwf)" = 2 ] || fail "the cache: $(ls -la cache)"
expect 0 "$G" inspect input.hdf
grep -q "https://localhost:[0-9]*/frames/H-H1_TEST-1000000016-16.gwf (H1_TEST)" out || fail "no address in provenance: $(cat out)"
n=$(grep -c /frames/ server/log)
expect 0 "$G" condition datafind:H/H1_TEST --channel H1:TEST-STRAIN --gps-start-time 1000000000 --gps-end-time 1000000064 -o again.hdf
[ "$(grep -c /frames/ server/log)" = "$n" ] || fail "fetched again"
refuse 1 "wanted the type of the frames, --gps-start-time and --gps-end-time" "$G" condition datafind:H1_TEST -o bad.hdf

GWDATAFIND_SERVER=someone:secret@$GWDATAFIND_SERVER expect 1 "$G" fetch --type H1_TEST --gps-start-time 900000000 --gps-end-time 900000016
! grep -e secret -e someone err || fail "a secret is shown"

# what is elsewhere
INTERVAL="--gps-start-time 1000000000 --gps-end-time 1000000016"
refuse 1 "not on this machine" "$G" fetch --type H1_LOCAL $INTERVAL -o bad
refuse 1 "OSDF_DIRECTOR_URL" "$G" fetch --type H1_FAR $INTERVAL -o bad
refuse 1 "only https is fetched" "$G" fetch --type H1_TAPE $INTERVAL -o bad
cp server/remote/H-H1_TEST-1000000000-16.gwf server/remote/H-H1_FAR-1000000000-16.gwf
OSDF_DIRECTOR_URL=$ADDRESS expect 0 "$G" fetch --type H1_FAR $INTERVAL -o far
cmp -s far/* server/remote/H-H1_FAR-1000000000-16.gwf || fail "no director: $(cat err)"
cp server/remote/H-H1_TEST-1000000048-16.gwf server/remote/H-H1_FAR-1000000000-16.gwf
rm far/*
OSDF_DIRECTOR_URL=$ADDRESS refuse 1 "holds something else" "$G" fetch --type H1_FAR $INTERVAL -o far
refuse 1 "no file of H1_TEST from GPS 900000000" "$G" fetch --type H1_TEST --gps-start-time 900000000 --gps-end-time 900000016
GWDATAFIND_SERVER= refuse 1 "no data-find server" $FIND
GWDATAFIND_SERVER=localhost:80 refuse 1 "named for http" $FIND
GWDATAFIND_API=v9 refuse 1 "wanted v1 or ldr" $FIND
refuse 2 "wants --type" "$G" fetch GW150914 --match x
refuse 2 "data-find server" "$G" fetch --type H1_TEST --run O1
refuse 2 "wants --gps-start-time" "$G" fetch --type H1_TEST

# who asks: only where it is asked, and in no line
CLOSED="$G fetch --type H1_CLOSED --latest --dry-run --attempts 1"
refuse 1 "wants an authorization for this (401); of credentials: none was found" $CLOSED
BEARER_TOKEN=$GOOD expect 0 $CLOSED -v
grep -q H1_TEST out && ! grep -q "$GOOD" err out || fail "the token does not open, or is shown: $(cat err)"
BEARER_TOKEN=$(token ANY 1000000000 gwdatafind.read) refuse 1 'of credentials: $BEARER_TOKEN: expired' $CLOSED
BEARER_TOKEN=$(token https://elsewhere.org 4000000000 gwdatafind.read) refuse 1 'for another server' $CLOSED
BEARER_TOKEN=$(token ANY 4000000000 read:/) refuse 1 'without the scope gwdatafind.read' $CLOSED
BEARER_TOKEN=nothing refuse 1 'no SciToken' $CLOSED
BEARER_TOKEN_FILE=absent refuse 1 'cannot be read' $CLOSED
token https://localhost 4000000000 gwdatafind.read >other
BEARER_TOKEN_FILE=other refuse 1 "; of credentials one was sent" $CLOSED
echo "$GOOD" >bt_u$(id -u)
expect 0 $CLOSED
IGWN_AUTH_UTILS_FIND_SCITOKEN=no refuse 1 "none was found" $CLOSED
rm bt_u*
cat server/ca.pem server/key.pem >proxy.pem
X509_USER_PROXY=$PWD/proxy.pem expect 0 $CLOSED
X509_USER_CERT=server/ca.pem X509_USER_KEY=server/key.pem expect 0 $CLOSED
X509_USER_PROXY=$PWD/other refuse 1 'X509_USER_PROXY: no certificate' $CLOSED
# not to where a server sends on, not to a director, and not to a server of files that is another
BEARER_TOKEN=$GOOD refuse 1 "sends elsewhere (302)" "$G" fetch --type H1_MOVED --latest
: >server/log
BEARER_TOKEN=$GOOD GWOSC_SERVER_URL=$ADDRESS expect 0 "$G" fetch --format txt GW150914 --dry-run
OSDF_DIRECTOR_URL=https://127.0.0.1:${ADDRESS##*:} BEARER_TOKEN=$GOOD expect 1 "$G" fetch --type H1_FAR $INTERVAL -o far --attempts 1
! grep -v /api/v1/ server/log | grep "with a token" || fail "a token went astray"
grep -q "/api/v1/.*with a token" server/log || fail "the log of the server has no token"
