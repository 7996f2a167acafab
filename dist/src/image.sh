#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Adds a Java runtime, launch.conf and a class archive to a directory that has bin, etc and lib.
# Usage: image.sh JAVA_HOME DIRECTORY WORK TIMESTAMP
set -eu
jdk=$1 image=$2 work=$3 when=$4
version=$("$jdk/bin/java" -XshowSettings:properties -version 2>&1 | sed -n 's/.*java.specification.version = //p')
rm -rf "$image/runtime" "$work"
mkdir -p "$work"
# gzip makes the archive smaller if jlink has not compressed the modules before.
compress=0
[ "$version" -lt 21 ] || compress=zip-0
"$jdk/bin/jlink" --compress "$compress" --strip-java-debug-attributes --no-header-files --no-man-pages \
    --add-modules java.base,java.logging,java.naming,java.net.http,java.xml,jdk.crypto.ec,jdk.jfr,jdk.management,jdk.unsupported \
    --output "$image/runtime"

main=$(cd "$image/lib" && ls sluice-tools-*.jar)
jars="$main $(cd "$image/lib" && LC_ALL=C ls ./*.jar | sed 's,^\./,,' | grep -vxF "$main" | tr '\n' ' ')"
printf 'version=%s\njars="%s"\n' "$version" "${jars% }" > "$image/lib/launch.conf"
# The class archive records the time of each jar.
find "$image" -name '*.jar' -exec touch -d "$when" {} +

# The classes that the commands load, in the order of their first use.
sluice=$image/bin/sluice
options() { echo "-Xshare:off -XX:DumpLoadedClassList=$work/$1.list"; }
SLUICE_JAVA_OPTS=$(options version) "$sluice" --version > /dev/null
SLUICE_JAVA_OPTS=$(options profiles) "$sluice" profiles > /dev/null
SLUICE_JAVA_OPTS=$(options keys) "$sluice" keys new --label x > /dev/null
SLUICE_JAVA_OPTS=$(options check) OPENAI_API_KEY=x "$sluice" check -c "$image/etc/sluice.yaml" > /dev/null
SLUICE_JAVA_OPTS=$(options demo) "$sluice" demo --pace-ms 0 > /dev/null
# The launcher ends in exec, so the process is the relay.
SLUICE_JAVA_OPTS=$(options serve) "$sluice" serve --upstream https://localhost:1/v1 --listen 127.0.0.1:0 \
    > /dev/null 2> "$work/serve.log" &
relay=$!
until grep -q "listening on" "$work/serve.log"; do
    kill -0 "$relay"
    sleep 0.2
done
sleep 1 # until it handles signals
kill "$relay"
wait "$relay"
cat "$work"/*.list | sed '/^#/d; /source:/!s/ id: [0-9]*$//' | LC_ALL=C awk '!seen[$0]++' > "$work/all.classes"
SLUICE_JAVA_OPTS="-Xshare:dump -XX:SharedClassListFile=$work/all.classes -Xlog:disable -Xlog:all=error:stderr" "$sluice"
chmod 644 "$image/lib/sluice.jsa"
