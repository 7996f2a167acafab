#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Puts a release archive into the root file system of an image. Usage: root.sh ROOT ARCHIVE
set -eu
root=$1 archive=$2
mkdir -p "$root/opt/sluice" "$root/etc/sluice" "$root/tmp" "$root/bin"
chmod 1777 "$root/tmp"
tar -xzf "$archive" -C "$root/opt/sluice" --strip-components=1
rm -rf "$root/opt/sluice/share"
# mmdebstrap extracts packages without running their scripts: link what those would make.
busybox=$(ls "$root/bin/busybox" "$root/usr/bin/busybox" 2>/dev/null | head -n 1)
for name in sh sed readlink ls cat sleep wget; do
    [ -e "$(dirname "$busybox")/$name" ] || ln -s busybox "$(dirname "$busybox")/$name"
done
mkdir -p "$root/etc/ssl/certs"
find "$root/usr/share/ca-certificates" -name '*.crt' -exec cat {} + > "$root/etc/ssl/certs/ca-certificates.crt"
# Of the machine that builds, which the packages' tool has copied; and /etc/hosts before the DNS.
rm -f "$root/etc/resolv.conf" "$root/etc/hostname"
printf 'hosts: files dns\n' > "$root/etc/nsswitch.conf"
printf 'root:x:0:0:root:/:/sbin/nologin\nsluice:x:65532:65532:sluice:/:/sbin/nologin\n' > "$root/etc/passwd"
printf 'root:x:0:\nsluice:x:65532:\n' > "$root/etc/group"
