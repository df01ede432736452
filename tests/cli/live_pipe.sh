# Frames themselves on standard input.  Truth: detect on the same frames, those left out that are cut or damaged.
ln -s "$SOURCE/models/cpc.hdf" m.hdf
"$G" simulate --duration 100 --start 1262304000 -s 5 -o s.hdf >out 2>err || fail "simulate: $(cat err)"
mkdir all
"$G" convert s.hdf -o all/SIM.gwf --duration 4 --per-detector >out 2>err || fail "convert: $(cat err)"
find all -name '*.gwf' | sort -t- -k3 >list # by time
live() { "$G" live -m m.hdf --json --threshold -4 --pipe; }
detect() { "$G" detect -m m.hdf --json --threshold -4 "$1" >wanted 2>err || fail "detect: $(cat err)"; }

# together they are the folder
detect all
[ "$(wc -l <wanted)" -gt 10 ] || fail "too few triggers: $(cat wanted)"
# shellcheck disable=SC2046
cat $(cat list) >stream
live <stream >out 2>err || fail "frames from a file: $(cat err)"
cmp -s out wanted || fail "frames from a file are not the folder: $(tail -n 3 err)"
cat stream | live >out 2>err || fail "frames from a pipe: $(cat err)"
cmp -s out wanted || fail "frames from a pipe are not the folder: $(tail -n 3 err)"
printf '[live]\nsource = pipe\n[search a]\nmodel = m.hdf\nthreshold = -4\n' >site.ini
"$G" live --json --config site.ini <stream >out 2>err || fail "source = pipe: $(cat err)"
cmp -s out wanted || fail "source = pipe is not the folder: $(tail -n 3 err)"

# one cut in the middle, one damaged, garbage between
cut=$(sed -n 11p list) damaged=$(sed -n 30p list)
: >stream
while read -r f; do
    size=$(wc -c <"$f")
    case $f in
        "$cut") head -c $((size / 2)) "$f" >>stream ;;
        "$damaged")
            head -c $((size / 2)) "$f" >>stream
            printf 'damaged' >>stream
            tail -c +$((size / 2 + 8)) "$f" >>stream
            ;;
        *) cat "$f" >>stream ;;
    esac
    case $f in *0-4.gwf) echo "IGWD of nobody" >>stream ;; esac
done <list
mkdir good
for f in $(grep -v "$cut\|$damaged" list); do cp "$f" good; done
detect good
live <stream >out 2>err || fail "a bad stream: $(cat err)"
cmp -s out wanted || fail "a bad stream is not the folder of what is good in it: $(tail -n 3 err)"
grep -q "H1: 96 s searched, 4 s truncated;" err && grep -q "L1: 96 s searched, 4 s corrupt;" err || fail "no reason: $(grep searched err)"
grep -q "bytes that belong to no frame" err || fail "nothing is said of foreign bytes: $(tail -n 3 err)"

# refusals
echo all/SIM.gwf >text
live <text >out 2>err && fail "paths are taken for frames"
[ "$(cat err)" = "gwspike live: standard input: no frame in 12 bytes" ] || fail "paths for --pipe: $(cat err)"
"$G" live -m m.hdf --frames - <stream >out 2>err && fail "frames are taken for paths"
grep -q "standard input: frames, and paths were wanted" err || fail "frames for --frames -: $(cat err)"
refuse 2 "one is searched" "$G" live --pipe --frames all
