# What the shells complete, asked of the shells that are here: verbs, options, and files that fit.
mkdir folder
touch a.hdf b.png c.ini d.gwf e.txt g.jsonl h.npz "two words.hdf"
for shell in bash zsh fish; do
    expect 0 "$G" completion $shell
    mv out $shell.script
    [ -s $shell.script ] || fail "no script for $shell"
done
refuse 2 "wants bash, zsh or fish, got 'tcsh'" "$G" completion tcsh
refuse 2 "wants bash, zsh or fish" "$G" completion

# Every option of every verb's --help is in each script.
for verb in $("$G" --help | sed -n '/^verbs:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
    grep -q "^    $verb)$" bash.script && grep -q "^    $verb)$" zsh.script && grep -q "__gwspike_verb $verb'" fish.script || fail "$verb is in no script"
    "$G" $verb --help | sed -n 's/^ .. *,\{0,1\} --\([a-z0-9-]*\).*/\1/p' | sort -u >options
    [ -s options ] || fail "$verb --help names no option"
    sed -n "/^    $verb)\$/,/^        ;;\$/s/.*_gwspike_other '\([^']*\)'.*/\1/p" bash.script | tr ' ' '\n' | sed -n 's/^--//p' >in.bash
    while read -r option; do
        grep -qx -- "$option" in.bash || fail "bash: $verb --$option"
    done <options
done

# in_bash WANTED WORDS... - the last word is completed; WANTED is what comes, a comma between two.
in_bash()
{
    wanted=$1
    shift
    got=$(bash -c '. ./bash.script; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _gwspike; (IFS=,; echo "${COMPREPLY[*]}")' bash "$@" 2>&1)
    [ "$got" = "$wanted" ] || fail "bash: '$*' becomes '$got', wanted '$wanted'"
}
if command -v bash >/dev/null; then
    bash -n bash.script || fail "the script is not bash"
    in_bash detect gwspike det
    in_bash "--slides,--slide-step" gwspike background --slide
    in_bash "a.hdf" gwspike detect -o a
    in_bash "two words.hdf" gwspike detect -o tw
    in_bash b.png gwspike detect --plot b
    in_bash c.ini gwspike train -c c
    in_bash "error" gwspike detect --log-level er
    in_bash "spiking" gwspike detect --head = s
    in_bash d.gwf gwspike psd d
    in_bash "" gwspike psd b
    in_bash "" gwspike psd g
    in_bash g.jsonl gwspike report g
    in_bash h.npz gwspike psd h
    in_bash folder gwspike train --logdir ""
    in_bash "" gwspike detect -j ""
    in_bash "bash" gwspike completion b
fi

if command -v fish >/dev/null; then
    in_fish()
    {
        got=$(HOME=$PWD fish --no-config -c 'source fish.script; complete -C "$argv[1]"' "$2" 2>&1 | cut -f1 | sort | tr '\n' ',')
        [ "$got" = "$1" ] || fail "fish: '$2' becomes '$got', wanted '$1'"
    }
    in_fish "detect," "gwspike dete"
    in_fish "--slide-step,--slides," "gwspike background --slide"
    in_fish "a.hdf," "gwspike detect -o a"
    in_fish "c.ini," "gwspike train -c c"
    in_fish "" "gwspike psd b"
    in_fish "d.gwf," "gwspike psd d"
    in_fish "error," "gwspike detect --log-level e"
    in_fish "" "gwspike detect -j "
fi

# zsh completes in a terminal only: one of its own, whose screen is read.
if command -v zsh >/dev/null && zsh -f -c 'zmodload zsh/zpty' 2>/dev/null; then
    zsh -n zsh.script || fail "the script is not zsh"
    mkdir functions
    cp zsh.script functions/_gwspike
    in_zsh()
    {
        timeout 250 zsh -f -c '
            zmodload zsh/zpty
            zpty shell "TERM=dumb zsh -f -i"
            zpty -w shell "fpath=($PWD/functions \$fpath); autoload -U compinit; compinit -u -D; PS1=REA\"\"DY"
            zpty -r -m shell text "*READY*" # which the line editor writes when it begins
            zpty -w -n shell "$1"$'"'\\t'"'
            zpty -r -m shell text "*$2*" && print -r -- $text
            zpty -d shell' zsh "$2" "$1" >screen 2>&1 </dev/null
        grep -q -- "$1" screen || fail "zsh: '$2' becomes $(cat -v screen), wanted '$1'"
    }
    in_zsh "gwspike detect " "gwspike dete"
    in_zsh "gwspike train -c c.ini" "gwspike train -c c"
    in_zsh "gwspike psd d.gwf" "gwspike psd d"
    in_zsh "gwspike background --slide-step" "gwspike background --slide-"
fi
