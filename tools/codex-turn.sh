#!/usr/bin/env bash
# Lets the Codex CLI complete a turn with a tool call through Sluice, with the mock as the model. No network is used
# but for npm, the first time. Needs Node.js with npm, and a JDK 17 for ./sluice.
#
#   tools/codex-turn.sh [PROFILE ...]     default: openai codex-lb codex-lb-lenient
#
# CODEX_VERSION chooses the CLI (default 0.169.0), CODEX_DIR where it is installed (default: below tools/target).
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

# await FILE PATTERN: waits until a process has said where it listens, and prints the port.
await() {
    for _ in $(seq 300); do
        if grep -qE "$2" "$1" 2> /dev/null; then
            sed -nE "s/.*$2.*/\1/p" "$1" | head -1
            return
        fi
        sleep 0.1
    done
    echo "nothing listens; $1 says:" >&2
    cat "$1" >&2
    exit 1
}

# turn PROFILE MODEL TOOL INPUT: one turn of the CLI, which must run the tool and then say what the mock says.
turn() {
    ./sluice mock --port 0 --kind tool_turn --tool "$3" --tool-input "$4" --events 12 > "$work/mock.log" 2>&1 &
    pids+=($!)
    local upstream relay
    upstream="$(await "$work/mock.log" 'listening on http:..127.0.0.1:([0-9]+)')"
    cat > "$work/sluice.yaml" <<YAML
listeners: [{address: '127.0.0.1:0'}]
clusters: {mock: {endpoints: [{url: 'http://127.0.0.1:$upstream/v1'}]}}
routes: [{model: 'gpt-*', cluster: mock, profile: $1}]
YAML
    ./sluice serve -c "$work/sluice.yaml" > "$work/access.log" 2> "$work/relay.log" &
    pids+=($!)
    relay="$(await "$work/relay.log" 'listening on .*127.0.0.1:([0-9]+)')"
    mkdir -p "$work/home" "$work/project"
    (cd "$work/project" && SLUICE_KEY=sk-any CODEX_HOME="$work/home" timeout 120 "$dir/node_modules/.bin/codex" exec \
        --skip-git-repo-check --ephemeral --json -m "$2" -c 'model_provider="sluice"' \
        -c "model_providers.sluice={name=\"sluice\",base_url=\"http://127.0.0.1:$relay/v1\",env_key=\"SLUICE_KEY\"}" \
        "hi" < /dev/null > "$work/codex.json" 2> "$work/codex.err") || true
    kill "${pids[@]}" 2> /dev/null || true
    wait "${pids[@]}" 2> /dev/null || true
    pids=()
    if grep -q '"type":"turn.completed"' "$work/codex.json" && grep -q 'tool says' "$work/codex.json" \
            && grep -q 'The quick brown fox' "$work/codex.json" && [ "$(grep -c '"status":200' "$work/access.log")" -ge 2 ]; then
        echo "ok    $1  $2: $(grep -c '"status":200' "$work/access.log") requests relayed, tool $3 called, turn completed"
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
