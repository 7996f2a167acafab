// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import dev.sluice.engine.Relay;
import dev.sluice.engine.spi.Extensions;
import dev.sluice.engine.spi.MetricsSnapshot;
import dev.sluice.otel.OtelExport;
import dev.sluice.otel.OtelSettings;
import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The {@code sluice serve} command. */
@Command(name = "serve", description = "Runs the relay until a signal stops it.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nNotes:%n", footer = {
            "SIGTERM or SIGINT drains: streams in flight run to their end, for at most 'timeouts.drain'. A"
            + " second signal stops the relay at once. SIGHUP, or a change of the file, reloads the configuration; an"
            + " invalid one is rejected as a whole.", "",
            "Under systemd, the relay reports when it is ready (Type=notify or notify-reload). It uses the sockets of a"
            + " socket unit for its first listeners (the service needs NonBlocking=true).", "",
            "Standard output carries one line of JSON per exchange; all else goes to standard error."})
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
    private StateConfig state;
    private OtelSettings otel;
    private StateStores stores;
    private OtelExport export;
    private volatile String text;
    private String changed;

    ServeCommand() {
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        text = options.text();
        LoadedConfig loaded = options.load(spec.commandLine());
        state = loaded.state();
        otel = loaded.otel();
        stores = loaded.openStores();
        export = otel == null ? null : openExport(otel);
        try {
            Extensions.Builder extensions = Extensions.builder()
                    .metricsFormat(stores.metrics(new PrometheusFormat())).accessLog()
                    .accessLogOutput(new AccessLogOutput());
            stores.use(extensions);
            if (export != null) {
                extensions.observer(export.observer());
            }
            relay = loaded.use(config -> Relay.launch(manager.withInheritedSockets(config), extensions.build()));
        } catch (RuntimeException e) {
            closeStores();
            throw e; // with its cause: the relay was not launched
        }
        // One thread, so that each reload waits for the previous one.
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

    private static OtelExport openExport(OtelSettings settings) {
        // OpenTelemetry logs by java.util.logging.
        SLF4JBridgeHandler.removeHandlersForRootLogger();
        SLF4JBridgeHandler.install();
        return OtelExport.open(settings);
    }

    private void closeStores() {
        stores.close();
        if (export != null) {
            export.close();
        }
    }

    private void onHangup() {
        if (options.isFile()) {
            reload("SIGHUP");
        } else {
            LOG.info("SIGHUP: no configuration file (expected: --config); nothing to reload");
        }
    }

    /** Reloads a changed file. Catches every failure, because a scheduled task that throws does not run again. */
    private void reloadIfChanged() {
        try {
            String now = options.text();
            if (!now.equals(text) && now.equals(changed)) { // unchanged since the last check: fully written
                reload("the file has changed");
            }
            changed = now;
        } catch (IOException e) {
            LOG.debug("configuration not readable now: {}", e.toString()); // the file may be about to be replaced
        } catch (RuntimeException | Error e) {
            LOG.error("configuration not checked for changes", e);
        }
    }

    private void reload(String cause) {
        if (stops.get() > 0) {
            return; // draining
        }
        try {
            manager.reloading();
            text = options.text(); // read before loading, so that the next check sees a change in between
            LoadedConfig loaded = options.load(spec.commandLine());
            if (!loaded.state().equals(state)) {
                throw new SettingException(loaded.positions().apply("state"), "state: changed (expected: as it was; a"
                        + " change needs a restart)");
            }
            if (!Objects.equals(loaded.otel(), otel)) {
                throw new SettingException(loaded.positions().apply("otel"), "otel: changed (expected: as it was; a"
                        + " change needs a restart)");
            }
            loaded.use(config -> {
                relay.reload(manager.withInheritedSockets(config));
                return null;
            });
            LOG.info("configuration reloaded ({})", cause);
        } catch (IOException | RuntimeException e) {
            LOG.error("configuration rejected ({}), the previous one stays in use: {}", cause,
                    e.getMessage() == null ? e.toString() : e.getMessage());
        } finally {
            if (stops.get() == 0) {
                manager.ready();
            }
        }
    }

    /** Drains and then stops on the first call; stops at once on the second. */
    private void stop() {
        int count = stops.incrementAndGet();
        if (count == 1) {
            LOG.info("draining; a second signal stops at once");
            manager.stopping();
            relay.drain().join();
            long cut = relay.metrics().gauges().stream().filter(gauge -> gauge.name().equals("exchanges_in_flight"))
                    .mapToLong(MetricsSnapshot.Value::value).sum();
            if (cut > 0) {
                LOG.warn("the drain is over; exchanges that are cut: {}", cut);
            }
        } else if (count == 2) {
            LOG.info("stopping at once");
        }
        if (count <= 2) {
            relay.close();
            closeStores();
            if (stopped.getCount() > 0) {
                LOG.info("stopped");
            }
            stopped.countDown();
        }
    }
}
