// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import dev.sluice.engine.Relay;
import dev.sluice.engine.spi.Extensions;
import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code sluice serve}. */
@Command(name = "serve", description = "Runs the relay until it is told to stop.",
        mixinStandardHelpOptions = true,
        footer = {"", "SIGTERM or SIGINT drains: running streams go on to their end, for 'timeouts.drain' at most; a",
            "second one stops at once. SIGHUP, or a change of the file, has the configuration read again: as a",
            "whole or, where anything is wrong with it, not at all.", "",
            "Under systemd it says when it is ready (Type=notify, or notify-reload), and takes over the sockets of",
            "a socket unit for the first listeners (NonBlocking=true is needed in the service).", "",
            "One line of JSON per exchange goes to standard output, all else to standard error."})
public final class ServeCommand implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(ServeCommand.class);

    private final ServiceManager manager = new ServiceManager(System::getenv);
    private final AtomicInteger stops = new AtomicInteger();
    private final CountDownLatch stopped = new CountDownLatch(1);

    @Mixin
    private ConfigOptions options;

    @Spec
    private CommandSpec spec;

    private volatile Relay relay;
    private volatile String text;
    private String changed;

    ServeCommand() {
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        text = options.text();
        relay = Relay.launch(manager.withInheritedSockets(options.load(spec.commandLine())),
                Extensions.builder().metricsFormat(new PrometheusFormat()).build());
        // One thread: what changes the relay waits for what changed it before.
        ScheduledExecutorService changes = Executors.newSingleThreadScheduledExecutor(task ->
                new Thread(task, "relay-reload"));
        try {
            boolean isStopping = Signals.on("TERM", this::stop) & Signals.on("INT", this::stop);
            if (!isStopping) {
                Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "relay-stop"));
            }
            Signals.on("HUP", () -> changes.execute(this::onHangup));
            if (options.isFile()) {
                changes.scheduleWithFixedDelay(this::reloadIfChanged, 1, 1, TimeUnit.SECONDS);
            }
            manager.ready();
            stopped.await();
        } finally {
            changes.shutdownNow();
        }
        return 0;
    }

    private void onHangup() {
        if (options.isFile()) {
            reload("SIGHUP");
        } else {
            LOG.info("SIGHUP: the configuration is from the command line, there is nothing to read again");
        }
    }

    /** Whatever happens, the next look comes: a task that throws would be the last. */
    private void reloadIfChanged() {
        try {
            String now = options.text();
            if (!now.equals(text) && now.equals(changed)) { // whoever writes it has come to an end
                reload("the file has changed");
            }
            changed = now;
        } catch (IOException e) {
            LOG.debug("the configuration cannot be read now: {}", e.toString()); // it may be about to be replaced
        } catch (RuntimeException | Error e) {
            LOG.error("the configuration was not looked at", e);
        }
    }

    private void reload(String cause) {
        if (stops.get() > 0) {
            return; // it drains
        }
        try {
            manager.reloading();
            text = options.text(); // before the loading: a change meanwhile is seen next time
            relay.reload(manager.withInheritedSockets(options.load(spec.commandLine())));
            LOG.info("configuration read again ({})", cause);
        } catch (IOException | RuntimeException | StackOverflowError e) { // the last by what is nested too deeply
            LOG.error("configuration not used ({}), it stays as it was: {}", cause,
                    e.getMessage() == null ? e.toString() : e.getMessage());
        } finally {
            if (stops.get() == 0) {
                manager.ready();
            }
        }
    }

    /** Drains the first time, stops at once the second time. */
    private void stop() {
        int count = stops.incrementAndGet();
        if (count == 1) {
            LOG.info("draining; a second signal stops at once");
            manager.stopping();
            relay.drain().join();
        } else if (count == 2) {
            LOG.info("stopping at once");
        }
        if (count <= 2) {
            relay.close();
            if (stopped.getCount() > 0) {
                LOG.info("stopped");
            }
            stopped.countDown();
        }
    }
}
