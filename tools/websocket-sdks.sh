#!/usr/bin/env bash
# Runs the WebSocket clients of openai-node and openai-python through Sluice, with the mock as the model: once in front
# of a mock that speaks WebSocket, and once in front of one that speaks only HTTP. Uses the network only for npm and pip,
# on the first run. Needs Node.js with npm, Python 3 with venv, and JDK 17 or later for ./sluice.
#
#   tools/websocket-sdks.sh [native] [bridge]     default: both
#
# OPENAI_NODE and OPENAI_PYTHON are the versions (default: 7.57.0 and 3.57.0), SDK_DIR their directory (default: below
# tools/target).
set -euo pipefail
cd "$(dirname "$0")/.."

node="${OPENAI_NODE:-7.57.0}"
python="${OPENAI_PYTHON:-3.57.0}"
dir="${SDK_DIR:-$PWD/tools/target/websocket-sdks-$node-$python}"
modes=("$@")
[ $# -gt 0 ] || modes=(native bridge)

mkdir -p "$dir"
[ -d "$dir/node_modules/openai" ] || npm install --silent --no-fund --no-audit --prefix "$dir" "openai@$node" ws
[ -x "$dir/venv/bin/python" ] || { python3 -m venv "$dir/venv" && "$dir/venv/bin/pip" -q install "openai[realtime]==$python"; }
cp tools/websocket-sdks/sdk.mjs tools/websocket-sdks/sdk.py "$dir/" # beside the packages, where Node.js finds them

work="$(mktemp -d)"
pids=()
trap 'kill "${pids[@]}" 2> /dev/null || true; rm -rf "$work"' EXIT

. tools/await.sh

# relay MODE: starts a mock and a relay, whose process and port are in $relay and $port.
relay() {
    local websocket=()
    [ "$1" = bridge ] || websocket=(--websocket)
    ./sluice mock --port 0 "${websocket[@]}" > "$work/mock.log" 2>&1 &
    pids+=($!)
    local upstream
    upstream="$(await "$work/mock.log" 'listening on http:..127.0.0.1:([0-9]+)')"
    ./sluice serve --upstream "http://127.0.0.1:$upstream/v1" --listen 127.0.0.1:0 --websocket "$1" \
        > "$work/access.log" 2> "$work/relay.log" &
    relay=$!
    pids+=("$relay")
    port="$(await "$work/relay.log" 'listening on .*127.0.0.1:([0-9]+)')"
}

./sluice --version > /dev/null
for mode in "${modes[@]}"; do
    relay "$mode"
    node "$dir/sdk.mjs" "http://127.0.0.1:$port/v1" "$mode" "$relay"
    relay "$mode"
    "$dir/venv/bin/python" "$dir/sdk.py" "http://127.0.0.1:$port/v1" "$mode" "$relay"
done
