# What is installed is what the program and the library need, and no more.
DESTDIR=$PWD/root meson install -C "$(dirname "$G")" --no-rebuild --quiet > out 2> errors || fail "install: $(cat errors)"
[ -n "$(find root -name gwspike.pc)" ] || fail "no gwspike.pc"
[ "$(find root -name '*.h' -printf '%f ')" = "gwspike.h " ] || fail "headers: $(find root -name '*.h')"
for model in "$SOURCE"/models/*.hdf; do
    find root -path "*/gwspike/models/${model##*/}" | grep -q . || fail "${model##*/} is not installed"
done
default=$("$G" version -v | sed -n 's|^model: .*/models/||p')
[ -n "$default" ] && [ -f "$SOURCE/models/$default" ] || fail "the default model, '$default', is none of the shipped ones"
for verb in benchmark profile optimize; do
    link=$(find root -name "ligo-$verb")
    [ -L "$link" ] && [ -x "$(dirname "$link")/$(readlink "$link")" ] || fail "no link ligo-$verb to the program"
done
find root -path '*/gwspike/configs/default.ini' | grep -q . || fail "the recipes are not installed"

# What the shells complete is where they look.
for place in bash-completion/completions/gwspike.bash zsh/site-functions/_gwspike fish/vendor_completions.d/gwspike.fish; do
    [ -s "$(find root -path "*/share/$place")" ] || fail "no $place"
done

# A man page for the program and for each verb, where `man` finds them beside the program.
for page in "$SOURCE"/docs/man/*.1; do
    installed=$(find root -path "*/man/man1/${page##*/}*")
    [ -n "$installed" ] || { fail "${page##*/} is not installed"; continue; }
    case $installed in
        *.gz) gzip -dc "$installed" ;;
        *) cat "$installed" ;;
    esac | cmp -s - "$page" || fail "$installed is not docs/man/${page##*/}"
done
bin=$(dirname "$(find "$PWD/root" -name ligo-profile)")
if command -v man >out 2>&1; then
    (unset MANPATH && PATH=$bin:$PATH man -w gwspike-detect) >out 2>err || fail "man -w gwspike-detect: $(cat err)"
    [ "$(cat out)" = "$(dirname "$bin")/share/man/man1/gwspike-detect.1" ] || fail "man gives $(cat out)"
fi
