// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.plan;

import dev.sluice.engine.spi.RequestHead;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;

/** What is served, by path. */
public enum Face {
    /** {@code POST /v1/responses}: relayed. */
    RESPONSES("POST"),
    /** {@code GET /v1/models}: answered from the routes. */
    MODELS("GET"),
    /** {@code GET /v1/models/{model}}: answered from the routes. */
    MODEL("GET");

    /** Where the API lives; an endpoint's base path takes its place. */
    public static final String PREFIX = "/v1";
    private static final String MODELS_PATH = PREFIX + "/models";

    private final String method;

    Face(String method) {
        this.method = method;
    }

    /**
     * Returns the face of a request.
     *
     * @throws RelayException where there is none at this path, or not for this method
     */
    public static Face of(RequestHead head) {
        Face face = ofPath(head.path());
        if (face == null) {
            throw RelayException.of(ErrorCode.DOWNSTREAM_PATH_UNKNOWN,
                    "path: unknown (expected: /v1/responses or /v1/models)");
        }
        if (face == RESPONSES && head.method().equals("GET") && "websocket".equalsIgnoreCase(head.header("upgrade"))) {
            throw RelayException.of(ErrorCode.DOWNSTREAM_UPGRADE_REQUIRED,
                    "upgrade: websocket is not supported here (expected: POST with server-sent events)");
        }
        if (!head.method().equals(face.method)) {
            throw RelayException.of(ErrorCode.DOWNSTREAM_METHOD_NOT_ALLOWED,
                    "method: not allowed for this path (expected: " + face.method + ")");
        }
        return face;
    }

    /** Returns the face at a path, or null. */
    public static Face ofPath(String path) {
        if (path.equals("/v1/responses") || path.equals("/responses")) {
            return RESPONSES;
        }
        if (path.equals(MODELS_PATH)) {
            return MODELS;
        }
        return path.startsWith(MODELS_PATH + '/') && path.length() > MODELS_PATH.length() + 1 ? MODEL : null;
    }

    /** Returns the model that a path of {@link #MODEL} names, its escapes undone; a broken escape names none. */
    public static String modelOf(String path) {
        String name = path.substring(MODELS_PATH.length() + 1);
        try {
            return URLDecoder.decode(name.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return name;
        }
    }

    /** Returns the method that the face takes, for {@code Allow}. */
    public String method() {
        return method;
    }

    /** Returns what of a path is appended to an endpoint's base path: all after the prefix, where it has it. */
    public static String withoutPrefix(String path) {
        return path.startsWith(PREFIX + '/') ? path.substring(PREFIX.length()) : path;
    }
}
