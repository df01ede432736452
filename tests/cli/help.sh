# Every verb explains itself, with examples, on stdout; nothing on stderr.
expect 0 "$G" --help
grep -q '^usage: gwspike VERB' out || fail "no usage in --help"
verbs=$("$G" --help | sed -n '/^verbs:/,/^$/s/^  \([a-z]*\) .*/\1/p')
[ -n "$verbs" ] || fail "no verbs listed"
for verb in $verbs; do
    expect 0 "$G" "$verb" --help
    [ -s err ] && fail "$verb --help writes to stderr"
    grep -q "^gwspike $verb - " out || fail "$verb --help does not begin with its name"
    grep -q "^usage: gwspike $verb" out || fail "$verb --help has no usage"
    grep -q "^examples:" out || fail "$verb --help has no examples"
    grep -q -- "-h, --help" out || fail "$verb --help does not list --help"
    LC_ALL=C tr -d '\200-\277' <out | awk 'length > 132 { exit 1 }' || fail "$verb --help has a line of more than 132 columns"
    cp out long
    expect 0 "$G" "$verb" -h
    cmp -s out long || fail "$verb -h differs from --help"
    expect 0 "$G" help "$verb"
    cmp -s out long || fail "help $verb differs from $verb --help"
    refuse 2 "unknown option --nonsense" "$G" "$verb" --nonsense
    refuse 2 "unknown option -Q" "$G" "$verb" -Q
done
expect 2 "$G"
[ -s out ] && fail "no verb: something on stdout"
refuse 2 "unknown verb 'detekt'" "$G" detekt
expect 0 "$G" --version
expect 0 "$G" version
grep -q '^gwspike [0-9]*\.[0-9]*\.[0-9]*$' out || fail "version"
expect 0 "$G" version -v
for word in licence compiler flags "instruction set" libraries features memory swap "git hash"; do
    grep -q "$word" out || fail "version -v does not say $word"
done
# Results that cannot be written are a failure.
if [ -c /dev/full ]; then
    "$G" --help >/dev/full 2>err
    [ $? = 1 ] || fail "--help into a full disk: not 1"
fi
