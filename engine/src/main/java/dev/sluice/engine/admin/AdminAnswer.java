// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.admin;

import dev.sluice.protocol.json.JsonTree;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;

/**
 * An answer of the admin listener.
 *
 * @param status      the HTTP status
 * @param contentType the Content-Type
 * @param body        the body
 */
public record AdminAnswer(int status, String contentType, byte[] body) {
    private static final String TEXT = "text/plain; charset=utf-8";
    private static final String JSON = "application/json";

    /** Returns a page of text. */
    static AdminAnswer text(int status, String text) {
        return new AdminAnswer(status, TEXT, text.getBytes(StandardCharsets.UTF_8));
    }

    /** Returns a JSON document, with a line end. */
    static AdminAnswer json(int status, byte[] json) {
        byte[] line = Arrays.copyOf(json, json.length + 1);
        line[json.length] = '\n';
        return new AdminAnswer(status, JSON, line);
    }

    /** Returns an error as a JSON object with one member, {@code error}. */
    static AdminAnswer error(int status, String message) {
        return json(status, JsonTree.write(Map.of("error", message)));
    }
}
