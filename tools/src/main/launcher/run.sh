# SPDX-License-Identifier: Apache-2.0
# The part of the launcher that a checkout and the release archive share; to be sourced.
# Takes: java (the command), version (17, 25 ...), classpath, archive (of classes), more_flags, the last two of which may
# be empty, and the arguments of sluice.

# From JDK 24 on, Netty's buffers and native libraries need these flags. JDK 17 lacks the first one.
flags=
if [ "$version" -ge 24 ]; then
    flags="--sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED"
fi
if [ "$version" -ge 25 ]; then
    flags="$flags -XX:+UseCompactObjectHeaders"
fi
# bench/README.md has the costs and benefits of these flags. A collector in SLUICE_JAVA_OPTS replaces this one.
collector=-XX:+UseSerialGC
young=-Xmn32m # only for this collector; another one should size its young generation itself
for option in ${SLUICE_JAVA_OPTS:-}; do
    case $option in
        -XX:+Use*GC) collector= young= ;;
    esac
done
flags="$flags $collector"
if [ "${1:-}" = serve ]; then
    # Netty asks the flight recorder whether to report buffers, which takes a twentieth of a second at the start.
    flags="$flags $young -Dio.netty.leakDetection.level=disabled -Dio.netty.jfr.enabled=false"
fi
# SLUICE_JAVA_OPTS adds JVM flags, such as -Xmx2g. Of two conflicting flags, the last one takes effect.
set -f # words are split below, but no word is a pattern of file names
# shellcheck disable=SC2086
exec "$java" $flags ${archive:+"-XX:SharedArchiveFile=$archive"} $more_flags ${SLUICE_JAVA_OPTS:-} \
    -cp "$classpath" dev.sluice.tools.Main "$@"
