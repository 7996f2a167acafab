// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

/** Which versions of HTTP an endpoint is spoken to in. */
public enum HttpVersions {
    /** Through TLS what the upstream chooses by ALPN, HTTP/2 first; in plain text HTTP/1.1. */
    AUTO,
    /** HTTP/1.1 only. */
    HTTP_1,
    /** HTTP/2 only; in plain text with prior knowledge (RFC 9113 section 3.3). */
    HTTP_2
}
