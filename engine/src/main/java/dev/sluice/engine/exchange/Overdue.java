// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

/** The consequences of deadlines. */
enum Overdue {
    /** The exchange as a whole takes too long: it ends, and no other attempt is made. */
    EXCHANGE,
    /** The caller was not identified in time. */
    IDENTIFICATION,
    /** The store of quotas did not answer in time: the request is refused or goes on, as configured. */
    QUOTA,
    /** No permit came free in time. */
    ADMISSION,
    /**
     * The affinity store did not answer in time: the request is refused or goes to any endpoint, as
     * configured.
     */
    OWNER,
    /** The downstream sends its body too slowly. */
    REQUEST_BODY,
    /** The upstream did not take the request or did not answer in time: another endpoint may be tried. */
    UPSTREAM,
    /** A second endpoint may be asked beside a slow one. */
    HEDGE,
    /** The upstream was silent for too long within its response. */
    UPSTREAM_IDLE,
    /** The stream was silent for so long that a keep-alive event is added. */
    KEEP_ALIVE,
    /** The terminal event has arrived but the upstream does not end the response. */
    END_AFTER_TERMINAL,
    /** The downstream takes nothing. */
    DOWNSTREAM_STALLED
}
