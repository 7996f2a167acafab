// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.FileAppender;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.Consumer;
import org.slf4j.LoggerFactory;

/** The switch of the access log between standard output and a file. Used by one thread at a time. */
final class AccessLogOutput implements Consumer<Path> {
    private static final String LOGGER = "dev.sluice.access";
    private static final String STANDARD = "ACCESS";
    private static final String FILE = "ACCESS_FILE";

    private Appender<ILoggingEvent> standard;
    private Appender<ILoggingEvent> current; // null until the first switch

    @Override
    public void accept(Path file) {
        if (!(LoggerFactory.getILoggerFactory() instanceof LoggerContext context)) {
            throw new IllegalStateException("access_log: another logging library (expected: Logback)");
        }
        Logger access = context.getLogger(LOGGER);
        if (standard == null) {
            standard = access.getAppender(STANDARD);
        }
        if (file != null) {
            requireWritable(file);
        }
        Appender<ILoggingEvent> next = file == null ? standard : newAppender(context, file);
        Appender<ILoggingEvent> before = current != null ? current : standard;
        if (next != null) {
            access.addAppender(next); // before the other one goes, so that no line is lost
        }
        if (before != null && before != next) {
            access.detachAppender(before);
            if (before != standard) {
                before.stop();
            }
        }
        current = next;
    }

    private static Appender<ILoggingEvent> newAppender(LoggerContext context, Path file) {
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern("%msg%n");
        encoder.start();
        FileAppender<ILoggingEvent> appender = new FileAppender<>();
        appender.setContext(context);
        appender.setName(FILE);
        appender.setFile(file.toString());
        appender.setEncoder(encoder);
        appender.start();
        return appender;
    }

    private static void requireWritable(Path file) {
        try {
            Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND).close();
        } catch (IOException e) {
            throw new IllegalArgumentException("access_log.file: " + file + " cannot be written (expected: a file to"
                    + " which lines can be appended)", e);
        }
    }
}
