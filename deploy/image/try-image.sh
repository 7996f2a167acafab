#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs an image as it is meant to run (not as root, read-only, no capability) and streams through it.
# Usage: try-image.sh IMAGE.tar
#
# Needs root, buildah, runc and python3; uses the network of the host.
set -eu
image=$(readlink -f "$1")
work=$(mktemp -d)
export STORAGE_DRIVER="${STORAGE_DRIVER:-vfs}" BUILDAH_ISOLATION="${BUILDAH_ISOLATION:-chroot}"
runtime() {
    runc "$@"
}
name=sluice-try-$$
container=$(buildah from --quiet "docker-archive:$image")
root=$(buildah mount "$container")
clean() {
    for each in mock relay; do
        runtime delete --force "$name-$each" 2>/dev/null || true
    done
    buildah rm "$container" > /dev/null
    rm -rf "$work"
}
trap clean EXIT
fail() {
    echo "try-image: $1" >&2
    cat "$work"/*.log >&2
    exit 1
}

# start NAME ARGUMENT...: runs the image's entry point with the environment of the image and that of try_env.
start() {
    mkdir -p "$work/$1"
    buildah inspect --type container "$container" > "$work/inspect"
    bundle=$work/$1 each=$1
    shift
    python3 - "$work/inspect" "$root" "$bundle/config.json" "${try_env:-}" "$@" <<'PY'
import json
import sys

inspect, root, target, variables, *arguments = sys.argv[1:]
config = json.load(open(inspect))["Docker"]["config"]
user, group = (int(part) for part in config["User"].split(":"))
assert user != 0, "the image runs as root"
assert config["Healthcheck"]["Test"][:2] == ["CMD", "wget"], "the health check is not a command with its arguments"
mounts = [{"destination": "/proc", "type": "proc", "source": "proc"},
          {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev", "mode=1777"]}]
spec = {"ociVersion": "1.0.0", "root": {"path": root, "readonly": True}, "mounts": mounts, "hostname": "",
        "process": {"user": {"uid": user, "gid": group}, "cwd": "/", "noNewPrivileges": True,
                    "args": config["Entrypoint"] + arguments, "env": config["Env"] + variables.split(),
                    "capabilities": {}},
        "linux": {"namespaces": [{"type": "mount"}, {"type": "pid"}, {"type": "ipc"}]}}
del spec["hostname"]
json.dump(spec, open(target, "w"))
PY
    runtime run --bundle "$bundle" "$name-$each" > "$work/$each.log" 2>&1 &
}
wait_for() { # FILE TEXT
    for _ in $(seq 300); do
        grep -q "$2" "$1" && return
        sleep 0.1
    done
    fail "no '$2' within 30 s"
}

start mock mock --port 0
wait_for "$work/mock.log" 'listening on'
upstream=$(sed -n 's/.*listening on \(http[^ ]*\).*/\1/p' "$work/mock.log")
try_env="SLUICE_UPSTREAM=$upstream SLUICE_LISTEN=127.0.0.1:0 SLUICE_ADMIN=127.0.0.1:0"
start relay serve
wait_for "$work/relay.log" 'admin pages on'
port=$(sed -n 's/.*listening on .*:\([0-9]*\).*/\1/p' "$work/relay.log")
admin=$(sed -n 's/.*admin pages on .*:\([0-9]*\).*/\1/p' "$work/relay.log")
runtime exec "$name-relay" sleep 0 || fail "the image has no sleep, which the preStop hook of the Helm chart runs"
runtime exec "$name-relay" wget -q -O /dev/null "http://127.0.0.1:$admin/health/live" || fail "the health check fails"
runtime exec "$name-relay" /opt/sluice/bin/sluice load --url "http://127.0.0.1:$port/v1" --streams 2 --seconds 1 \
    --warmup 0 > "$work/load.log" 2>&1 || fail "the streams are not as the mock sent them"
runtime kill "$name-relay" TERM
wait_for "$work/relay.log" 'stopped'
echo "try-image: $(buildah inspect --type container --format '{{.FromImage}}' "$container"): not root, read-only, streams are equal"
