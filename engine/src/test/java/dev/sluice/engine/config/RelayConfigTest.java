// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.protocol.request.Profile;
import dev.sluice.protocol.request.Profiles;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RelayConfigTest {
    private static final EndpointConfig ENDPOINT = EndpointConfig.of("http://127.0.0.1:1/v1", "sk-secret");

    private static RelayConfig.Builder valid() {
        return RelayConfig.builder().listen("127.0.0.1", 0).cluster(ClusterConfig.of("up", ENDPOINT))
                .route(RouteConfig.of("*", "up"));
    }

    @Test
    void shouldRefusePartsThatDoNotFit() {
        assertThrows(IllegalArgumentException.class, () -> valid().route(RouteConfig.of("*", "other")).build());
        assertThrows(IllegalArgumentException.class, () -> valid().cluster(ClusterConfig.of("up", ENDPOINT)).build());
        assertThrows(IllegalArgumentException.class, () -> valid().key(KeyConfig.ofSecret("a", "k"))
                .key(KeyConfig.ofSecret("b", "k")).build());
        assertThrows(IllegalArgumentException.class, () -> RelayConfig.builder().build());
    }

    @Test
    void shouldRefuseTwoProfilesAtOnePath() {
        IllegalArgumentException refusal = assertThrows(IllegalArgumentException.class,
                () -> valid().profile(at("mine", "/api/v1")).build());
        assertEquals("profiles: mine has the path /api/v1 of kie (expected: each path once)", refusal.getMessage());
        valid().profile(at("mine", "/mine")).profile(at("other", "/mine/v1")).build();
        assertThrows(IllegalArgumentException.class,
                () -> valid().profile(at("mine", "/mine")).profile(at("other", "/mine")).build());
    }

    private static Profile at(String name, String path) {
        return Profile.read(name, Map.of("summary", "x", "extends", "openai", "paths", List.of(path)),
                Profiles.builtIn());
    }

    @ParameterizedTest
    @ValueSource(strings = {"ftp://a/v1", "http:///v1", "http://user:pw@a/v1", "http://a/v1#f",
        "http://user:pw@my_host/v1", "http://user:p w@h/", "http://user:pw@[h",
        "a/v1"})
    void shouldRefuseBaseUrlsThatCannotBeUsed(String url) {
        IllegalArgumentException refusal = assertThrows(IllegalArgumentException.class,
                () -> EndpointConfig.of(url, null));
        assertFalse(refusal.getMessage().matches(".*p ?w.*"), refusal.getMessage());
    }

    @Test
    void shouldKnowPortsByScheme() {
        assertEquals(443, EndpointConfig.of("https://api.openai.com/v1", null).port());
        assertEquals(80, EndpointConfig.of("http://a", null).port());
        assertEquals(81, EndpointConfig.of("http://a:81", null).port());
    }

    @Test
    void shouldNeverShowASecret() {
        assertFalse(valid().key(KeyConfig.ofSecret("a", "sk-mine")).build().toString().contains("sk-"));
        assertThrows(IllegalArgumentException.class, () -> EndpointConfig.of("http://a", "sk-\r\nX: y"));
    }

    @Test
    void shouldAskForKeysWhereOthersCanReachIt() {
        valid().listen("::1", 0).listen("localhost", 0).build().requireKeysOrLoopback();
        assertThrows(IllegalArgumentException.class,
                () -> valid().listen("0.0.0.0", 0).build().requireKeysOrLoopback());
        valid().listen("0.0.0.0", 0).key(KeyConfig.ofSecret("a", "k")).build().requireKeysOrLoopback();
    }

    @Test
    void shouldCheckValues() {
        assertThrows(IllegalArgumentException.class, () -> new KeyConfig("a", "12", List.of(), List.of(), null,
                UsageLimits.NONE, null));
        assertThrows(IllegalArgumentException.class, () -> new KeyConfig("a b", "0".repeat(64), List.of(), List.of(),
                null, UsageLimits.NONE, null));
        assertThrows(IllegalArgumentException.class, () -> LimitConfig.DEFAULT.withMaxBodyBytes(0));
        assertThrows(IllegalArgumentException.class,
                () -> TimeoutConfig.builder().connect(Duration.ZERO).build());
        assertThrows(IllegalArgumentException.class, () -> new ListenerConfig("a", 70_000, null));
        assertTrue(TimeoutConfig.DEFAULT.upstreamIdle().toSeconds() < 15);
    }
}
