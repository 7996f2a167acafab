// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import org.slf4j.LoggerFactory;

/**
 * The configuration of the log of the {@code sluice} command. It is code, because Logback takes a tenth of a second to
 * read one from XML. {@code -Dlogback.configurationFile} replaces it.
 *
 * <p>Standard output carries the access log and nothing else: one line of JSON per exchange. Everything else goes to
 * standard error, by way of a bounded queue: a process that does not read standard error must not stop the event loops,
 * so lines that do not fit are dropped. The access log has a queue of its own in the engine, which counts what it
 * drops.
 */
final class LogSetup {
    private static final String TIME_AND_LEVEL = "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %-5level %msg%n";
    private static final int QUEUE_LINES = 4096;
    private static final int SHORT_QUEUE_LINES = 256;
    /** If fewer places are free in the short queue, only warnings and errors are kept. */
    private static final int SHORT_QUEUE_RESERVE = 50;

    private LogSetup() {
    }

    /** Configures the log. Does nothing if SLF4J uses another library. */
    static void apply() {
        if (!(LoggerFactory.getILoggerFactory() instanceof LoggerContext context)) {
            return;
        }
        context.reset();
        Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        root.setLevel(Level.WARN);
        root.addAppender(async(context, "ASYNC", QUEUE_LINES, 0, console(context, "LOG", "System.err",
                TIME_AND_LEVEL)));
        Logger access = context.getLogger("dev.sluice.access");
        access.setLevel(level("SLUICE_ACCESS_LOG"));
        access.setAdditive(false);
        access.addAppender(console(context, "ACCESS", "System.out", "%msg%n"));
        context.getLogger("dev.sluice").setLevel(level("SLUICE_LOG_LEVEL"));
        // Lettuce warns of its choice of a transport at each start.
        context.getLogger("io.lettuce.core.resource.Transports").setLevel(Level.ERROR);
        // A collector that is gone is no reason for a stack trace every few seconds.
        Logger telemetry = context.getLogger("io.opentelemetry");
        telemetry.setLevel(Level.WARN);
        telemetry.setAdditive(false);
        telemetry.addAppender(async(context, "ASYNC_SHORT", SHORT_QUEUE_LINES, SHORT_QUEUE_RESERVE,
                console(context, "SHORT", "System.err", TIME_AND_LEVEL + "%nopex")));
    }

    /** Returns the level that a system property or an environment variable names; INFO if neither does. */
    private static Level level(String name) {
        return Level.toLevel(System.getProperty(name, System.getenv(name)), Level.INFO);
    }

    private static ConsoleAppender<ILoggingEvent> console(LoggerContext context, String name, String target,
            String pattern) {
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern(pattern);
        encoder.start();
        ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
        appender.setContext(context);
        appender.setName(name);
        appender.setTarget(target);
        appender.setEncoder(encoder);
        appender.start();
        return appender;
    }

    /**
     * @param discardingThreshold number of free places below which lines up to INFO are dropped
     */
    private static AsyncAppender async(LoggerContext context, String name, int lines, int discardingThreshold,
            ConsoleAppender<ILoggingEvent> target) {
        AsyncAppender appender = new AsyncAppender();
        appender.setContext(context);
        appender.setName(name);
        appender.setQueueSize(lines);
        appender.setDiscardingThreshold(discardingThreshold);
        appender.setNeverBlock(true);
        appender.addAppender(target);
        appender.start();
        return appender;
    }
}
