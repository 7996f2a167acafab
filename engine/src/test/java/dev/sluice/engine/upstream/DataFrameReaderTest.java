// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.upstream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DataFrameReaderTest {
    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int PING = 6;

    private final EmbeddedChannel channel = new EmbeddedChannel(new ChannelInboundHandlerAdapter());
    private final DataFrameReader reader = new DataFrameReader(8192);
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private final List<String> told = new ArrayList<>();
    private final ByteArrayOutputStream wire = new ByteArrayOutputStream();

    @AfterEach
    void close() {
        reader.close();
        channel.close();
    }

    private void frame(int type, int flags, int stream, byte... payload) {
        ByteBuf head = Unpooled.buffer().writeMedium(payload.length).writeByte(type).writeByte(flags).writeInt(stream);
        wire.writeBytes(Arrays.copyOf(head.array(), 9));
        wire.writeBytes(payload);
    }

    /**
     * Feeds the written frames to the reader in steps of {@code step} bytes. Unread bytes are presented again, as a
     * ByteToMessageDecoder would do.
     */
    private void read(int step) throws Http2Exception {
        ByteBuf input = Unpooled.buffer();
        byte[] bytes = wire.toByteArray();
        for (int i = 0; i < bytes.length; i += step) {
            input.writeBytes(bytes, i, Math.min(step, bytes.length - i));
            reader.readFrame(channel.pipeline().firstContext(), input, new Told());
        }
        assertEquals(0, input.readableBytes());
    }

    private final class Told extends Http2FrameAdapter {
        @Override
        public int onDataRead(ChannelHandlerContext ctx, int stream, ByteBuf data, int padding, boolean isEnd) {
            byte[] bytes = new byte[data.readableBytes()];
            data.readBytes(bytes);
            body.writeBytes(bytes);
            told.add(stream + (isEnd ? " end" : ""));
            return 0;
        }

        @Override
        public void onPingRead(ChannelHandlerContext ctx, long data) {
            told.add("ping");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 100_000})
    void shouldTellOfDataAsItComes(int step) throws Http2Exception {
        byte[] payload = new byte[300];
        for (int i = 0; i < payload.length; i++) {
            payload[i] = (byte) i;
        }
        frame(DATA, 0, 1, payload);
        frame(PING, 0, 0, new byte[8]);
        frame(DATA, 0, 3);
        frame(DATA, 8, 3, new byte[] {2, 'p', 0, 0}); // padded: read as a whole by Netty's reader
        frame(DATA, 1, 1, payload);
        frame(DATA, 1, 3);
        read(step);

        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        expected.writeBytes(payload);
        expected.write('p');
        expected.writeBytes(payload);
        assertArrayEquals(expected.toByteArray(), body.toByteArray());
        String order = told.stream().distinct().collect(Collectors.joining(", "));
        assertEquals("1, ping, 3, 1 end, 3 end", order);
        assertEquals(1, told.stream().filter("1 end"::equals).count());
    }

    @Test
    void shouldNotTakeDataInsideAHeaderBlock() {
        frame(HEADERS, 0, 1, (byte) 0x88); // without END_HEADERS
        frame(DATA, 0, 1, (byte) 'x');
        assertThrows(Http2Exception.class, () -> read(1000));
        assertEquals(0, body.size());
    }

    @Test
    void shouldNotTakeDataOfNoStreamOrOverTheFrameSize() {
        frame(DATA, 0, 0, (byte) 'x');
        assertThrows(Http2Exception.class, () -> read(1000));
        wire.reset();
        frame(DATA, 0, 1, new byte[16_385]);
        DataFrameReader other = new DataFrameReader(8192);
        assertThrows(Http2Exception.class, () -> other.readFrame(null, Unpooled.wrappedBuffer(wire.toByteArray()),
                new Told()));
        other.close();
        assertEquals(0, body.size());
    }
}
