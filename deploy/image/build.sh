#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds an OCI image of a release archive without a Docker daemon, and writes it to a tar file.
# Usage: build.sh ARCHIVE OUTPUT     (sluice-VERSION-linux-x86_64.tar.gz, and for instance sluice-image.tar)
#
# Needs buildah, mmdebstrap and the Debian package mirror; run it as root or within `buildah unshare`.
# Load the result with: docker load -i OUTPUT, or podman load -i OUTPUT.
set -eu
archive=$(readlink -f "$1")
output=$(readlink -f "$2")
here=$(cd "$(dirname "$0")" && pwd)
version=$(basename "$archive" | sed 's/^sluice-\(.*\)-linux-x86_64.tar.gz$/\1/')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export STORAGE_DRIVER="${STORAGE_DRIVER:-vfs}" BUILDAH_ISOLATION="${BUILDAH_ISOLATION:-chroot}" BUILDAH_FORMAT=docker

# The C and C++ libraries and a shell with wget (busybox), the authorities and the time zones: nothing else of Debian.
mmdebstrap --quiet --variant=extract --include=libc6,libstdc++6,zlib1g,busybox-static,ca-certificates,tzdata,netbase \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' bookworm "$work/root" > /dev/null
"$here/root.sh" "$work/root" "$archive"

container=$(buildah from scratch)
buildah copy --quiet "$container" "$work/root" / > /dev/null
buildah config --user 65532:65532 --workingdir / --port 8080 --stop-signal SIGTERM \
    --entrypoint '["/opt/sluice/bin/sluice"]' --cmd serve \
    --env PATH=/opt/sluice/bin:/usr/bin:/bin --env SLUICE_LISTEN=127.0.0.1:8080 --env SLUICE_ADMIN=127.0.0.1:9090 \
    --healthcheck 'CMD wget -q -O /dev/null http://127.0.0.1:9090/health/live' \
    --healthcheck-interval 10s --healthcheck-timeout 3s --healthcheck-start-period 10s \
    --label org.opencontainers.image.title=sluice --label "org.opencontainers.image.version=$version" \
    --label org.opencontainers.image.licenses=Apache-2.0 \
    --label 'org.opencontainers.image.description=A byte-exact streaming relay for the OpenAI Responses API' \
    "$container"
buildah commit --quiet --rm "$container" "sluice:$version" > /dev/null
rm -f "$output"
buildah push --quiet "sluice:$version" "docker-archive:$output:sluice:$version"
echo "$output: sluice:$version, $(du -m "$output" | cut -f1) MB"
