// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.plan;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * What is served at one path.
 *
 * @param kind    what becomes of a request
 * @param path    the path behind the operation's prefix, which an endpoint's base path takes the place of
 * @param methods the methods that it takes
 * @param profile the profile that the prefix belongs to; null where the route's profile is the operation
 * @param alwaysStreams whether the downstream takes an event stream whatever its request says
 */
public record ApiOperation(Kind kind, String path, List<String> methods, String profile, boolean alwaysStreams) {

    /** What becomes of a request. */
    public enum Kind {
        /** {@code POST /v1/responses}: checked, edited, routed by its model and relayed. */
        RESPONSES,
        /** {@code /v1/responses/compact} and the like: routed by its model and relayed. */
        OPERATION,
        /** A stored object by its id, or one that gets an id: relayed to the cluster that owns it. */
        STORED,
        /** {@code GET /v1/models}: answered from the routes. */
        MODELS,
        /** {@code GET /v1/models/{model}}: answered from the routes. */
        MODEL
    }

    /** Returns whether the cluster follows from the model that the body names. */
    public boolean isRoutedByModel() {
        return kind == Kind.RESPONSES || kind == Kind.OPERATION;
    }

    /** Returns the model that a path of {@link Kind#MODEL} names, its escapes undone; a broken escape names none. */
    public String model() {
        String name = path.substring(ApiOperations.MODELS.length() + 1);
        try {
            return URLDecoder.decode(name.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return name;
        }
    }

    /** Returns the methods for {@code Allow} (RFC 9110 section 10.2.1). */
    public String allow() {
        return String.join(", ", methods);
    }
}
