# The README shows what the program prints: the table of `demo`, and a false-alarm rate and a time of GW150914.
readme=$SOURCE/README.md
model=$SOURCE/models/default.hdf
[ -e "$model" ] || exit 77

expect 0 "$G" demo -m "$model" -o demo.png
[ -s demo.png ] || fail "demo draws no figure"
sed -n '/^`demo` writes/,/^SNR is/s/^    //p' "$readme" | grep -v '^ *$' >shown
[ "$(wc -l <shown)" -ge 9 ] || fail "the README shows no table of demo"
while IFS= read -r line; do
    grep -qxF -- "$line" out || fail "the README shows what demo does not print: $line"
done <shown

# What it says of GW150914: within 0.013 s of the catalogue's 1126259462.42, and a bound of 20 in 30 days.
set -- "$DATA"/gwosc/[HL]-[HL]1_LOSC_4_V2-1126259446-32.hdf5
if [ -e "$1" ]; then
    expect 0 "$G" detect -m "$model" --json "$@"
    grep -q '"gps": 1126259462\.4[123]' out || fail "GW150914: $(cat out)"
    grep -q '"far_bound": "below", "far_per_month_limit": 20\.' out || fail "GW150914: $(cat out)"
fi

# Every page that it names exists (tools/check_docs), and so does every verb.
grep -o '`gwspike [a-z][a-z]*' "$readme" | sed 's/.* //' | sort -u >verbs
while read -r verb; do
    expect 0 "$G" "$verb" --help
done <verbs
