// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.example;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.engine.spi.Authenticator;
import dev.sluice.engine.spi.Principal;
import dev.sluice.engine.spi.RequestHead;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A custom {@link Authenticator} that identifies callers by a header set by an outer gateway. */
class OwnAuthenticatorTest {

    /**
     * An authenticator that decides at once. One that asks another service calls the decision later, from any thread.
     */
    static final class GatewayAuthenticator implements Authenticator {
        @Override
        public void authenticate(RequestHead head, Decision decision) {
            String team = head.header("x-team");
            if (team == null) {
                decision.refuse("x-team: missing (expected: the gateway's header)");
                return;
            }
            decision.accept(Principal.of(team, List.of("gpt-5*")));
        }
    }

    @Test
    void shouldKnowCallersByTheirTeam() {
        assertEquals("blue: gpt-5.2 true, gpt-4 false", ask(Map.of("x-team", "blue")));
        assertEquals("x-team: missing (expected: the gateway's header)", ask(Map.of()));
    }

    private static String ask(Map<String, String> headers) {
        StringBuilder answer = new StringBuilder();
        new GatewayAuthenticator().authenticate(new Head(headers), new Authenticator.Decision() {
            @Override
            public void accept(Principal principal) {
                answer.append(principal.name()).append(": gpt-5.2 ").append(principal.mayUse("gpt-5.2"))
                        .append(", gpt-4 ").append(principal.mayUse("gpt-4"));
            }

            @Override
            public void refuse(String reason) {
                answer.append(reason);
            }
        });
        return answer.toString();
    }

    private record Head(Map<String, String> headers) implements RequestHead {
        @Override
        public String method() {
            return "POST";
        }

        @Override
        public String path() {
            return "/v1/responses";
        }

        @Override
        public String header(String name) {
            return headers.get(name);
        }

        @Override
        public SocketAddress remoteAddress() {
            return new InetSocketAddress("127.0.0.1", 1);
        }
    }
}
