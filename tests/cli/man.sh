# The man pages are those that tools/make_man makes of the program's --help.
"$SOURCE/tools/make_man" "$G" made || fail make_man
for page in made/*.1; do
    cmp -s "$page" "$SOURCE/docs/man/${page#made/}" ||
        fail "docs/man/${page#made/} is not up to date: run tools/make_man PROGRAM docs/man"
done
for page in "$SOURCE"/docs/man/*.1; do
    [ -e "made/${page##*/}" ] || fail "docs/man/${page##*/} is of no verb"
done
