#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Unpacks a release archive elsewhere and streams through it, with no Java to be found.
# Usage: try-archive.sh ARCHIVE
set -eu
archive=$(readlink -f "$1")
work=$(mktemp -d)
pids=
trap 'kill $pids 2>/dev/null || true; rm -rf "$work"' EXIT
fail() {
    echo "try-archive: $1" >&2
    exit 1
}

mkdir "$work/no-java" "$work/moved here"
printf '#!/bin/sh\necho "a java of the system was run" >&2\nexit 97\n' > "$work/no-java/java"
chmod +x "$work/no-java/java"
export PATH="$work/no-java:$PATH" JAVA_HOME=/nonexistent
unset SLUICE_JAVA_OPTS CLASSPATH || true
tar -xzf "$archive" -C "$work/moved here" --strip-components=1
sluice="$work/moved here/bin/sluice"

"$sluice" --version > "$work/version"
grep -q '^sluice ' "$work/version" || fail "no version"
OPENAI_API_KEY=x "$sluice" check -c "$work/moved here/etc/sluice.yaml" > "$work/check" || fail "the sample is refused"
"$sluice" demo --pace-ms 1 > "$work/demo" || fail "the demo has failed"
grep -q 'sent and received equal' "$work/demo" || fail "the demo shows no equal bytes"

# Most classes come from the class archive, although the directory has moved.
SLUICE_JAVA_OPTS=-Xlog:class+load:file="$work/classes" "$sluice" profiles > /dev/null
shared=$(grep -c 'shared objects file' "$work/classes" || true)
all=$(wc -l < "$work/classes")
[ "$((shared * 10))" -gt "$((all * 8))" ] || fail "$shared of $all classes are from the class archive"

wait_for() { # FILE TEXT
    for _ in $(seq 300); do
        grep -q "$2" "$1" && return
        sleep 0.1
    done
    fail "no '$2' within 30 s: $(cat "$1")"
}
"$sluice" mock --port 0 > "$work/mock" 2>&1 &
pids="$pids $!"
wait_for "$work/mock" 'listening on'
upstream=$(sed -n 's/.*listening on \(http[^ ]*\).*/\1/p' "$work/mock")
"$sluice" serve --upstream "$upstream" --listen 127.0.0.1:0 > "$work/access" 2> "$work/log" &
relay=$!
pids="$pids $relay"
wait_for "$work/log" 'listening on'
port=$(sed -n 's/.*listening on .*:\([0-9]*\).*/\1/p' "$work/log")
"$sluice" load --url "http://127.0.0.1:$port/v1" --streams 2 --seconds 1 --warmup 0 > "$work/load" 2>&1 \
    || fail "the streams are not as the mock sent them: $(cat "$work/load")"
sleep 1
kill "$relay"
wait "$relay" || fail "the relay ended with status $?"
grep -q '"end":"completed"' "$work/access" || fail "no line in the access log"
if grep -qv '^{' "$work/access"; then
    fail "standard output has other lines than the access log"
fi
echo "try-archive: $(sed -n 1p "$work/version"): $shared of $all classes from the archive, streams are equal"
