# The program and the library are built to withstand.  Truth: the ELF files, read as hardening-check does; that tool itself where it is.
[ "$(uname -s)" = Linux ] || { echo "skipped: reads ELF"; exit 77; }
command -v readelf >/dev/null || { echo "skipped: no readelf"; exit 77; }
if grep -q -E '__asan_init|__ubsan' "$G"; then
    echo "skipped: a sanitized build has checks of its own"
    exit 77
fi
G=$(readlink -f "$G")
lib=$(readlink -f "$(dirname "$G")/libgwspike.so")
for file in "$G" "$lib"; do
    [ -f "$file" ] || continue
    name=${file##*/}
    readelf -hW "$file" | grep -q 'Type: *DYN' || fail "$name is not position-independent"
    readelf -lW "$file" | grep -q GNU_RELRO || fail "$name: no RELRO"
    readelf -dW "$file" | grep -q -E 'BIND_NOW|Flags:.*NOW' || fail "$name: RELRO is not full"
    readelf -lW "$file" | grep 'GNU_STACK' | grep -q ' RW ' || fail "$name: the stack can be executed"
    readelf -lW "$file" | grep 'LOAD' | grep -q ' RWE ' && fail "$name: memory that can be written can be executed"
    readelf -sW "$file" | grep -q __stack_chk_fail || fail "$name: no stack protector"
    if "$G" version -v | grep -q 'build type \(release\|debugoptimized\)'; then
        readelf -sW "$file" | grep -q -E '__(mem|str|v?sn?printf|v?fprintf)[a-z]*_chk' || fail "$name: no fortified functions"
    fi
    if command -v hardening-check >/dev/null; then
        # control flow: Debian 12's own crt1.o is not built for it, so the linker leaves the note out whatever is compiled here
        hardening-check --nocfprotection "$file" >report 2>&1 || fail "hardening-check: $(cat report)"
    fi
done
readelf -dW "$G" | grep -q 'Flags:.*PIE' || fail "the program is not a PIE"
