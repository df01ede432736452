# docs/tutorials/gw150914.md: each of its commands, in its order, on the files that it fetches; and what it says of them.
set -- "$DATA"/gwosc/[HL]-[HL]1_LOSC_4_V2-1126259446-32.hdf5
[ -e "$1" ] && [ -e "$SOURCE/models/bbh-real.hdf" ] || { echo "skipped: no $DATA/gwosc, or no models/bbh-real.hdf"; exit 77; }
cp "$@" .
export GWSPIKE_MODEL="$SOURCE/models/bbh-real.hdf"
sed -n 's/^    \(gwspike .*\)/\1/p' "$SOURCE/docs/tutorials/gw150914.md" >commands
[ "$(wc -l <commands)" -ge 5 ] || fail "the tutorial has $(wc -l <commands) commands"
while read -r program verb rest; do
    [ "$verb" = fetch ] && continue # the files are here already; tests/cli/fetch.sh fetches
    # shellcheck disable=SC2086
    expect 0 "$G" "$verb" $rest
    cp out "said-$verb"
done <commands
bound=$(grep -o '`< [0-9.]*`' "$SOURCE/docs/tutorials/gw150914.md" | tr -d '`')
[ -n "$bound" ] && grep -q "1126259462\.4[23].* $bound " said-detect || fail "detect: $(cat said-detect)"
# the masses are those that the tutorial names
said=$(sed -n 's/^\([0-9]* and [0-9]*\) solar masses as seen.*/\1/p' "$SOURCE/docs/tutorials/gw150914.md")
shown=$(sed -n 's/.*<dd>\([0-9.]*\) and \([0-9.]*\) solar masses<\/dd>.*/\1 \2/p' gw150914.html | awk '{ printf "%.0f and %.0f", $1, $2 }')
[ -n "$said" ] && [ "$said" = "$shown" ] || fail "the tutorial says $said, the page: $(grep -o '<dd>[^<]*solar masses</dd>' gw150914.html)"
grep -q '/charts/event-1-strain-H1/' said-inspect || fail "inspect: $(cat said-inspect)"
