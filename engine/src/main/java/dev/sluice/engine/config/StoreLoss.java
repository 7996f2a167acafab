// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

/** The treatment of a request when a store that it needs does not answer in time, or fails. */
public enum StoreLoss {
    /** The request is refused with 503 and {@code Retry-After}. */
    REFUSE,
    /** The request goes on as if the store knew nothing. */
    CONTINUE
}
