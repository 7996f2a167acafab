#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks everything in deploy/ with the tools that will read it, and says which of them are missing here.
# Usage: check.sh ARCHIVE
set -eu
archive=$(readlink -f "$1")
deploy=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
checked=0 skipped=0

# has TOOL PACKAGE: returns whether a tool is there, and says so otherwise.
has() {
    command -v "$1" > /dev/null && return
    echo "deploy: skipped what needs $1 (install: $2)"
    skipped=$((skipped + 1))
    return 1
}
ok() {
    checked=$((checked + 1))
    echo "deploy: $1"
}

mkdir "$work/sluice"
tar -xzf "$archive" -C "$work/sluice" --strip-components=1
mkdir "$work/secrets"
echo sk-upstream > "$work/secrets/openai"
echo the-token-of-the-check > "$work/secrets/admin.token"
"$work/sluice/bin/sluice" keys new --label check | sed -n 's/^line  //p' > "$work/secrets/keys.jsonl"
# check_config FILE: checks a configuration whose files are in another place here, and whose ports may be in use.
check_config() {
    sed "s,/etc/sluice/secrets,$work/secrets,; s,/etc/sluice/keys.jsonl,$work/secrets/keys.jsonl,; s,/etc/sluice/admin.token,$work/secrets/admin.token,; s,:8080,:0,; s,:9090,:0," \
        "$1" > "$work/config.yaml"
    "$work/sluice/bin/sluice" check --strict -c "$work/config.yaml" > "$work/out" 2>&1 || { cat "$work/out" >&2; exit 1; }
}

if has systemd-analyze systemd; then
    mkdir "$work/units"
    for unit in sluice.service sluice.socket; do
        sed "s,/opt/sluice/bin/sluice,$work/sluice/bin/sluice,; s,^User=.*,User=root,; s,^Group=.*,Group=root,; s,^WorkingDirectory=.*,WorkingDirectory=/," \
            "$deploy/systemd/$unit" > "$work/units/$unit"
    done
    systemd-analyze verify "$work/units/sluice.service" "$work/units/sluice.socket"
    ok "systemd units verified"
fi

check_config "$deploy/compose/sluice.yaml"
ok "configuration of the compose file checked"
if has promtool "Debian's prometheus"; then
    sed "s,/etc/prometheus/admin.token,$deploy/compose/admin.token,; s,/etc/prometheus/,$deploy/prometheus/," "$deploy/compose/prometheus.yml" > "$work/prometheus.yml"
    promtool check config "$work/prometheus.yml" > /dev/null
    ok "configuration of Prometheus and alert rules checked"
    "$work/sluice/bin/sluice" serve --upstream http://127.0.0.1:1/v1 --listen 127.0.0.1:0 --admin 127.0.0.1:0 \
        > /dev/null 2> "$work/serve.log" &
    relay=$!
    for _ in $(seq 300); do
        ! grep -q 'admin pages on' "$work/serve.log" || break
        sleep 0.1
    done
    admin=$(sed -n 's/.*admin pages on .*:\([0-9]*\).*/\1/p' "$work/serve.log")
    if has curl curl; then
        curl -s "http://127.0.0.1:$admin/metrics" | promtool check metrics
        ok "names and units of the metrics checked"
    fi
    kill "$relay"
    wait "$relay"
fi

if has helm "go install helm.sh/helm/v3/cmd/helm@v3.16.4"; then
    chart=$deploy/helm/sluice
    helm lint --strict "$chart" > "$work/lint" || { cat "$work/lint" >&2; exit 1; }
    # render FILE OPTION...
    render() {
        target=$1
        shift
        helm template sluice "$chart" --kube-version 1.30.0 "$@" > "$target"
    }
    render "$work/default.yaml"
    render "$work/full.yaml" --set autoscaling.enabled=true --set networkPolicy.enabled=true \
        --set networkPolicy.adminFrom[0].podSelector.matchLabels.app=prometheus --set metrics.serviceMonitor=true \
        --set secret.create=true --set secret.data.openai=sk-x
    render "$work/bare.yaml" --set podDisruptionBudget.enabled=false --set metrics.annotations=false --set replicas=1
    # expect FILE KINDS: the sorted kinds of the rendered objects
    expect() {
        found=$(sed -n 's/^kind: //p' "$1" | LC_ALL=C sort | tr '\n' ' ')
        [ "$found" = "$2 " ] || { echo "deploy: $1: $found (expected: $2)" >&2; exit 1; }
    }
    expect "$work/default.yaml" "ConfigMap Deployment PodDisruptionBudget Service Service ServiceAccount"
    expect "$work/full.yaml" "ConfigMap Deployment HorizontalPodAutoscaler NetworkPolicy PodDisruptionBudget Secret Service Service ServiceAccount ServiceMonitor"
    expect "$work/bare.yaml" "ConfigMap Deployment Service Service ServiceAccount"
    # refuse WHAT OPTION...: the chart must not render
    refuse() {
        what=$1
        shift
        if render "$work/none.yaml" "$@" 2> /dev/null; then
            echo "deploy: the chart renders with $what (expected: it refuses that)" >&2
            exit 1
        fi
    }
    refuse "no configuration" --set-json 'config=null'
    refuse "a misspelt value" --set replcas=3
    refuse "a grace period shorter than the drain" --set config.timeouts.drain=10m
    refuse "another admin port" --set config.admin.address=0.0.0.0:9091
    refuse "an admin port without a token" --set-json 'config.admin.token_file=null'
    refuse "another port of the listener" --set-json 'config.listeners=[{"address":"0.0.0.0:9999"}]'
    awk '/^  sluice.yaml: \|/ { inside = 1; next } inside && /^    / { print substr($0, 5); next } inside { exit }' \
        "$work/default.yaml" > "$work/rendered.yaml"
    check_config "$work/rendered.yaml"
    ok "Helm chart linted and rendered, its configuration checked"
fi

if [ "$(id -u)" != 0 ]; then
    echo "deploy: skipped the image (expected: root, for buildah and runc)"
    skipped=$((skipped + 1))
elif has buildah buildah && has mmdebstrap mmdebstrap && has runc runc && has python3 python3; then
    "$deploy/image/build.sh" "$archive" "$work/image.tar"
    "$deploy/image/try-image.sh" "$work/image.tar"
    ok "image built and run"
fi
command -v redis-server > /dev/null \
    || echo "extensions/redis: skipped the tests with a real server (install: Debian's redis-server)"
echo "deploy: $checked checked, $skipped skipped"
