// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.plan;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The API operation at one path.
 *
 * @param kind    the treatment of its requests
 * @param path    the path after the prefix, which is replaced by the base path of an endpoint
 * @param methods the allowed methods
 * @param profile the profile to which the prefix belongs; null if the profile of the route is the face
 * @param alwaysStreams whether the downstream expects an event stream regardless of its request
 */
public record ApiOperation(Kind kind, String path, List<String> methods, String profile, boolean alwaysStreams) {

    /** The treatment of a request. */
    public enum Kind {
        /** {@code POST /v1/responses}: checked, edited, routed by the model and relayed. */
        RESPONSES,
        /** {@code /v1/responses/compact} and similar paths: routed by the model and relayed. */
        OPERATION,
        /** One of {@code relayed_paths}, which are not part of the API: routed by the model and relayed. */
        RELAYED,
        /** A stored object, by its id or to be created: relayed to the cluster that owns it. */
        STORED,
        /** {@code GET /v1/responses} with an upgrade to WebSocket, whose messages are requests of their own. */
        WEBSOCKET,
        /** {@code GET /v1/models}: answered from the routes. */
        MODELS,
        /** {@code GET /v1/models/{model}}: answered from the routes. */
        MODEL
    }

    /**
     * {@return whether the response answers this request, so that a failure in it is one of its endpoint; that of a
     * stored object may be one of an earlier request}
     */
    public boolean isAnsweredHere() {
        return kind == Kind.RESPONSES || kind == Kind.OPERATION;
    }

    /** {@return whether the model in the body decides the cluster} */
    public boolean isRoutedByModel() {
        return kind == Kind.RESPONSES || kind == Kind.OPERATION || kind == Kind.RELAYED;
    }

    /**
     * {@return the decoded model name in a path of {@link Kind#MODEL}; with a malformed escape, the name as it was
     * sent}
     */
    public String model() {
        String name = path.substring(ApiOperations.MODELS.length() + 1);
        try {
            return URLDecoder.decode(name.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return name;
        }
    }

    /** {@return the allowed methods as a value of {@code Allow} (RFC 9110 section 10.2.1)} */
    public String allow() {
        return String.join(", ", methods);
    }
}
