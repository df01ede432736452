# Figures: each format is what it says, the same run gives the same bytes, no text leaves the page or covers another, every axis says what
# it shows and in which unit, and the legend has what is drawn.
"$MAKE_MODEL" m.hdf -3.45 -3.38 || fail make_model
"$MAKE_STRAIN" gap.hdf gap || fail make_strain
EVENTS=$EXAMPLES/make_events
"$EVENTS" inj.hdf tc,distance,mass1,mass2,chirp_distance \
    1262304083 1000 30 30 200 1262304087 2000 30 30 200 1262304090 1500 30 30 200 || fail make_events
"$EVENTS" fg.hdf time,stat,var 1262304087.1 9 0.3 1262304083 5 0.3 || fail make_events
"$EVENTS" bg.hdf time,stat,var 1 6 0.3 2 4 0.3 3 5 0.3 || fail make_events
export GWSPIKE_MODEL=m.hdf

# texts FIGURE.svg - a line a text: left, right, top, bottom in units of the page, then the text.  A letter reaches up by some 0.75 of
# its size and down by 0.2.
texts()
{
    sed -n 's/^<text x="\([^"]*\)" y="\([^"]*\)" font-size="\([^"]*\)" fill="[^"]*"[^>]* textLength="\([^"]*\)"\( transform\)\{0,1\}[^>]*>\(.*\)<\/text>$/\1 \2 \3 \4 \5 |\6/p' "$1" |
        sed 's/&lt;/</g; s/&gt;/>/g; s/&amp;/\&/g' |
        awk '{ text = $0; sub(/^[^|]*\|/, "", text); up = 0.75 * $3; down = 0.2 * $3
               if ($5 == "transform") print $1 - up, $1 + down, $2 - $4, $2, text
               else print $1, $1 + $4, $2 - up, $2 + down, text }'
}

# panels FIGURE.svg - how many there are: frames are closed lines of five corners
panels()
{
    grep -c 'stroke:rgb(54.9[0-9]*%,54.9[0-9]*%,54.9[0-9]*%).* d="M [0-9. ]* L [0-9. ]* L [0-9. ]* L [0-9. ]* L [0-9. ]*"' "$1"
}

# good FIGURE.svg PANELS
good()
{
    texts "$1" >texts
    [ "$(grep -c '<text ' "$1")" = "$(wc -l <texts)" ] || fail "$1: a text that is not understood"
    page=$(sed -n 's/^<svg.* viewBox="0 0 \([0-9]*\) \([0-9]*\)".*/\1 \2/p' "$1")
    awk -v name="$1" -v page="$page" '
        BEGIN { split(page, size, " ") }
        { if ($1 < 0 || $2 > size[1] || $3 < 0 || $4 > size[2]) { print name ": text leaves the page: " $0; bad = 1 }
          for (i = 1; i < NR; i++)
              if ($1 < right[i] && $2 > left[i] && $3 < bottom[i] && $4 > top[i]) {
                  print name ": texts overlap: " $0 " and " said[i]
                  bad = 1
              }
          left[NR] = $1; right[NR] = $2; top[NR] = $3; bottom[NR] = $4; said[NR] = $0 }
        END { exit bad || !NR }' texts || fail "$1: $(wc -l <texts) texts"
    [ "$(panels "$1")" = "$2" ] || fail "$1: $(panels "$1") panels, wanted $2"
    [ "$(wc -c <"$1")" -lt 1000000 ] || fail "$1: $(wc -c <"$1") bytes"
}

# has FIGURE.svg TEXT... - each is there as a text of its own
has()
{
    svg=$1
    shift
    for text in "$@"; do
        texts "$svg" | cut -d ' ' -f 5- | grep -qxF -- "$text" || fail "$svg: no text '$text': $(texts "$svg" | cut -d ' ' -f 5- | tr '\n' ';')"
    done
}

# Each format, twice.
for ending in png svg pdf; do
    expect 0 "$G" detect --threshold -3.5 gap.hdf --plot one.$ending
    expect 0 "$G" detect --threshold -3.5 gap.hdf --plot two.$ending
    cmp -s one.$ending two.$ending || fail "$ending: the same run, other bytes"
    [ "$(find . -name '.gwspike-*' | wc -l)" = 0 ] || fail "$ending: something is left behind"
done
[ "$(head -c 8 one.png | od -An -c | tr -d ' ')" = '211PNG\r\n032\n' ] || fail "not a PNG"
[ "$(od -An -j 16 -N 8 -t x1 one.png | tr -d ' ')" = 000007a80000044f ] || fail "the PNG is not 1960 x 1103: $(od -An -j 16 -N 8 -t x1 one.png)"
[ "$(wc -c <one.png)" -lt 300000 ] || fail "the PNG has $(wc -c <one.png) bytes"
[ "$(head -c 7 one.pdf)" = "%PDF-1." ] && tail -n 1 one.pdf | grep -q '^%%EOF' || fail "not a PDF"
grep -aq "CreationDate" one.pdf && fail "the PDF holds a time"
if command -v pdfinfo >/dev/null; then
    pdfinfo one.pdf >info 2>&1 || fail "pdfinfo: $(cat info)"
    grep -q "^Pages: *1$" info && grep -q "^Page size: *1120 x 630 pts" info && grep -q "^Title: *Loudest trigger at" info || fail "pdfinfo: $(cat info)"
fi
head -c 5 one.svg | grep -q '<?xml' && [ "$(tail -n 1 one.svg)" = "</svg>" ] || fail "not an SVG"
refuse 2 "fig.gif: the ending of an output chooses its format; known here: .png .svg .pdf" "$G" detect gap.hdf --plot fig.gif
refuse 2 "known here: .png .svg .pdf" "$G" detect gap.hdf --plot fig
refuse 1 "cannot create" "$G" detect gap.hdf --plot nowhere/fig.pdf

# The search: two detectors, the logits around the trigger, the logits of the whole stretch.
good one.svg 4
has one.svg H1 L1 "strain (noise σ)" "logit (ln of odds)" "whitened strain, shown from 30 to 350 Hz" "time from GPS 1262304000 (s)" "FAR (per 30 days)"
texts one.svg | grep -q "Loudest trigger at 2020-01-0[0-9] [0-9:.]* UTC: statistic -3\.[0-9]*, FAR " || fail "title: $(grep Loudest one.svg)"
[ "$(texts one.svg | grep -c "time from GPS 12623[0-9.]* (s)")" = 3 ] || fail "not every axis of times says from when and in what"
[ "$(texts one.svg | grep -c " linear head, off scale$")" = 1 ] || fail "a head far from the other is not said to be"

# The title and the line below it say what the table says.
same_rate()
{
    rate=$(sed -n 's/^\* *[^ ]* *[^ ]* [^ ]* *[^ ]* *\(.*[^ ]\) *+-.*/\1/p' out)
    time=$(sed -n 's/.* in T = \([^ ]* [^ ]*\) of .*/\1/p' out)
    [ -n "$rate" ] && [ -n "$time" ] || fail "no rate in the table: $(cat out)"
    texts "$1" >said
    grep -q "Loudest trigger .*, FAR $rate per 30 days$" said && grep -q "false-alarm rate (FAR) from $time of background$" said ||
        fail "$1: not '$rate' from $time: $(grep FAR said)"
}
expect 0 "$G" detect --threshold -3.5 gap.hdf --plot d.svg
same_rate d.svg
expect 0 "$G" background --threshold -3.6 --slides 6 --slide-step 2 gap.hdf -o slides.hdf
expect 0 "$G" detect --threshold -3.5 --background slides.hdf gap.hdf --plot d.svg --force
same_rate d.svg
good d.svg 4
# The loudest trigger of the model's background has the statistic -3.38: there ends the second axis, as far as a text's place says.
texts one.svg | awk '
    $1 > 520 && $4 < 345 && $5 == "−3.5" { low = ($3 + $4) / 2 }
    $1 > 520 && $4 < 345 && $5 == "−3" { high = ($3 + $4) / 2 }
    $4 < 345 && $5 == "<" && $6 == "30" { bound = ($3 + $4) / 2 }
    END { stat = -3.5 + 0.5 * (low - bound) / (low - high); if (!low || !high || !bound || stat < -3.39 || stat > -3.37) { print stat; exit 1 } }' ||
    fail "the second axis: $(texts one.svg)"

# Thresholds among the logits, near them, far away.
for threshold in -3.5 0 -1e6; do
    expect 0 "$G" detect --threshold $threshold gap.hdf --plot d.svg --force
    panels=4
    grep -q "No trigger above" d.svg && panels=1
    good d.svg $panels
done
expect 0 "$G" detect --threshold 1000 gap.hdf --plot d.svg --force
good d.svg 1
has d.svg "No trigger above the threshold"
grep -q '>threshold 1000.*, off scale<' d.svg || fail "a threshold far from the logits flattens them"
grep -q '>trigger<' d.svg && fail "triggers in the legend where there are none"
[ "$(grep -c '>spiking head<' one.svg)" = 2 ] && [ "$(grep -c '>linear head' one.svg)" = 2 ] && [ "$(grep -c '>threshold -3.5' one.svg)" = 2 ] &&
    [ "$(grep -c '>trigger<' one.svg)" = 1 ] || fail "the legend is not complete"
expect 0 "$G" demo -o demo.svg -s 9223372036854775807
grep -q "No trigger above" demo.svg && good demo.svg 1 || good demo.svg 4
has demo.svg "time from GPS 1262304000 (s)" "FAR (per 30 days)"
expect 0 "$G" demo -o demo.png
[ "$(wc -c <demo.png)" -lt 300000 ] || fail "the PNG of demo has $(wc -c <demo.png) bytes"

ev="--injection-file inj.hdf --foreground-events fg.hdf --foreground-files gap.hdf"
expect 0 "$G" evaluate $ev --background-events bg.hdf --plot e.svg
good e.svg 2
has e.svg "sensitive distance (Mpc)" "fraction found" "false-alarm rate (per 30 days)"
for number in 10000 20000 50000 100000; do
    [ "$(grep -c ">$number<" e.svg)" = 2 ] || fail "evaluate: no $number on both axes of rates"
done

"$EVENTS" two.hdf time,stat,var 1 6 0.3 2 4 0.3 || fail make_events # one point of a curve
expect 0 "$G" evaluate $ev --background-events two.hdf --plot one.svg --force
good one.svg 2
[ "$(grep -c ' C ' one.svg)" -ge 2 ] || fail "evaluate: one point is not drawn" # discs are curves

expect 0 "$G" optimize --seconds 0 --batch 2 -c "$SOURCE/tests/cli/small.ini" -o machine.ini --plot o.svg
good o.svg 3
has o.svg threads batch block 64 1024

expect 0 "$G" profile gap.hdf -o p.svg
good p.svg 2
has p.svg "time (s)" "resident memory (MiB)"

expect 0 "$G" evaluate $ev --background-events bg.hdf --found-at 45000 --found-plot f.svg
good f.svg 3
has f.svg found missed "share found" "chirp mass (Msun)"
