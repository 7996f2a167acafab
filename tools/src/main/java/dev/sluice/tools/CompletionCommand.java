// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The {@code sluice completion} command. */
@Command(name = "completion", description = "Prints a script that completes the command line in bash and zsh.",
        mixinStandardHelpOptions = true, footerHeading = "%nNotes:%n", footer = {"To use it in the current shell:", "",
            "  source <(sluice completion)"})
final class CompletionCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    CompletionCommand() {
    }

    @Override
    public Integer call() {
        spec.commandLine().getOut().print(AutoComplete.bash("sluice", spec.root().commandLine()));
        spec.commandLine().getOut().flush();
        return 0;
    }
}
