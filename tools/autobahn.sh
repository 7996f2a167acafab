#!/usr/bin/env bash
# Runs the Autobahn test suite against the WebSocket frames of Sluice, in a server that returns each message. The cases
# about compression are left out, because it is never accepted. Uses the network only for pip, on the first run. Needs
# Python 2.7 with pip, the only version for which the suite is released, and JDK 17 or later with a built checkout.
#
#   PYTHON2=/path/to/python2.7 tools/autobahn.sh [CASES]     default: all but 12.* and 13.*
#
# AUTOBAHN_DIR is the directory of the suite (default: below tools/target).
set -euo pipefail
cd "$(dirname "$0")/.."

python="${PYTHON2:-python2.7}"
dir="${AUTOBAHN_DIR:-$PWD/tools/target/autobahn}"
cases="${1:-*}"

mkdir -p "$dir"
[ -d "$dir/autobahntestsuite" ] || "$python" -m pip install --quiet --target "$dir" autobahntestsuite==0.8.2
touch "$dir/zope/__init__.py" # a namespace package, which --target leaves without its .pth file
[ -d protocol/target/test-classes/dev/sluice ] || ./mvnw -q -B -pl protocol test-compile

work="$(mktemp -d)"
trap 'kill "$server" 2> /dev/null || true; rm -rf "$work"' EXIT
port=$((20000 + RANDOM % 20000))
netty="$(find "${MAVEN_REPO:-$HOME/.m2/repository}/io/netty" -name 'netty-buffer-4.2*.jar' -o -name 'netty-common-4.2*.jar' | tr '\n' ':')"
java -cp "protocol/target/test-classes:protocol/target/classes:$netty" dev.sluice.protocol.websocket.EchoServer "$port" \
    > "$work/server.log" 2>&1 &
server=$!
for _ in $(seq 100); do grep -q listening "$work/server.log" 2> /dev/null && break; sleep 0.1; done

cat > "$work/spec.json" <<JSON
{"outdir": "$work/reports", "cases": ["$cases"], "exclude-cases": ["12.*", "13.*"], "exclude-agent-cases": {},
 "options": {"failByDrop": false}, "servers": [{"agent": "sluice", "url": "ws://127.0.0.1:$port"}]}
JSON
PYTHONPATH="$dir" "$python" -c 'from autobahntestsuite.wstest import run; run()' -m fuzzingclient -s "$work/spec.json" \
    > "$work/suite.log" 2>&1 || { tail -20 "$work/suite.log" >&2; exit 1; }
python3 - "$work/reports/index.json" <<'PY'
import collections
import json
import sys

results = json.load(open(sys.argv[1]))["sluice"]
print("%d cases: %s" % (len(results), dict(collections.Counter(each["behavior"] for each in results.values()))))
bad = {name: each for name, each in results.items() if each["behavior"] not in ("OK", "NON-STRICT", "INFORMATIONAL")
       or each["behaviorClose"] not in ("OK", "INFORMATIONAL")}
for name, each in sorted(bad.items()):
    print("FAIL  %s: %s, close %s" % (name, each["behavior"], each["behaviorClose"]))
sys.exit(1 if bad or not results else 0)
PY
