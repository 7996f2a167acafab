#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Prints the time to the first byte of a request without limits, with limits in memory, and with limits on a Redis server
# on loopback: usage: tools/state-cost.sh [SECONDS]
set -eu
cd "$(dirname "$0")/.."
command -v redis-server > /dev/null || { echo "redis-server: not on the path (Debian: apt-get install redis-server)" >&2; exit 2; }
seconds=${1:-8}
folder=$(mktemp -d)
started=()
trap 'kill "${started[@]}" 2> /dev/null; rm -rf "$folder"' EXIT
./sluice --version

redis-server --port 26379 --bind 127.0.0.1 --save "" --dir "$folder" > "$folder/redis.log" &
started+=($!)
./sluice mock --port 26000 --events 1 > "$folder/mock.log" 2>&1 &
started+=($!)

relay() { # name port limits state
    cat > "$folder/$1.yaml" <<YAML
listeners: [{address: '127.0.0.1:$2'}]
clusters: {up: {endpoints: [{url: 'http://127.0.0.1:26000/v1'}]}}
routes: [{model: '*', cluster: up}]
keys: [{label: k, sha256: $(printf abc | sha256sum | cut -d' ' -f1)$3}]
$4
YAML
    ./sluice serve -c "$folder/$1.yaml" > /dev/null 2> "$folder/$1.log" &
    started+=($!)
}
limits=", requests_per_minute: 100000000, tokens_per_minute: 1000000000"
relay none 26001 "" ""
relay memory 26002 "$limits" ""
relay redis 26003 "$limits" "state: {redis: {url: 'redis://127.0.0.1:26379'}}"
for port in 26000 26001 26002 26003 26379; do
    until (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null; do sleep 0.2; done
done

for run in warm-up 1 2 3; do
    for streams in 1 4; do
        for target in none:26001 memory:26002 redis:26003; do
            ./sluice load --url "http://127.0.0.1:${target#*:}/v1" --key abc --streams $streams --events 1 --warmup 2 \
                --seconds "$seconds" --json "$folder/result.json" > "$folder/load.log" 2>&1
            python3 -c '
import json, sys
result = json.load(open(sys.argv[1]))
first = result["micros"]["first_event"]
print("%-8s limits: %-7s callers: %s  median %5.0f us, p99 %5.0f us, %5.0f requests/s, errors %s" % (sys.argv[2],
      sys.argv[3], sys.argv[4], first["p50"], first["p99"], result["answers"] / result["seconds"], result["errors"]))
' "$folder/result.json" "$run" "${target%:*}" $streams
        done
    done
done
