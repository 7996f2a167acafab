#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints docs/command-line.md: the help of every command, as the commands print it.
set -eu
sluice=$(dirname "$0")/../sluice
cat <<'END'
# Command line

`./sluice COMMAND` runs a command from a checkout; the first run builds it. In an unpacked release, it is `bin/sluice`.
`sluice completion` prints the completion for bash and zsh. Variables of the environment are listed in
[Configuration](configuration.md#environment).

`docs/command-line.sh > docs/command-line.md` writes this page.
END
for command in "" serve check keys "keys new" "keys list" "keys limit" "keys revoke" usage profiles mock load demo completion; do
    printf '\n## `sluice%s`\n\n```text\n' "${command:+ $command}"
    # shellcheck disable=SC2086
    "$sluice" $command --help
    printf '```\n'
done
