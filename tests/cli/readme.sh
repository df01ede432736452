# The README shows what the program prints: the table of `demo`, a time of GW150914, and what the model finds; docs/usage.md its trigger.
readme=$SOURCE/README.md
model=$SOURCE/models/bbh-real.hdf
[ -e "$model" ] || exit 77

expect 0 "$G" demo -m "$model" -o demo.png
[ -s demo.png ] || fail "demo draws no figure"
sed -n '/^`demo` writes/,/^SNR is/s/^    //p' "$readme" | grep -v '^ *$' >shown
[ "$(wc -l <shown)" -ge 8 ] || fail "the README shows no table of demo"
while IFS= read -r line; do
    grep -qxF -- "$line" out || fail "the README shows what demo does not print: $line"
done <shown

# The share of its signals of SNR 10 at 100 false alarms a month.
expect 0 "$G" inspect "$model"
awk '$2 == 100 && $3 > 0 && NF == 14 && !($1 in seen) { seen[$1] = 1; printf "%s%s head %.1f %%", n++ ? ", " : "", $1, 100 * $9 }' out >share
[ -s share ] && grep -qF "| $(cat share) |" "$readme" || fail "the README has another share of signals than $(cat share)"

# What it says of GW150914: within 0.013 s of the catalogue's 1126259462.42, and louder than all of the background.
set -- "$DATA"/gwosc/[HL]-[HL]1_LOSC_4_V2-1126259446-32.hdf5
if [ -e "$1" ]; then
    expect 0 "$G" detect -m "$model" --json "$@"
    grep -q '"gps": 1126259462\.4[123]' out || fail "GW150914: $(cat out)"
    grep -q '"far_bound": "below"' out || fail "GW150914: $(cat out)"
    expect 0 "$G" detect -m "$model" "$@"
    sed -n '/^    gwspike detect H-H1_LOSC/,/^FAR is/s/^    //p' "$SOURCE/docs/usage.md" | grep -v '^gwspike\|^ *$' >shown
    cmp -s out shown || fail "docs/usage.md shows another search of GW150914 than $(cat out)"
fi

# Every page that it names exists (tools/check_docs), and so does every verb.
grep -o '`gwspike [a-z][a-z]*' "$readme" | sed 's/.* //' | sort -u >verbs
while read -r verb; do
    expect 0 "$G" "$verb" --help
done <verbs
