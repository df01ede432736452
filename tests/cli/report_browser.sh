# Pages in a browser: headless Chromium opens every kind.  No error, no request, each plot drawn, a click on a name hides its curve, CSV gives
# the numbers, nothing wider than the screen.  Screenshots at the width of a desktop and of a telephone, in light and in dark, stay in the
# build folder, report-screenshots, to be looked at.
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
[ -n "$browser" ] || { echo "skipped: no chromium"; exit 77; }
shots=$EXAMPLES/../report-screenshots
mkdir -p "$shots" home
"$MAKE_MODEL" m.hdf -3.45 -3.38 && "$MAKE_STRAIN" s.hdf gap || fail "make_model, make_strain"
EVENTS=$EXAMPLES/make_events
export GWSPIKE_MODEL=$PWD/m.hdf

# What a reader does, done by a script of the page, which then says what it saw.
cat >reader.html <<'HTML'
<script>
(function () { // without waiting: the browser may be gone by then
    var said = [];
    window.addEventListener("error", function (e) { said.push("error " + e.message); });
    var MadeBlob = window.Blob, got = null;
    window.Blob = function (parts, options) { got = parts[0]; return new MadeBlob(parts, options); };
    HTMLAnchorElement.prototype.click = function () { };
    var figures = document.querySelectorAll("figure");
    for (var f of figures) {
        var chart = f.classList.contains("chart"), canvas = f.querySelector(".plot canvas");
        if (chart && window.Dygraph && !(canvas && canvas.width > 100)) said.push("not drawn " + f.id);
        if (!chart && !(f.querySelector("img").naturalWidth > 100)) said.push("no picture " + f.id);
        var names = f.querySelectorAll("button[aria-pressed]");
        if (chart && window.Dygraph && names.length === 0) said.push("no legend " + f.id);
        for (var b of names) {
            b.click();
            if (b.getAttribute("aria-pressed") !== "false") said.push("not hidden " + f.id);
            b.click();
        }
        for (var b of f.querySelectorAll("button"))
            if (b.textContent === "CSV" || b.textContent === "SVG" || b.textContent === "PNG") {
                got = null;
                b.click();
                if (!got || got.length < 20) said.push("no " + b.textContent + " " + f.id);
                var rows = chart ? JSON.parse(f.querySelector("script").textContent).curves.map(function (c) { return c.x.length; }) : [1];
                if (b.textContent === "CSV" && String(got).trim().split("\n").length - 1 < Math.max.apply(null, rows)) said.push("CSV lacks rows " + f.id);
            }
    }
    if (document.documentElement.scrollWidth > window.innerWidth + 1) said.push("wider than the screen: " + document.documentElement.scrollWidth);
    if (document.documentElement.dataset.ready !== "1") said.push("script did not end");
    document.body.dataset.dark = matchMedia("(prefers-color-scheme: dark)").matches;
    document.body.dataset.figures = figures.length;
    document.body.dataset.said = said.length ? said.join("; ") : "all well";
})();
</script>
HTML

# chromium_on OPTIONS... - a browser that is new each time, without its own errands
chromium_on()
{
    HOME=$PWD/home timeout 100 "$browser" --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --disable-background-networking \
        --disable-component-update --disable-default-apps --disable-sync --disable-extensions --host-resolver-rules="MAP * ~NOTFOUND" \
        --user-data-dir="$PWD/home/profile" --force-device-scale-factor=1 --hide-scrollbars --enable-logging=stderr --virtual-time-budget=8000 "$@" 2>log
}

# read_page PAGE WAY WIDTH,HEIGHT SCHEME - as a reader would; scheme 0 is dark.  The browser's own errands go to hosts of google.
read_page()
{
    sed '$d' "$1" | sed '$d' >with.html # </body> and </html>
    cat reader.html >>with.html
    echo '</body></html>' >>with.html
    for try in 1 2 3; do # on a busy machine a browser may end without having begun
        rm -f net.json
        chromium_on --window-size="$3" --blink-settings=preferredColorScheme="$4" --log-net-log="$PWD/net.json" --dump-dom "file://$PWD/with.html" >dom
        grep -q 'data-said=' dom && break
    done
    grep -q 'data-said="all well"' dom || fail "$1, $2: $(grep -o 'data-said="[^"]*"' dom | head -c 500) $(tail -n 3 log | head -c 500)"
    figures=$(grep -c '<figure ' "$1")
    grep -q "data-figures=\"$figures\"" dom || fail "$1, $2: $(grep -o 'data-figures="[^"]*"' dom), wanted $figures"
    grep -q "data-dark=\"$([ "$4" = 0 ] && echo true || echo false)\"" dom || fail "$1, $2: $(grep -o 'data-dark="[^"]*"' dom)"
    grep -q 'CONSOLE' log && fail "$1, $2: $(grep CONSOLE log | head -c 500)"
    grep -o '"url":"[a-z]*://[^"/]*' net.json | grep -v '"file:\|google\(apis\)*\.com$' >asked && fail "$1, $2: asks for $(head -n 3 asked)"
    grep -q 'file://[^"]*with.html' net.json || fail "$1, $2: the log of requests does not have the page itself"
}

# shoot PAGE WAY WIDTH SCHEME
shoot()
{
    rm -f shot.png
    for try in 1 2 3; do
        chromium_on --window-size="$3,6000" --blink-settings=preferredColorScheme="$4" --screenshot="$PWD/shot.png" "file://$PWD/$1" >/dev/null
        [ -s shot.png ] && break
    done
    [ "$(head -c 8 shot.png | od -An -c | tr -d ' ')" = '211PNG\r\n032\n' ] && mv shot.png "$shots/${1%.html}-$2.png" || fail "$1, $2: no screenshot"
}

# Where it cannot open an empty page it can say nothing of ours.
echo '<!DOCTYPE html><title>empty</title>' >empty.html
for try in 1 2 3; do
    chromium_on --dump-dom "file://$PWD/empty.html" >dom
    grep -q '<title>empty' dom && break
done
grep -q '<title>empty' dom || { echo "skipped: $browser opens no page here: $(tail -n 1 log | head -c 300)"; exit 77; }

"$EVENTS" inj.hdf tc,distance,mass1,mass2,chirp_distance 1262304083 1000 30 30 200 1262304087 2000 30 20 200 1262304090 1500 40 30 200 || fail make_events
"$EVENTS" fg.hdf time,stat,var 1262304087.1 9 0.3 1262304083 5 0.3 1262304085 5 0.3 || fail make_events
"$EVENTS" bg.hdf time,stat,var 1 6 0.3 2 4 0.3 3 5 0.3 || fail make_events
expect 0 "$G" evaluate --injection-file inj.hdf --foreground-files s.hdf --foreground-events fg.hdf --background-events bg.hdf -o eval.hdf
expect 0 "$G" background --slides 3 --threshold -3.5 s.hdf -o slides.hdf
expect 0 "$G" detect --threshold -3.5 --background slides.hdf -o found.hdf s.hdf
for step in 1 2 3 4 5 6; do
    echo "{\"phase\": \"joint\", \"step\": $step, \"loss\": 1.$step, \"cpc_accuracy\": 0.$step, \"event_rate\": 0.1, \"grad_norm\": $step, \"lr\": 0.001, \"samples_per_s\": 3}"
done >trainlog.jsonl
set -- "$DATA"/gwosc/[HL]-[HL]1_LOSC_4_V2-1126259446-32.hdf5
if [ -e "$1" ] && [ -e "$SOURCE/models/bbh-real.hdf" ]; then
    expect 0 "$G" report -m "$SOURCE/models/bbh-real.hdf" -o search.html "$@"
    [ "$(wc -c <search.html)" -lt 3000000 ] || fail "a page of one event has $(wc -c <search.html) bytes"
else
    expect 0 "$G" report -o search.html --threshold -3.5 --triggers 1 s.hdf
fi
expect 0 "$G" report -o results.html --beside 1 eval.hdf slides.hdf found.hdf fg.hdf trainlog.jsonl
for page in search.html results.html; do
    read_page $page desktop 1200,900 1
    read_page $page phone 390,844 0
    shoot $page desktop-light 1200 1
    shoot $page desktop-dark 1200 0
    shoot $page phone-light 390 1
    shoot $page phone-dark 390 0
done
