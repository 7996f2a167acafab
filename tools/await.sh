# await FILE PATTERN: waits until a process has logged its address, and prints the port. Read by the scripts beside it.
await() {
    for _ in $(seq 300); do
        if grep -qE "$2" "$1" 2> /dev/null; then
            sed -nE "s/.*$2.*/\1/p" "$1" | head -1
            return
        fi
        sleep 0.1
    done
    echo "$1: no address logged after 30 s; its content:" >&2
    cat "$1" >&2
    exit 1
}
