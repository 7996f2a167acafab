// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools;

import ch.qos.logback.classic.LoggerContext;
import dev.sluice.tools.demo.DemoCommand;
import dev.sluice.tools.load.LoadCommand;
import dev.sluice.tools.mock.MockCommand;
import dev.sluice.tools.serve.CheckCommand;
import dev.sluice.tools.serve.KeysCommand;
import dev.sluice.tools.serve.ProfilesCommand;
import dev.sluice.tools.serve.ServeCommand;
import dev.sluice.tools.serve.UsageCommand;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Entry point of the {@code sluice} command. */
@Command(name = "sluice", description = "A byte-exact streaming relay for the OpenAI Responses API.",
        mixinStandardHelpOptions = true, versionProvider = Main.Version.class, synopsisSubcommandLabel = "COMMAND",
        scope = CommandLine.ScopeType.INHERIT, abbreviateSynopsis = true, exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {"0:The command succeeded.", "1:The command failed; the reason is on standard error.",
            "2:The command line is invalid."})
public final class Main {
    private static final List<Class<?>> COMMANDS = List.of(ServeCommand.class, CheckCommand.class, KeysCommand.class,
            UsageCommand.class, ProfilesCommand.class, MockCommand.class, DemoCommand.class, LoadCommand.class,
            CompletionCommand.class, CommandLine.HelpCommand.class);
    /** The commands that print or complete others. */
    private static final Set<Class<?>> NEED_ALL = Set.of(CompletionCommand.class, CommandLine.HelpCommand.class);

    private Main() {
    }

    /**
     * Runs the command line and exits: with 0 on success, 1 if the command failed, 2 if the arguments are invalid.
     *
     * @param args the command and its options
     */
    public static void main(String[] args) {
        if (System.getProperty("logback.configurationFile") == null) {
            LogSetup.apply();
        }
        int status = commandLine(args.length == 0 ? "" : args[0]).execute(args);
        flushLog();
        System.exit(status);
    }

    /** Writes the log lines that still wait for their appender's thread, for a bounded time. */
    private static void flushLog() {
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
            context.stop();
        }
    }

    /** Returns the command line with all commands. */
    static CommandLine commandLine() {
        return commandLine("");
    }

    /**
     * Returns the command line with the command of this name only, because a relay starts a tenth of a second earlier
     * without the others; with all of them if there is no such command, or if it needs them.
     */
    static CommandLine commandLine(String name) {
        List<Class<?>> named = COMMANDS.stream().filter(command -> !NEED_ALL.contains(command)
                && command.getAnnotation(Command.class).name().equals(name)).toList();
        CommandLine all = new CommandLine(new Main());
        (named.isEmpty() ? COMMANDS : named).forEach(all::addSubcommand);
        return all.setExecutionExceptionHandler(Main::onFailure).setCaseInsensitiveEnumValuesAllowed(true);
    }

    private static int onFailure(Exception failure, CommandLine command, CommandLine.ParseResult parsed) {
        command.getErr().println("sluice: " + failure.getMessage());
        return 1;
    }

    /** A provider of the version, which the build has written into a resource. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            Properties build = new Properties();
            try (InputStream written = Main.class.getResourceAsStream("build.properties")) {
                build.load(written);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return new String[] {"sluice " + build.getProperty("version") + " (commit " + build.getProperty("commit")
                + ")", "java " + System.getProperty("java.runtime.version") + " (" + System.getProperty("java.vm.name")
                + ")"};
        }
    }
}
