// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.engine.spi.Authenticator;
import dev.sluice.engine.spi.Principal;
import dev.sluice.engine.spi.RequestHead;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;

/** A request with a single header, for an authenticator. */
record Ask(String authorization) implements RequestHead {

    /** Returns the authenticated principal, or null if the authenticator refused the request. */
    Principal of(Authenticator authenticator) {
        List<Principal> answers = new ArrayList<>();
        authenticator.authenticate(this, new Authenticator.Decision() {
            @Override
            public void accept(Principal principal) {
                answers.add(principal);
            }

            @Override
            public void refuse(String reason) {
                answers.add(null);
            }
        });
        assertEquals(1, answers.size());
        return answers.get(0);
    }

    @Override
    public String method() {
        return "GET";
    }

    @Override
    public String path() {
        return "/";
    }

    @Override
    public String header(String name) {
        return authorization;
    }

    @Override
    public SocketAddress remoteAddress() {
        return null;
    }
}
