// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

/** The HTTP versions that may be used for an endpoint. */
public enum HttpVersions {
    /** With TLS, the upstream's choice by ALPN, where HTTP/2 is offered first; in plain text, HTTP/1.1. */
    AUTO,
    /** HTTP/1.1 only. */
    HTTP_1,
    /** HTTP/2 only; in plain text, with prior knowledge (RFC 9113 section 3.3). */
    HTTP_2
}
