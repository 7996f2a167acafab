// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.sluice.engine.admin.AdminSite;
import dev.sluice.engine.config.AdminConfig;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.TransportConfig;
import dev.sluice.engine.loop.Transport;
import dev.sluice.engine.spi.Extensions;
import dev.sluice.engine.spi.MetricsSnapshot;
import dev.sluice.engine.spi.UsageRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.Parameter;

/** A relay in front of a {@link ScriptedUpstream}, for one test. */
abstract class RelayFixture {
    protected static final String CREATED = "event: response.created\ndata: {\"type\":\"response.created\","
            + "\"sequence_number\":0,\"response\":{\"id\":\"resp_1\",\"model\":\"m\",\"usage\":null}}\n\n";
    protected static final String DELTA = "event: response.output_text.delta\ndata: {\"type\":"
            + "\"response.output_text.delta\",\"sequence_number\":1,\"delta\":\"hi\"}\n\n";
    protected static final String COMPLETED = "event: response.completed\ndata: {\"type\":\"response.completed\","
            + "\"sequence_number\":2,\"response\":{\"id\":\"resp_1\",\"status\":\"completed\",\"usage\":"
            + "{\"input_tokens\":3,\"output_tokens\":5,\"total_tokens\":8}}}\n\n";
    protected static final String BODY = "{\"model\":\"gpt-5.2\",\"input\":\"hi\",\"stream\":true}";

    protected ScriptedUpstream upstream = new ScriptedUpstream();
    protected final BlockingQueue<UsageRecord> usage = new LinkedBlockingQueue<>();
    protected final ManualTime time = new ManualTime();
    /** The transport of the relay. A class that runs with each one gets it as its parameter. */
    @Parameter
    protected TransportConfig.Kind transport = TransportConfig.Kind.AUTO;
    protected Relay relay;

    @BeforeEach
    void assumeTransport() {
        try {
            Transport.choose(transport);
        } catch (IllegalStateException unavailable) {
            abort(unavailable.getMessage());
        }
    }

    @AfterEach
    void stop() throws InterruptedException {
        if (relay != null) {
            relay.close();
        }
        upstream.close();
        assertNull(upstream.failure(0));
    }

    protected Relay launch() {
        return launch(route -> route, builder -> builder);
    }

    protected Relay launch(UnaryOperator<RouteConfig> route, UnaryOperator<RelayConfig.Builder> more) {
        return launch(route, more, extensions());
    }

    protected Relay launch(UnaryOperator<RouteConfig> route, UnaryOperator<RelayConfig.Builder> more,
            Extensions extensions) {
        RelayConfig.Builder builder = RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(ClusterConfig.of("up", EndpointConfig.of(upstream.url(), "sk-upstream")))
                .route(route.apply(RouteConfig.of("gpt-*", "up")))
                .transport(new TransportConfig(transport, 1, false));
        relay = Relay.launch(more.apply(builder).build(), extensions);
        return relay;
    }

    protected Extensions extensions() {
        return extensionsBuilder().build();
    }

    protected Extensions.Builder extensionsBuilder() {
        return Extensions.builder().usageSink(usage::add).nanoClock(time).loopTimer(time);
    }

    /** Waits for the record of the next exchange that ends. */
    protected UsageRecord takeUsage() throws InterruptedException {
        UsageRecord record = usage.poll(20, TimeUnit.SECONDS);
        assertNotNull(record, "no exchange has ended");
        return record;
    }

    /** Returns the value of a gauge, summed over its labels. */
    protected long gauge(String name) {
        return relay.metrics().gauges().stream().filter(each -> each.name().equals(name))
                .mapToLong(MetricsSnapshot.Value::value).sum();
    }

    /** Waits until the relay has read the head of as many requests as are now in flight. */
    protected void awaitInFlight(long count) throws Exception {
        Await.until(count + " exchanges in flight", () -> gauge("exchanges_in_flight") == count);
    }

    /** Returns the admin page about endpoints. */
    protected String describeEndpoints() {
        return adminPage("/endpoints");
    }

    /** Returns an admin page, which needs no admin listener. */
    protected String adminPage(String path) {
        try {
            return new String(new AdminSite(new AdminConfig("127.0.0.1", 0), relay.core().adminSources())
                    .get(path).body(),
                    StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    protected RawPeer connect() {
        return RawPeer.connect(relay.port());
    }

    /** Returns up to 30 KB of random letters, with arbitrary bytes between them. */
    protected static String randomText(SplittableRandom random) {
        StringBuilder text = new StringBuilder();
        int length = random.nextInt(30_000);
        for (int i = 0; i < length; i++) {
            text.append((char) (random.nextInt(30) == 0 ? random.nextInt(256) : 'a' + random.nextInt(26)));
        }
        return text.toString();
    }

    protected static String post(String body) {
        return post("Content-Length: " + body.length() + "\r\n", body);
    }

    protected static String post(String headers, String body) {
        return "POST /v1/responses HTTP/1.1\r\nHost: relay\r\nContent-Type: application/json\r\n" + headers + "\r\n"
                + body;
    }
}
