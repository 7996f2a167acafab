// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.mock;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;

/** How one answer's bytes reach whoever asked, whatever the protocol. Confined to its connection's loop. */
interface AnswerWire {
    /** Returns the channel whose writability says whether more may be written. */
    Channel channel();

    /** Sends the head of an event stream. */
    void head(String requestId);

    /** Adds the bytes of an event to a write, framed where each event has a frame of its own. */
    void frame(ByteBuf batch, byte[] event);

    /** Sends bytes; takes them. */
    void send(ByteBuf bytes);

    /** Ends the body cleanly; returns whether the connection can be used again. */
    boolean end();

    /** Closes the connection without an end of the body. */
    void close();

    /** Resets the connection, or where there are streams this one. */
    void reset();
}
