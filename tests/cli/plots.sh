# Figures: no text leaves the page, every axis with numbers has two at least and no two alike, and the legend has the lines that are drawn.
"$MAKE_MODEL" m.hdf -3.45 -3.38 || fail make_model
"$MAKE_STRAIN" gap.hdf gap || fail make_strain
EVENTS=$EXAMPLES/make_events
"$EVENTS" inj.hdf tc,distance,mass1,mass2,chirp_distance \
    1262304083 1000 30 30 200 1262304087 2000 30 30 200 1262304090 1500 30 30 200 || fail make_events
"$EVENTS" fg.hdf time,stat,var 1262304087.1 9 0.3 1262304083 5 0.3 || fail make_events
"$EVENTS" bg.hdf time,stat,var 1 6 0.3 2 4 0.3 3 5 0.3 || fail make_events

# good FIGURE.svg - a character of sans-serif is about 0.5 of the font's size wide, less than the program's own font.
good()
{
    sed -n 's/^<svg.* width="\([0-9]*\)" height="\([0-9]*\)".*/page \1 \2/p
        s/^<text x="\([^"]*\)" y="\([^"]*\)" font-size="\([^"]*\)" text-anchor="\([^"]*\)" fill="[^"]*"\( transform\)\{0,1\}[^>]*>\(.*\)<\/text>/text \1 \2 \3 \4 \5|\6/p' \
        "$1" | sed 's/&lt;/</g' >texts
    awk -v name="$1" '
        function wrong(what) { print name ": " what ": " $0; bad = 1 }
        $1 == "page" { width = $2; height = $3; next }
        { text = $0; sub(/^[^|]*\|/, "", text); upright = $6 ~ /^transform/
          long = length(text) * 0.5 * $4
          at = upright ? height - $3 : $2; end = upright ? height : width
          from = at - ($5 == "start" ? 0 : $5 == "middle" ? long / 2 : long)
          if (from < 0 || from + long > end || $3 < 0 || $3 > height || $2 < 0 || $2 > width) wrong("text leaves the page")
          if (text ~ /^-?[0-9.]+(e[-+]?[0-9]+)?$/ && !upright) {
              axis = $5 == "middle" ? "x at y " $3 : "y at x " $2
              n[axis]++
              if ((axis, $2, $3) in seen) wrong("two numbers at one place")
              seen[axis, $2, $3] = 1
          } }
        END { for (a in n) if (n[a] < 2) { print name ": one number alone on axis " a; bad = 1 }
              exit bad || !length(n) }' texts || fail "$1: $(grep -c . texts) texts"
}

export GWSPIKE_MODEL=m.hdf
# Thresholds among the logits, near them, far away.
for threshold in -3.5 0 -1e6; do
    expect 0 "$G" detect --threshold $threshold gap.hdf --plot d.svg --force
    good d.svg
    # the sample of the legend, drawn after the word, is dashed as the line is
    grep -A1 '>threshold' d.svg | grep -q 'stroke-dasharray' || fail "threshold $threshold: its line in the legend is not as in the panel"
done
expect 0 "$G" detect --threshold 1000 gap.hdf --plot d.svg --force
grep -q '>threshold 1000, not in the picture<' d.svg || fail "a threshold far from the logits flattens them"
grep -q '>trigger<' d.svg && fail "triggers in the legend where there are none"
expect 0 "$G" detect --threshold -3.5 gap.hdf --plot d.svg --force
[ "$(grep -c '>threshold<' d.svg)" = 2 ] && [ "$(grep -c '>trigger<' d.svg)" = 1 ] || fail "the legend is not complete"
expect 0 "$G" demo -o demo.svg -s 9223372036854775807
good demo.svg

expect 0 "$G" evaluate --injection-file inj.hdf --foreground-events fg.hdf --foreground-files gap.hdf --background-events bg.hdf --plot e.svg
good e.svg
for number in 10000 20000 50000 100000; do
    [ "$(grep -c ">$number<" e.svg)" = 2 ] || fail "evaluate: no $number on both axes of rates"
done

"$EVENTS" two.hdf time,stat,var 1 6 0.3 2 4 0.3 || fail make_events # one point of a curve
expect 0 "$G" evaluate --injection-file inj.hdf --foreground-events fg.hdf --foreground-files gap.hdf --background-events two.hdf --plot one.svg
good one.svg
grep -q '<polygon' one.svg || fail "evaluate: one point is not drawn"

expect 0 "$G" optimize --seconds 0 --batch 2 -c "$SOURCE/tests/cli/small.ini" -o machine.ini --plot o.svg
good o.svg
grep -q 'log2' o.svg && fail "optimize: numbers are logarithms"
grep -q '>512<' o.svg && grep -q '>threads<' o.svg || fail "optimize: axes: $(grep '<text' o.svg)"

expect 0 "$G" profile gap.hdf -o p.svg
good p.svg

expect 0 "$G" evaluate --injection-file inj.hdf --foreground-events fg.hdf --foreground-files gap.hdf --background-events bg.hdf --found-at 45000 --found-plot f.svg
good f.svg
[ "$(grep -c '>found<' f.svg)" = 1 ] && [ "$(grep -c '>missed<' f.svg)" = 1 ] && [ "$(grep -c '>share found<' f.svg)" = 1 ] || fail "found and missed: legend"
