// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import dev.sluice.protocol.request.Profile;
import dev.sluice.protocol.request.Profiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The {@code sluice profiles} command. */
@Command(name = "profiles", description = "Prints, in Markdown, what each request profile refuses and changes.",
        mixinStandardHelpOptions = true)
public final class ProfilesCommand implements Callable<Integer> {
    @Option(names = {"-c", "--config"}, paramLabel = "FILE", description = "Also print the profiles of this file.")
    private Path file;

    @Spec
    private CommandSpec spec;

    ProfilesCommand() {
    }

    @Override
    public Integer call() throws IOException {
        Map<String, Profile> profiles = new LinkedHashMap<>(Profiles.builtIn());
        if (file != null) {
            profiles.putAll(new ConfigLoader(System::getenv).load(file).config().profiles());
        }
        spec.commandLine().getOut().print(ProfileText.sections(profiles.values(), profiles));
        spec.commandLine().getOut().flush();
        return 0;
    }
}
