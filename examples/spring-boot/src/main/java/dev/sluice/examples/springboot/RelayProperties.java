// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.examples.springboot;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The settings of the relay.
 *
 * @param host        address to listen on
 * @param port        port to listen on
 * @param upstream    base URL of the upstream
 * @param upstreamKey key that is sent upstream
 * @param callerKey   key that callers send
 * @param drain       time that streams have to end when the application stops; less than
 *                    {@code spring.lifecycle.timeout-per-shutdown-phase}
 */
@ConfigurationProperties("sluice")
record RelayProperties(@DefaultValue("127.0.0.1") String host, @DefaultValue("8081") int port, String upstream,
        String upstreamKey, String callerKey, @DefaultValue("25s") Duration drain) {
}
