// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.Relay;
import dev.sluice.engine.RelayHandler;
import dev.sluice.engine.spi.Extensions;
import dev.sluice.engine.spi.Glob;
import dev.sluice.engine.spi.Principal;
import java.util.Arrays;
import java.util.Collections;
import java.util.stream.Stream;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A null or an empty text is refused with a sentence that names the setting, where it is passed. */
class NullsTest {
    private static final EndpointConfig ENDPOINT = EndpointConfig.of("http://a", null);
    private static final ClusterConfig CLUSTER = ClusterConfig.of("c", ENDPOINT);
    private static final RouteConfig ROUTE = RouteConfig.of("m", "c");
    private static final KeyConfig KEY = KeyConfig.ofSecret("k", "secret");

    static Stream<Arguments> shouldBeRefusedWithASentence() {
        return Stream.of(
                row("endpoint url: null", () -> EndpointConfig.of(null, "k")),
                row("endpoint url: empty", () -> EndpointConfig.of("", "k")),
                row("endpoint api_key: empty", () -> EndpointConfig.of("http://a", "")),
                row("endpoint http: null", () -> ENDPOINT.withVersions(null)),
                row("endpoint headers: null", () -> ENDPOINT.withHeaders(null)),
                row("endpoint headers: null", () -> ENDPOINT.withHeaders(Collections.singletonMap("x-a", null))),
                row("cluster name: null", () -> ClusterConfig.of(null, ENDPOINT)),
                row("cluster c: endpoints: null", () -> ClusterConfig.of("c", (EndpointConfig[]) null)),
                row("cluster c: endpoints: null", () -> ClusterConfig.of("c", (EndpointConfig) null)),
                row("cluster c: balance: null", () -> CLUSTER.toBuilder().balance(null).build()),
                row("cluster c: health: null", () -> CLUSTER.toBuilder().health(null).build()),
                row("route model: null", () -> RouteConfig.of(null, "c")),
                row("route cluster: null", () -> RouteConfig.of("m", null)),
                row("route retry: null", () -> ROUTE.withRetry(null)),
                row("route on_upstream_loss: null", () -> ROUTE.withUpstreamLoss(null)),
                row("route on_downstream_leave: null", () -> ROUTE.withDownstreamLeave(null)),
                row("route keep_alive: null", () -> ROUTE.withKeepAlive(null)),
                row("retry statuses: null", () -> new RetryConfig(true, true, null, 0)),
                row("key label: null", () -> KeyConfig.ofSecret(null, "secret")),
                row("key k: secret: null", () -> KeyConfig.ofSecret("k", null)),
                row("key k: secret: empty", () -> KeyConfig.ofSecret("k", "")),
                row("key k: models: null", () -> KEY.toBuilder().models(null).build()),
                row("key k: models: null", () -> KEY.toBuilder().models(Arrays.asList("m", null)).build()),
                row("key k: models: null", () -> KEY.withModels((String[]) null)),
                row("key k: profiles: null", () -> KEY.withProfiles((String) null)),
                row("retry statuses: null", () -> RetryConfig.DEFAULT.withStatuses((Integer) null)),
                row("profiles: null", () -> relay().profile(null)),
                row("name: null", () -> Principal.of(null)),
                row("name: ", () -> Principal.of(" ")),
                row("models: null", () -> Principal.of("a", Arrays.asList("m", null))),
                row("profiles: null", () -> Principal.of("a").withProfiles(null)),
                row("limits: null", () -> Principal.of("a").withLimits(null)),
                row("pattern: null", () -> new Glob(null)),
                row("authenticator: null", () -> Extensions.builder().authenticator(null)),
                row("usageSink: null", () -> Extensions.builder().usageSink(null)),
                row("affinityStore: null", () -> Extensions.builder().affinityStore(null)),
                row("requestQuota: null", () -> Extensions.builder().requestQuota(null)),
                row("observer: null", () -> Extensions.builder().observer(null)),
                row("metricsFormat: null", () -> Extensions.builder().metricsFormat(null)),
                row("key k: limits: null", () -> KEY.withLimits(null)),
                row("listener host: null", () -> new ListenerConfig(null, 1, null)),
                row("admin host: null", () -> new AdminConfig(null, 1)),
                row("tls certificate: null", () -> new TlsConfig(null, null)),
                row("kind: null", () -> new TransportConfig(null, 0, false)),
                row("on_quota_loss: null", () -> LimitConfig.DEFAULT.toBuilder().onQuotaLoss(null).build()),
                row("listeners: null", () -> relay().listener(null).build()),
                row("clusters: null", () -> relay().cluster(null).build()),
                row("routes: null", () -> relay().route(null).build()),
                row("keys: null", () -> relay().key(null).build()),
                row("relayed_paths: null", () -> relay().relayedPath(null).build()),
                row("via: null", () -> relay().via(null).build()),
                row("limits: null", () -> relay().limits(null).build()),
                row("timeouts: null", () -> relay().timeouts(null).build()),
                row("affinity: null", () -> relay().affinity(null).build()),
                row("transport: null", () -> relay().transport(null).build()),
                row("http2 downstream: null", () -> relay().http2((Http2DownstreamConfig) null).build()),
                row("http2 upstream: null", () -> relay().http2((Http2UpstreamConfig) null).build()),
                row("config: null", () -> Relay.launch(null)),
                row("config: null", () -> Relay.check(null, Extensions.NONE)),
                row("extensions: null", () -> Relay.launch(relay().build(), null)),
                row("extensions: null", () -> Relay.check(relay().build(), null)),
                row("relay: null", () -> new RelayHandler(null)));
    }

    private static Arguments row(String begin, Executable call) {
        return Arguments.of(begin, call);
    }

    private static RelayConfig.Builder relay() {
        return RelayConfig.builder().cluster(CLUSTER).route(ROUTE);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void shouldBeRefusedWithASentence(String begin, Executable call) {
        String message = assertThrows(IllegalArgumentException.class, call).getMessage();

        assertEquals(begin, message.substring(0, Math.min(begin.length(), message.length())), message);
        assertTrue(message.endsWith(")") && message.contains("(expected: "), message);
    }
}
