// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The way in which a cluster serves requests that arrive on a WebSocket. */
public enum WebSocketMode {
    /** Native where the endpoints are known to speak WebSocket, otherwise off. */
    AUTO,
    /** Not at all: the upgrade is refused with 426, after which the Codex CLI uses HTTP. */
    OFF,
    /** Over a WebSocket to the endpoint; messages pass unchanged in both directions. */
    NATIVE,
    /** Over HTTP: each request is a POST, and each event of its stream becomes a message. */
    BRIDGE;

    private static final Set<String> KNOWN_HOSTS = Set.of("api.openai.com", "chatgpt.com", "api.x.ai",
            "ai-gateway.vercel.sh");
    private static final String AZURE = ".openai.azure.com";

    /**
     * Returns the mode in which {@link #AUTO} results.
     *
     * @param endpoints the endpoints of the cluster
     * @return this mode if it is another one; {@link #NATIVE} if all endpoints are known to speak WebSocket; otherwise
     *         {@link #OFF}
     */
    public WebSocketMode resolve(List<EndpointConfig> endpoints) {
        if (this != AUTO) {
            return this;
        }
        return endpoints.stream().map(EndpointConfig::baseUrl).allMatch(WebSocketMode::isKnown) ? NATIVE : OFF;
    }

    private static boolean isKnown(URI url) {
        String host = url.getHost().toLowerCase(Locale.ROOT);
        return "https".equalsIgnoreCase(url.getScheme()) && (KNOWN_HOSTS.contains(host) || host.endsWith(AZURE));
    }
}
