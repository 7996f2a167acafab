// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.plan;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.spi.Principal;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.json.JsonLimits;
import dev.sluice.protocol.request.Profiles;
import dev.sluice.protocol.request.RequestFacts;
import dev.sluice.protocol.request.RequestScanner;
import dev.sluice.protocol.request.RuleCompiler;
import io.netty.buffer.Unpooled;
import java.util.List;
import org.junit.jupiter.api.Test;

class RouterTest {
    private static final Principal ANYBODY = Principal.of("anybody");

    private static final ApiOperation FACE = new ApiOperations(List.of(), List.of()).ofPath("/v1/responses");

    private final Router router = new Router(List.of(RouteConfig.of("gpt-5.2", "a").withUpstreamModel("v/\"x\""),
            RouteConfig.of("gpt-*", "b"), RouteConfig.of("o-mini", "c")), List.of(cluster("a"), cluster("b"),
            cluster("c")), Profiles.builtIn(), null);

    private static ClusterConfig cluster(String name) {
        return ClusterConfig.of(name, EndpointConfig.of("http://localhost:1", null));
    }

    private static RequestFacts facts(String model) {
        RequestScanner scanner = new RequestScanner(RuleCompiler.compile(Profiles.standard(), Profiles.standard()),
                JsonLimits.DEFAULT, new byte[64]);
        scanner.feed(Unpooled.copiedBuffer("{\"model\":\"" + model + "\"}", UTF_8));
        return scanner.facts();
    }

    @Test
    void shouldTakeTheFirstRouteThatMatches() {
        Plan first = router.plan(facts("gpt-5.2"), ANYBODY, FACE);
        Plan second = router.plan(facts("gpt-5.3"), ANYBODY, FACE);

        assertEquals("a", first.route().cluster());
        assertEquals("v/\"x\"", first.upstreamModel());
        assertTrue(first.isAliased());
        assertEquals("b", second.route().cluster());
        assertFalse(second.isAliased());
        assertEquals("gpt-5.3", second.upstreamModel());
    }

    @Test
    void shouldShowOnlyPrintableModelNames() {
        RelayException unknown = assertThrows(RelayException.class, () -> router.plan(facts("claude"), ANYBODY, FACE));
        RelayException hostile = assertThrows(RelayException.class,
                () -> router.plan(facts("a\\u0000\\n" + "b".repeat(200)), ANYBODY, FACE));

        assertEquals(ErrorCode.MODEL_NOT_FOUND, unknown.code());
        assertTrue(unknown.getMessage().contains("'claude'"), unknown.getMessage());
        assertTrue(hostile.getMessage().contains("(not printable)"), hostile.getMessage());
        assertFalse(hostile.getMessage().contains("bbb"), hostile.getMessage());
    }

    @Test
    void shouldAskWhatTheCallerMayUse() {
        Principal limited = Principal.of("bob", List.of("gpt-5.3", "o-*"));

        assertEquals(ErrorCode.MODEL_NOT_ALLOWED,
                assertThrows(RelayException.class, () -> router.plan(facts("gpt-5.2"), limited, FACE)).code());
        assertEquals("b", router.plan(facts("gpt-5.3"), limited, FACE).route().cluster());
        assertEquals(List.of("c"), router.listed(limited).stream().map(RouteConfig::cluster).toList());
        assertEquals(List.of("a", "c"), router.listed(ANYBODY).stream().map(RouteConfig::cluster).toList());
    }
}
