// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.mock;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;

/**
 * The output of one answer, independent of the HTTP version.
 *
 * <p><b>Threading:</b> confined to the event loop of its connection.
 */
interface AnswerWire {
    /** Returns the channel whose writability limits further writes. */
    Channel channel();

    /** Sends the response head of an event stream. */
    void head(String requestId);

    /** Appends an event to a batch, inside a chunk of its own if the body is chunked; borrows the batch. */
    void frame(ByteBuf batch, byte[] event);

    /** Sends bytes; takes the buffer. */
    void send(ByteBuf bytes);

    /** Ends the body cleanly and returns whether the connection can be reused. */
    boolean end();

    /** Closes the connection without ending the body. */
    void close();

    /** Resets the connection with HTTP/1.1, or only the stream with HTTP/2. */
    void reset();
}
