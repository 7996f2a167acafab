// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CoalescingWriterTest {
    private ChannelHandlerContext context;
    private final EmbeddedChannel channel = new EmbeddedChannel(new ChannelInboundHandlerAdapter() {
        @Override
        public void handlerAdded(ChannelHandlerContext ctx) {
            context = ctx;
        }
    });
    private final CoalescingWriter writer = new CoalescingWriter(context);

    @AfterEach
    void close() {
        writer.release();
        channel.finishAndReleaseAll();
    }

    private static ByteBuf text(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
    }

    private String written() {
        ByteBuf buffer = channel.readOutbound();
        if (buffer == null) {
            return null;
        }
        try {
            return buffer.toString(StandardCharsets.US_ASCII);
        } finally {
            buffer.release();
        }
    }

    @Test
    void shouldWriteHeadAndShortBodyAsOne() {
        writer.room(4).writeBytes(new byte[] {'h', 'e', 'a', 'd'});
        writer.write(text("body"));
        assertNull(written(), "before the flush");
        writer.flush();
        assertEquals("headbody", written());
        assertNull(written());
    }

    @Test
    void shouldWriteABufferOnItsOwnAsItIs() {
        ByteBuf read = text("event");
        writer.write(read);
        writer.flush();
        ByteBuf sent = channel.readOutbound();
        assertEquals(System.identityHashCode(read), System.identityHashCode(sent), "it was copied");
        sent.release();
    }

    @Test
    void shouldKeepTheOrderAroundALongBuffer() {
        String large = "x".repeat(CoalescingWriter.COPY_BYTES + 1);
        writer.room(1).writeByte('a');
        writer.write(text(large));
        writer.room(1).writeByte('b');
        ByteBuf borrowed = text("0" + large + "1");
        writer.writePart(borrowed, 1, large.length());
        writer.writePart(borrowed, 0, 1);
        borrowed.release();
        writer.flush();
        StringBuilder all = new StringBuilder();
        for (String part = written(); part != null; part = written()) {
            all.append(part);
        }
        assertEquals("a" + large + "b" + large + "0", all.toString());
    }

    @Test
    void shouldBeginAnotherBufferWhereThereIsNoRoom() {
        channel.config().setAllocator(UnpooledByteBufAllocator.DEFAULT); // its buffers have just the size asked for
        writer.room(CoalescingWriter.COPY_BYTES).writeZero(CoalescingWriter.COPY_BYTES - 1);
        writer.write(text("abc"));
        writer.flush();
        assertEquals(CoalescingWriter.COPY_BYTES - 1, written().length());
        assertEquals("abc", written());
    }
}
