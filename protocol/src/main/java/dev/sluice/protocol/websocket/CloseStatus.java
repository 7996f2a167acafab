// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.websocket;

import io.netty.buffer.ByteBuf;

/** The status codes of close frames (RFC 6455 section 7.4), and the check of a received close frame. */
public final class CloseStatus {
    /** The purpose of the connection is fulfilled. */
    public static final int NORMAL = 1000;
    /** An endpoint goes away, such as a server that stops. */
    public static final int GOING_AWAY = 1001;
    /** A frame breaks the protocol. */
    public static final int PROTOCOL_ERROR = 1002;
    /** A message is of a type that is not accepted, such as a binary one. */
    public static final int UNACCEPTABLE_TYPE = 1003;
    /** A close frame without a status; never sent. */
    public static final int NO_STATUS = 1005;
    /** A connection that ended without a close frame; never sent. */
    public static final int ABNORMAL = 1006;
    /** A text message is not valid UTF-8. */
    public static final int INVALID_PAYLOAD = 1007;
    /** A message breaks a policy. */
    public static final int POLICY = 1008;
    /** A message is too long. */
    public static final int TOO_LARGE = 1009;
    /** The server failed. */
    public static final int INTERNAL = 1011;
    /** The server restarts; the client may reconnect. */
    public static final int RESTART = 1012;
    /** The server is overloaded; the client should try again later. */
    public static final int TRY_AGAIN_LATER = 1013;

    private static final int MIN_STATUS_BYTES = 2;

    private CloseStatus() {
    }

    /**
     * Returns whether a status code may be sent in a close frame: those that the protocol and its registry define
     * (1000 to 1003, 1007 to 1014), and those of libraries and applications (3000 to 4999).
     *
     * @param status the status code
     * @return whether it may be sent
     */
    public static boolean mayBeSent(int status) {
        return status >= NORMAL && status <= UNACCEPTABLE_TYPE || status >= INVALID_PAYLOAD && status <= 1014
                || status >= 3000 && status <= 4999;
    }

    /**
     * Reads the status of a received close frame, and checks its reason.
     *
     * @param payload the unmasked payload; borrowed, with its indexes unchanged
     * @return the status, or {@link #NO_STATUS} if the payload is empty
     * @throws WebSocketException if the payload has one byte, a status that must not be sent, or a reason that is not
     *                            UTF-8
     */
    public static int read(ByteBuf payload) {
        int length = payload.readableBytes();
        if (length == 0) {
            return NO_STATUS;
        }
        if (length < MIN_STATUS_BYTES) {
            throw new WebSocketException(PROTOCOL_ERROR, "close frame: 1 byte (expected: none, or a status)");
        }
        int status = payload.getUnsignedShort(payload.readerIndex());
        if (!mayBeSent(status)) {
            throw new WebSocketException(PROTOCOL_ERROR, "close frame: status " + status
                    + " (expected: a status that may be sent)");
        }
        Utf8Checker reason = new Utf8Checker();
        reason.check(payload, payload.readerIndex() + MIN_STATUS_BYTES, payload.writerIndex());
        reason.end();
        return status;
    }
}
