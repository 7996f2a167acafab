#!/usr/bin/env bash
# Runs the compliance suite of Open Responses, WebSocket cases included, through Sluice with the mock as the model: in
# front of a mock that speaks WebSocket, and in front of one that speaks only HTTP. Uses the network only on the first
# run, for the suite and for npm. Needs git, Node.js with npm, and JDK 17 or later for ./sluice.
#
#   tools/open-responses.sh [native] [bridge]     default: both
#
# OPEN_RESPONSES_DIR is a checkout of the suite (default: cloned from OPEN_RESPONSES_URL at OPEN_RESPONSES_COMMIT, below
# tools/target).
set -euo pipefail
cd "$(dirname "$0")/.."

url="${OPEN_RESPONSES_URL:-https://github.com/openresponses/openresponses}"
commit="${OPEN_RESPONSES_COMMIT:-92c12d96d7b61d6d15e2214daa5e9c6000ab6e1c}"
suite="${OPEN_RESPONSES_DIR:-$PWD/tools/target/open-responses}"
modes=("$@")
[ $# -gt 0 ] || modes=(native bridge)

if [ ! -d "$suite" ]; then
    git clone --quiet "$url" "$suite"
    git -C "$suite" checkout --quiet "$commit"
fi
bun="$PWD/tools/target/bun"
[ -x "$bun/node_modules/.bin/bun" ] || npm install --silent --no-fund --no-audit --prefix "$bun" bun@1 zod@3
[ -e "$suite/node_modules/zod" ] || { mkdir -p "$suite/node_modules" && cp -r "$bun/node_modules/zod" "$suite/node_modules/"; }

work="$(mktemp -d)"
pids=()
trap 'kill "${pids[@]}" 2> /dev/null || true; rm -rf "$work"' EXIT

. tools/await.sh

# relay MODE [MOCK OPTION...]: starts a mock and a relay, whose port is in $port.
relay() {
    local mode="$1"
    shift
    [ "$mode" = bridge ] || set -- --websocket "$@"
    ./sluice mock --port 0 "$@" > "$work/mock.log" 2>&1 &
    pids+=($!)
    local upstream
    upstream="$(await "$work/mock.log" 'listening on http:..127.0.0.1:([0-9]+)')"
    ./sluice serve --upstream "http://127.0.0.1:$upstream/v1" --listen 127.0.0.1:0 --websocket "$mode" \
        > "$work/access.log" 2> "$work/relay.log" &
    pids+=($!)
    port="$(await "$work/relay.log" 'listening on .*127.0.0.1:([0-9]+)')"
}

# cases: runs the cases that are named, by their ids with commas between them.
cases() {
    (cd "$suite" && "$bun/node_modules/.bin/bun" run bin/compliance-test.ts --base-url "http://127.0.0.1:$port/v1" \
        --api-key sk-any --model gpt-5.2-codex --filter "$1")
}

# The case with a tool needs a model that calls it; all others need one that answers with text.
all="$(sed -nE 's/^    id: "([a-z-]+)",$/\1/p' "$suite/src/lib/compliance-tests.ts" | grep -v '^tool-calling' | paste -sd,)"
./sluice --version > /dev/null
for mode in "${modes[@]}"; do
    relay "$mode"
    cases "$all"
    relay "$mode" --kind function_call
    cases tool-calling
done
