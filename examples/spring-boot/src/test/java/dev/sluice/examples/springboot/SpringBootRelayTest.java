// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.examples.springboot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.sluice.tools.mock.RelayProbe;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

class SpringBootRelayTest {
    @Test
    void shouldRelayBesideTheWebServer() throws Exception {
        try (RelayProbe probe = new RelayProbe(); ConfigurableApplicationContext context = SpringApplication.run(
                SpringBootRelay.class, "--server.port=0", "--sluice.port=0", "--sluice.upstream=" + probe.url(),
                "--sluice.upstream-key=sk-upstream", "--sluice.caller-key=sk-of-alice")) {
            int web = Integer.parseInt(context.getEnvironment().getProperty("local.server.port"));
            RelayLifecycle relay = context.getBean(RelayLifecycle.class);
            assertEquals("hello", probe.get(web, "/hello").body());
            probe.requireEveryByte(relay.port(), "sk-of-alice");
            context.close();
            assertFalse(relay.isRunning());
        }
    }
}
