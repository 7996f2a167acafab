// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import dev.sluice.engine.Relay;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.spi.Extensions;
import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code sluice serve}. */
@Command(name = "serve", description = "Runs the relay until it is told to stop (SIGTERM or SIGINT); then it drains.",
        mixinStandardHelpOptions = true,
        footer = {"", "One line of JSON per exchange goes to standard output, all else to standard error."})
public final class ServeCommand implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(ServeCommand.class);

    @Mixin
    private ConfigOptions options;

    @Spec
    private CommandSpec spec;

    ServeCommand() {
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        RelayConfig config = options.load(spec.commandLine());
        Relay relay = Relay.launch(config, Extensions.NONE.withMetricsFormat(new PrometheusFormat()));
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(relay, stopped), "relay-stop"));
        stopped.await();
        return 0;
    }

    private static void stop(Relay relay, CountDownLatch stopped) {
        LOG.info("draining");
        relay.drain().join();
        relay.close();
        LOG.info("stopped");
        stopped.countDown();
    }
}
