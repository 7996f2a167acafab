#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds a release in a clone of this checkout, deploys it into a local repository, and lets the examples consume it.
# Usage: release.sh VERSION TARGET     (for instance 0.2.0 /tmp/release)
#
# TARGET/repository is a Maven repository, TARGET/sluice the clone, TARGET/sluice/dist/target has the archive.
# Tests are not run here: a release is made of a commit on which ./mvnw -Pdist verify has passed.
set -eu
version=$1
mkdir -p "$2"
target=$(readlink -f "$2")
checkout=$(cd "$(dirname "$0")/.." && pwd)
[ -z "$(git -C "$checkout" status --porcelain)" ] || { echo "release: the tree is not clean" >&2; exit 1; }
grep -q "^## $version " "$checkout/CHANGELOG.md" || { echo "release: CHANGELOG.md has no section '$version'" >&2; exit 1; }

rm -rf "$target/sluice" "$target/repository"
git clone --quiet "$checkout" "$target/sluice"
cd "$target/sluice"
./mvnw -ntp -q -Pdist -Dwithout.examples org.codehaus.mojo:versions-maven-plugin:2.20.1:set -DnewVersion="$version" \
    -DprocessAllModules=true -DgenerateBackupPoms=false
sed -i "s,<sluice.version>.*</sluice.version>,<sluice.version>$version</sluice.version>," examples/*/pom.xml
git -c user.name=release -c user.email=release@localhost commit --quiet -am "release: $version"

modules=.,protocol,engine,tools,dist
./mvnw -ntp -q -Pdist,release -Dwithout.examples -pl "$modules" -DskipTests -DskipITs deploy \
    -DaltDeploymentRepository="release::file://$target/repository"

# What Maven Central asks for each artifact.
for module in protocol engine tools; do
    artifact=sluice-$module
    base=$target/repository/dev/sluice/$artifact/$version/$artifact-$version
    for suffix in .pom .jar -sources.jar -javadoc.jar -cyclonedx.json; do
        [ -s "$base$suffix" ] || { echo "release: $base$suffix is missing" >&2; exit 1; }
    done
    for element in name description url licenses developers scm; do
        grep -q "<$element>" "$base.pom" || { echo "release: $base.pom has no <$element>" >&2; exit 1; }
    done
    if grep -q '<parent>\|\${' "$base.pom"; then
        echo "release: $base.pom is not flat" >&2
        exit 1
    fi
done

# An adopter has only the coordinates.
cat > "$target/settings.xml" <<END
<settings>
  <profiles>
    <profile>
      <id>release</id>
      <repositories>
        <repository>
          <id>release</id>
          <url>file://$target/repository</url>
        </repository>
      </repositories>
    </profile>
  </profiles>
  <activeProfiles>
    <activeProfile>release</activeProfile>
  </activeProfiles>
</settings>
END
local=${MAVEN_REPO_LOCAL:-$HOME/.m2/repository}
rm -rf "$local"/dev/sluice/*/"$version"
for example in examples/*/; do
    ./mvnw -ntp -q -s "$target/settings.xml" -f "$example/pom.xml" verify
    echo "release: $example built and run with $version from the repository"
done
rm -rf "$local"/dev/sluice/*/"$version"
echo "release: $version is in $target/repository, the archive in $target/sluice/dist/target"
