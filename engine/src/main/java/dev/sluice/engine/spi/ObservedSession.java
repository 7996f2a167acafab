// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

import java.net.SocketAddress;

/**
 * The record of one downstream WebSocket, from its handshake to its end.
 *
 * @param id               the id of the exchange that was the handshake; {@link ObservedExchange#session} of all others
 * @param remoteAddress    the address of the downstream
 * @param path             the path of the handshake
 * @param principal        the name of the caller at the handshake
 * @param durationNanos    time from the handshake to the end, in nanoseconds
 * @param responses        number of responses that were asked for, refused ones included
 * @param lanes            number of named lanes
 * @param receivedMessages number of messages from the downstream
 * @param receivedBytes    bytes of these messages
 * @param sentMessages     number of messages to the downstream
 * @param sentBytes        bytes of these messages
 * @param closeStatus      status of the first close frame (RFC 6455 section 7.4); 1006 if there was none
 * @param isClosedHere     whether the relay closed first
 */
public record ObservedSession(String id, SocketAddress remoteAddress, String path, String principal,
        long durationNanos, long responses, int lanes, long receivedMessages, long receivedBytes, long sentMessages,
        long sentBytes, int closeStatus, boolean isClosedHere) {
}
