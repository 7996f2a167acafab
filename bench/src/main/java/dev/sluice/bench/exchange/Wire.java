// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.bench.exchange;

import dev.sluice.bench.Shapes;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/** The shared parts of this package's benchmark drivers: one event, its framing, and sockets that block at first. */
final class Wire {
    /** One event of about 300 bytes. */
    static final String EVENT = Shapes.textDelta(7);

    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int SETTINGS = 4;
    private static final int WINDOW_UPDATE = 8;
    private static final int UPSTREAM_STREAM = 3;

    private Wire() {
    }

    static SocketChannel connect(int port) throws IOException {
        SocketChannel channel = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        return channel;
    }

    static void write(SocketChannel channel, String text) throws IOException {
        channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1)));
    }

    static String readUntil(SocketChannel channel, String end) throws IOException {
        ByteBuffer one = ByteBuffer.allocate(1);
        StringBuilder text = new StringBuilder();
        while (text.indexOf(end) < 0) {
            one.clear();
            if (channel.read(one) < 0) {
                throw new IOException("end of input after " + text);
            }
            text.append((char) one.get(0));
        }
        return text.toString();
    }

    static String chunk(String data) {
        return Integer.toHexString(data.length()) + "\r\n" + data + "\r\n";
    }

    /** Returns a DATA frame of the upstream's stream, which has the id 3 because Netty's client begins with it. */
    static String data(String payload) {
        return frame(DATA, 0, UPSTREAM_STREAM, payload);
    }

    static String request(boolean isHttp2) throws IOException {
        String body = "{\"model\":\"m\",\"stream\":true}";
        if (!isHttp2) {
            return "POST /v1/responses HTTP/1.1\r\nhost: a\r\ncontent-length: " + body.length() + "\r\n\r\n" + body;
        }
        return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0, "\0\4\177\u00ff\u00ff\u00ff")
                + frame(WINDOW_UPDATE, 0, 0, "\177\u00ff\0\0") + frame(HEADERS, 4, 1, headers(":method", "POST",
                ":scheme", "http", ":authority", "a", ":path", "/v1/responses")) + frame(DATA, 1, 1, body);
    }

    /** Returns the WINDOW_UPDATE frames that add {@code bytes} to the downstream's connection and stream windows. */
    static String windows(int bytes) {
        String payload = new String(ByteBuffer.allocate(4).putInt(bytes).array(), StandardCharsets.ISO_8859_1);
        return frame(WINDOW_UPDATE, 0, 0, payload) + frame(WINDOW_UPDATE, 0, 1, payload);
    }

    /** Returns the bytes that an upstream sends before the request; empty for HTTP/1.1. */
    static String serverPreface(boolean isHttp2) {
        return isHttp2 ? frame(SETTINGS, 0, 0, "") : "";
    }

    /** Returns the head of an event stream. */
    static String head(boolean isHttp2) throws IOException {
        return isHttp2 ? frame(SETTINGS, 1, 0, "") + frame(HEADERS, 4, UPSTREAM_STREAM, headers(":status", "200",
                "content-type", "text/event-stream"))
                : "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    }

    private static String frame(int type, int flags, int stream, String payload) {
        ByteBuffer head = ByteBuffer.allocate(PayloadCounter.HEAD_BYTES).putShort((short) (payload.length() >> 8))
                .put((byte) payload.length()).put((byte) type).put((byte) flags).putInt(stream);
        return new String(head.array(), StandardCharsets.ISO_8859_1) + payload;
    }

    private static String headers(String... fields) throws IOException {
        Http2Headers list = new DefaultHttp2Headers();
        for (int i = 0; i < fields.length; i += 2) {
            list.add(fields[i], fields[i + 1]);
        }
        ByteBuf block = Unpooled.buffer();
        try {
            new DefaultHttp2HeadersEncoder().encodeHeaders(1, list, block);
        } catch (Http2Exception e) {
            throw new IOException(e);
        }
        return block.toString(StandardCharsets.ISO_8859_1);
    }
}
