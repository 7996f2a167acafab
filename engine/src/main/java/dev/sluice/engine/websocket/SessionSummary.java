// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.websocket;

/**
 * What happened on one downstream WebSocket, from its handshake to its end.
 *
 * @param id               the connection's id
 * @param path             the path of the handshake
 * @param durationNanos    time from the handshake to the end, in nanoseconds
 * @param responses        number of responses that were begun
 * @param lanes            number of named lanes
 * @param receivedMessages number of messages from the downstream
 * @param receivedBytes    bytes of these messages
 * @param sentMessages     number of messages to the downstream
 * @param sentBytes        bytes of these messages
 * @param closeStatus      status of the close frame that counts; 1006 if there was none
 * @param isClosedHere     whether the relay closed first
 */
public record SessionSummary(String id, String path, long durationNanos, long responses, int lanes,
        long receivedMessages, long receivedBytes, long sentMessages, long sentBytes, int closeStatus,
        boolean isClosedHere) {
}
