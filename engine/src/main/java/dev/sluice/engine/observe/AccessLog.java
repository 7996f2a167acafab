// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.observe;

import dev.sluice.engine.config.AccessLogConfig;
import dev.sluice.engine.config.ConfigException;
import dev.sluice.engine.spi.ExchangeObserver;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The access log: the lines of all exchanges, at level INFO of the logger {@value #LOGGER}.
 *
 * <p>Event loops add lines to a bounded queue, and one thread writes them. If the log's output blocks (a pipe that no
 * process reads, a slow disk), the queue fills up and further lines are dropped and counted; no event loop waits.
 *
 * <p><b>Threading:</b> any. The writing thread is a daemon; it starts with the first line.
 */
public final class AccessLog implements AutoCloseable {
    /** The logger's name. */
    public static final String LOGGER = "dev.sluice.access";

    private static final Logger LOG = LoggerFactory.getLogger(LOGGER);
    private static final Logger OWN_LOG = LoggerFactory.getLogger(AccessLog.class);
    private static final int MAX_QUEUED_LINES = 8192;
    private static final long MAX_CLOSE_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final int maxQueuedLines;
    private final Consumer<String> target;
    private final Queue<String> lines = new ConcurrentLinkedQueue<>();
    private final BooleanSupplier isOn;
    private final Consumer<Path> output;
    private volatile AccessLogConfig config = AccessLogConfig.DEFAULT;
    private volatile boolean isToFile;
    private final AtomicInteger queued = new AtomicInteger();
    private final LongAdder dropped = new LongAdder();
    private volatile Thread writer;
    private boolean hasFailed; // used by the writer only
    private volatile boolean isClosed;

    /**
     * Creates a log whose lines go to the logger.
     *
     * @param output switches the logger's output to a file, or back for null; null if that cannot be switched
     */
    public AccessLog(Consumer<Path> output) {
        this(MAX_QUEUED_LINES, LOG::info, LOG::isInfoEnabled, output);
    }

    /**
     * @param maxQueuedLines the number of lines that may wait
     * @param target         writes a line; may block
     */
    AccessLog(int maxQueuedLines, Consumer<String> target) {
        this(maxQueuedLines, target, () -> true, null);
    }

    private AccessLog(int maxQueuedLines, Consumer<String> target, BooleanSupplier isOn, Consumer<Path> output) {
        this.isOn = isOn;
        this.output = output;
        this.maxQueuedLines = maxQueuedLines;
        this.target = target;
    }

    /** Returns an observer that writes one line for each exchange. */
    public ExchangeObserver observer() {
        return new AccessLogObserver(this);
    }

    /**
     * Checks that a configuration can be used.
     *
     * @throws IllegalArgumentException if it has a file, and the output cannot be switched
     */
    public void check(AccessLogConfig next) {
        if (next.file() != null && output == null) {
            throw new ConfigException("access_log.file", "access_log.file: " + next.file() + " (expected: none, because"
                    + " the logging of this process decides)");
        }
    }

    /**
     * Applies a configuration.
     *
     * @throws IllegalArgumentException if its file cannot be written, and then nothing changes
     */
    public synchronized void use(AccessLogConfig next) {
        use(next, next.file() != null);
    }

    /**
     * Applies a configuration, with or without its file.
     *
     * @throws IllegalArgumentException if its file cannot be written, and then nothing changes
     */
    public synchronized void use(AccessLogConfig next, boolean toFile) {
        check(next);
        Path file = toFile ? next.file() : null;
        if (!Objects.equals(file, isToFile ? config.file() : null)) {
            output.accept(file);
        }
        config = next;
        isToFile = toFile;
    }

    /** {@return the configuration in use} */
    public AccessLogConfig config() {
        return config;
    }

    /** {@return whether lines go to the file of the configuration} */
    public boolean isToFile() {
        return isToFile;
    }

    /** {@return whether lines are written at all} */
    public boolean isEnabled() {
        return config.level() != AccessLogConfig.Level.OFF && isOn.getAsBoolean();
    }

    /**
     * Returns whether an exchange has a line.
     *
     * @param isError whether it has an error
     */
    boolean isWanted(boolean isError) {
        AccessLogConfig now = config;
        boolean isSampled = now.level() == AccessLogConfig.Level.ALL && (now.sample() >= 1
                || ThreadLocalRandom.current().nextDouble() < now.sample());
        return isEnabled() && (isError || isSampled);
    }

    /**
     * Queues a line, or drops it if too many are queued. Never blocks.
     *
     * @param line without a line end
     */
    public void write(String line) {
        if (isClosed) {
            dropped.increment();
            return;
        }
        if (queued.incrementAndGet() > maxQueuedLines) {
            queued.decrementAndGet();
            dropped.increment();
            return;
        }
        lines.add(line);
        Thread running = writer;
        LockSupport.unpark(running == null ? startWriter() : running);
    }

    private synchronized Thread startWriter() {
        if (writer == null) {
            Thread started = new Thread(this::writeLines, "relay-access-log");
            started.setDaemon(true);
            started.start();
            writer = started;
        }
        return writer;
    }

    private void writeLines() {
        while (true) {
            String line = lines.poll();
            if (line != null) {
                queued.decrementAndGet();
                writeLine(line);
            } else if (isClosed) {
                return;
            } else {
                LockSupport.park(this);
            }
        }
    }

    private void writeLine(String line) {
        try {
            target.accept(line);
        } catch (RuntimeException e) { // a failing appender of the embedder's must not end the access log
            dropped.increment();
            if (!hasFailed) {
                hasFailed = true;
                OWN_LOG.error("the access log could not write a line; further failures are only counted", e);
            }
        }
    }

    /** {@return the number of lines that were dropped, because the output failed or did not keep up} */
    public long droppedLines() {
        return dropped.sum();
    }

    /** Writes the queued lines, for at most two seconds, and stops. */
    @Override
    public void close() {
        isClosed = true;
        Thread running = writer;
        if (running == null) {
            return;
        }
        LockSupport.unpark(running);
        try {
            running.join(TimeUnit.NANOSECONDS.toMillis(MAX_CLOSE_NANOS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
