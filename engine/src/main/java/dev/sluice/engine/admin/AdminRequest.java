// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.admin;

/**
 * A request to the admin listener that was let in.
 *
 * @param method the method
 * @param path   the path, without a query, percent-decoded
 * @param accept the header {@code accept}; empty if there is none
 * @param body   the body
 */
public record AdminRequest(String method, String path, String accept, byte[] body) {
    /**
     * Returns the part of the path below a page.
     *
     * @param page the path of the page, which ends with a slash
     */
    String below(String page) {
        return path.substring(Math.min(page.length(), path.length()));
    }
}
