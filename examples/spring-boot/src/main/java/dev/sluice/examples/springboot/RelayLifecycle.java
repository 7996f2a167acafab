// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.examples.springboot;

import dev.sluice.engine.Relay;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.spi.Extensions;
import org.springframework.context.SmartLifecycle;

/**
 * A relay that starts after all other beans and stops before them. Streams run to their end while the application
 * stops, within the drain timeout.
 */
final class RelayLifecycle implements SmartLifecycle {
    private final RelayConfig config;
    private final Extensions extensions;
    private volatile Relay relay;

    RelayLifecycle(RelayConfig config, Extensions extensions) {
        this.config = config;
        this.extensions = extensions;
    }

    int port() {
        return relay.port();
    }

    @Override
    public synchronized void start() {
        relay = Relay.launch(config, extensions);
    }

    @Override
    public synchronized void stop() {
        if (relay != null) {
            relay.drain().join();
            relay.close();
            relay = null;
        }
    }

    @Override
    public void stop(Runnable callback) {
        // On a thread of its own, so that the web server drains at the same time.
        new Thread(() -> {
            stop();
            callback.run();
        }, "relay-drain").start();
    }

    @Override
    public boolean isRunning() {
        return relay != null;
    }
}
