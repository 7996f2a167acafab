#!/usr/bin/env bash
# Runs a turn of the Codex CLI, with a tool call, through Sluice, with the mock as the model. Uses the network only for
# npm, on the first run. Needs Node.js with npm, and JDK 17 or later for ./sluice.
#
#   tools/codex-turn.sh [PROFILE ...]     default: openai codex-lb codex-lb-lenient
#
# CODEX_VERSION is the version of the CLI (default: 0.169.0), CODEX_DIR its directory (default: below tools/target).
# CODEX_WEBSOCKET=native or bridge lets the CLI use its WebSocket, in front of a mock that speaks WebSocket, or of one
# that speaks only HTTP. The turn then has to run on one connection, without a word about a reconnect.
# CODEX_TLS=1 uses TLS on both sides of the relay, with certificates from a test authority that this script creates, so
# that both sides speak HTTP/2. It needs openssl.
set -euo pipefail
cd "$(dirname "$0")/.."

version="${CODEX_VERSION:-0.169.0}"
dir="${CODEX_DIR:-$PWD/tools/target/codex-$version}"
profiles=("$@")
[ $# -gt 0 ] || profiles=(openai codex-lb codex-lb-lenient)

command -v npm > /dev/null || { echo "npm: not found (expected: Node.js with npm)" >&2; exit 1; }
mkdir -p "$dir"
[ -x "$dir/node_modules/.bin/codex" ] || npm install --silent --no-fund --no-audit --prefix "$dir" "@openai/codex@$version"

work="$(mktemp -d)"
pids=()
trap 'kill "${pids[@]}" 2> /dev/null || true; rm -rf "$work"' EXIT

# authority DIR: creates a certificate authority and a certificate for localhost.
authority() {
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=Test authority" -keyout "$1/ca.key" -out "$1/ca.pem"
    openssl req -newkey rsa:2048 -nodes -subj "/CN=localhost" -keyout "$1/server.key" -out "$1/server.csr"
    echo "subjectAltName=DNS:localhost" > "$1/server.ext"
    openssl x509 -req -in "$1/server.csr" -CA "$1/ca.pem" -CAkey "$1/ca.key" -CAcreateserial -days 2 \
        -extfile "$1/server.ext" -out "$1/server.pem"
}

websocket="${CODEX_WEBSOCKET:-off}"
supports=false
mock_websocket=()
[ "$websocket" = off ] || supports=true
[ "$websocket" != native ] || mock_websocket=(--websocket)
scheme=http
host=127.0.0.1
mock_tls=()
listener_tls=
cluster_tls=
protocol='"protocol":"http/1.1"'
if [ "${CODEX_TLS:-}" = 1 ]; then
    authority "$work" > /dev/null 2>&1
    scheme=https
    host=localhost
    mock_tls=(--certificate "$work/server.pem" --key "$work/server.key")
    listener_tls=", tls: {certificate: $work/server.pem, key: $work/server.key}"
    cluster_tls=", ca_file: $work/ca.pem"
    protocol='"protocol":"h2"'
    export SSL_CERT_FILE="$work/ca.pem" CODEX_CA_CERTIFICATE="$work/ca.pem"
fi

[ "$websocket" = off ] || protocol='"protocol":"websocket"'

. tools/await.sh

# turn PROFILE MODEL TOOL INPUT: runs one turn of the CLI, which must run the tool and then print the mock's message.
turn() {
    ./sluice mock --port 0 "${mock_tls[@]}" "${mock_websocket[@]}" --kind tool_turn --tool "$3" --tool-input "$4" --events 12 > "$work/mock.log" 2>&1 &
    pids+=($!)
    local upstream relay
    upstream="$(await "$work/mock.log" 'listening on https?:..127.0.0.1:([0-9]+)')"
    cat > "$work/sluice.yaml" <<YAML
listeners: [{address: '127.0.0.1:0'$listener_tls}]
clusters: {mock: {endpoints: [{url: '$scheme://$host:$upstream/v1'}], websocket: '$websocket'$cluster_tls}}
routes: [{model: 'gpt-*', cluster: mock, profile: $1}]
YAML
    ./sluice serve -c "$work/sluice.yaml" > "$work/access.log" 2> "$work/relay.log" &
    pids+=($!)
    relay="$(await "$work/relay.log" 'listening on .*127.0.0.1:([0-9]+)')"
    mkdir -p "$work/home" "$work/project"
    (cd "$work/project" && SLUICE_KEY=sk-any CODEX_HOME="$work/home" timeout 120 "$dir/node_modules/.bin/codex" exec \
        --skip-git-repo-check --ephemeral --json -m "$2" -c 'model_provider="sluice"' \
        -c "model_providers.sluice={name=\"sluice\",base_url=\"$scheme://$host:$relay/v1\",env_key=\"SLUICE_KEY\",supports_websockets=$supports}" \
        "hi" < /dev/null > "$work/codex.json" 2> "$work/codex.err") || true
    kill "${pids[@]}" 2> /dev/null || true
    wait "${pids[@]}" 2> /dev/null || true
    pids=()
    if [ "$websocket" != off ] && { grep -q 'Reconnecting\|Falling back' "$work/codex.json" "$work/codex.err" \
            || [ "$(grep -c '"status":101' "$work/access.log")" != 1 ]; }; then
        echo "FAIL  $1  $2: more than one connection" >&2
        cat "$work/codex.json" "$work/codex.err" "$work/access.log" >&2
        exit 1
    fi
    if grep -q '"type":"turn.completed"' "$work/codex.json" && grep -q 'tool says' "$work/codex.json" \
            && grep -q 'The quick brown fox' "$work/codex.json" && grep -q "$protocol" "$work/access.log" && [ "$(grep -c '"status":200' "$work/access.log")" -ge 2 ]; then
        echo "ok    $1  $2: $(grep -c '"status":200' "$work/access.log") requests relayed, tool $3 called, turn completed, $protocol"
        return
    fi
    echo "FAIL  $1  $2" >&2
    cat "$work/codex.json" "$work/codex.err" "$work/relay.log" "$work/access.log" >&2
    exit 1
}

for profile in "${profiles[@]}"; do
    turn "$profile" gpt-5.5 exec_command '{"cmd":"echo tool says hi"}'
    turn "$profile" gpt-5.6-sol exec 'text(await tools.exec_command({cmd: "echo tool says hi"}))'
done
