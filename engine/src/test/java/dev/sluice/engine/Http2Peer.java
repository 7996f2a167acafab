// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * One side of an HTTP/2 connection, frame by frame, over a {@link RawPeer}. It sends what the test requests and
 * acknowledgments, and nothing else.
 */
final class Http2Peer implements AutoCloseable {
    static final int DATA = 0;
    static final int HEADERS = 1;
    static final int PRIORITY = 2;
    static final int RST_STREAM = 3;
    static final int SETTINGS = 4;
    static final int PUSH_PROMISE = 5;
    static final int PING = 6;
    static final int GOAWAY = 7;
    static final int WINDOW_UPDATE = 8;
    static final int CONTINUATION = 9;
    static final int END_STREAM = 1;
    static final int ACK = 1;
    static final int END_HEADERS = 4;
    static final int MAX_WINDOW = Integer.MAX_VALUE;

    private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    private static final int FIRST_WINDOW = 65_535;
    private static final int MAX_FRAME = 16_384;
    private static final int INITIAL_WINDOW = 4;

    private final RawPeer peer;
    private final DefaultHttp2HeadersEncoder encoder = new DefaultHttp2HeadersEncoder();
    private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder(false, 1 << 20);
    private int nextStream = 1;
    private long connectionWindow = FIRST_WINDOW;
    private int streamWindows = FIRST_WINDOW;
    private final Map<Integer, Long> gained = new HashMap<>();

    Http2Peer(RawPeer peer) {
        this.peer = peer;
    }

    /** Sends the client's preface, and opens every receive window to its maximum. */
    Http2Peer open() throws IOException {
        peer.write(PREFACE);
        return settings(INITIAL_WINDOW, MAX_WINDOW).openConnectionWindow();
    }

    /** Sends the client's preface and SETTINGS with a window per stream; the connection's window stays as it is. */
    Http2Peer open(int streamWindowBytes) throws IOException {
        peer.write(PREFACE);
        return settings(INITIAL_WINDOW, streamWindowBytes);
    }

    /** Reads the client's preface and sends the SETTINGS of a server. */
    Http2Peer accept(int... settings) throws IOException {
        String preface = new String(peer.readBytes(PREFACE.length()), ISO_8859_1);
        if (!preface.equals(PREFACE)) {
            throw new IOException("preface: " + preface);
        }
        return settings(settings);
    }

    /** Sends SETTINGS, given as pairs of identifier and value. */
    Http2Peer settings(int... settings) throws IOException {
        ByteBuffer payload = ByteBuffer.allocate(settings.length * 3);
        for (int i = 0; i < settings.length; i += 2) {
            payload.putShort((short) settings[i]).putInt(settings[i + 1]);
        }
        return write(SETTINGS, 0, 0, payload.array());
    }

    Http2Peer openConnectionWindow() throws IOException {
        return windowUpdate(0, MAX_WINDOW - FIRST_WINDOW);
    }

    Http2Peer windowUpdate(int stream, int bytes) throws IOException {
        return write(WINDOW_UPDATE, 0, stream, ByteBuffer.allocate(4).putInt(bytes).array());
    }

    Http2Peer reset(int stream, int error) throws IOException {
        return write(RST_STREAM, 0, stream, ByteBuffer.allocate(4).putInt(error).array());
    }

    Http2Peer goAway(int lastStream, int error) throws IOException {
        return write(GOAWAY, 0, 0, ByteBuffer.allocate(8).putInt(lastStream).putInt(error).array());
    }

    /** Sends DATA regardless of the windows, and deducts it from them. */
    Http2Peer data(int stream, byte[] bytes, boolean isEnd) throws IOException {
        useWindow(stream, bytes.length);
        return write(DATA, isEnd ? END_STREAM : 0, stream, bytes);
    }

    Http2Peer data(int stream, String text, boolean isEnd) throws IOException {
        return data(stream, text.getBytes(ISO_8859_1), isEnd);
    }

    /** Sends a header list, given as pairs of name and value. */
    Http2Peer headers(int stream, boolean isEnd, String... fields) throws IOException {
        return write(HEADERS, END_HEADERS | (isEnd ? END_STREAM : 0), stream, encode(stream, fields));
    }

    byte[] encode(int stream, String... fields) throws IOException {
        Http2Headers headers = new DefaultHttp2Headers(false);
        for (int i = 0; i < fields.length; i += 2) {
            headers.add(fields[i], fields[i + 1]);
        }
        ByteBuf block = Unpooled.buffer();
        try {
            encoder.encodeHeaders(stream, headers, block);
        } catch (Http2Exception e) {
            throw new IOException(e);
        }
        byte[] bytes = new byte[block.readableBytes()];
        block.readBytes(bytes);
        return bytes;
    }

    /** Sends a request and returns its stream. */
    int request(String method, String path, String body, String... more) throws IOException {
        int stream = nextStream;
        nextStream += 2;
        String[] fields = new String[10 + more.length];
        System.arraycopy(new String[] {":method", method, ":scheme", "http", ":authority", "relay", ":path", path,
            "content-type", "application/json"}, 0, fields, 0, 10);
        System.arraycopy(more, 0, fields, 10, more.length);
        headers(stream, body == null, fields);
        if (body != null) {
            send(stream, body.getBytes(ISO_8859_1));
        }
        return stream;
    }

    /** Sends a body in frames, as fast as the other side's windows allow. */
    private void send(int stream, byte[] body) throws IOException {
        int sent = 0;
        do {
            int length = Math.min(MAX_FRAME, body.length - sent);
            awaitWindow(stream, length);
            data(stream, Arrays.copyOfRange(body, sent, sent + length), sent + length == body.length);
            sent += length;
        } while (sent < body.length);
    }

    /** Waits for windows of at least {@code bytes}, and drops the other frames that arrive meanwhile. */
    void awaitWindow(int stream, int bytes) throws IOException {
        while (!hasWindow(stream, bytes)) {
            takeUpdate();
        }
    }

    /** Deducts bytes from the windows that are not sent by {@link #data}. */
    void useWindow(int stream, int bytes) {
        connectionWindow -= bytes;
        gained.merge(stream, (long) -bytes, Long::sum);
    }

    boolean hasWindow(int stream, int bytes) {
        return connectionWindow >= bytes && streamWindows + gained.getOrDefault(stream, 0L) >= bytes;
    }

    /** Reads one frame, which may extend a window. */
    void takeUpdate() throws IOException {
        onSettings(read());
    }

    int post(String body) throws IOException {
        return request("POST", "/v1/responses", body);
    }

    Http2Peer write(int type, int flags, int stream, byte[] payload) throws IOException {
        peer.write(frame(type, flags, stream, payload));
        return this;
    }

    static byte[] frame(int type, int flags, int stream, byte[] payload) {
        return ByteBuffer.allocate(9 + payload.length).putShort((short) (payload.length >> 8))
                .put((byte) payload.length).put((byte) type).put((byte) flags).putInt(stream).put(payload).array();
    }

    /** Reads the next frame of any type; HEADERS together with their CONTINUATION frames. */
    Frame read() throws IOException {
        ByteBuffer head = ByteBuffer.wrap(peer.readBytes(9));
        int length = (head.getShort() & 0xffff) << 8 | head.get() & 0xff;
        int type = head.get();
        int flags = head.get();
        int stream = head.getInt();
        byte[] payload = peer.readBytes(length);
        Http2Headers headers = null;
        if (type == HEADERS) {
            ByteArrayOutputStream block = new ByteArrayOutputStream();
            block.writeBytes(payload);
            for (int last = flags; (last & END_HEADERS) == 0;) {
                Frame next = read();
                block.writeBytes(next.payload);
                last = next.flags;
            }
            try {
                headers = decoder.decodeHeaders(stream, Unpooled.wrappedBuffer(block.toByteArray()));
            } catch (Http2Exception e) {
                throw new IOException(e);
            }
        }
        Frame frame = new Frame(type, flags, stream, payload, headers);
        if (type == WINDOW_UPDATE && stream == 0) {
            connectionWindow += frame.lastStream();
        } else if (type == WINDOW_UPDATE) {
            gained.merge(stream, (long) frame.lastStream(), Long::sum);
        }
        return frame;
    }

    private void onSettings(Frame frame) throws IOException {
        if (frame.type != SETTINGS || frame.flags != 0) {
            return;
        }
        write(SETTINGS, ACK, 0, new byte[0]);
        ByteBuffer payload = ByteBuffer.wrap(frame.payload);
        while (payload.hasRemaining()) {
            int id = payload.getShort();
            int value = payload.getInt();
            streamWindows = id == INITIAL_WINDOW ? value : streamWindows;
        }
    }

    /** Reads up to the next frame other than SETTINGS, PING, WINDOW_UPDATE and PRIORITY; acknowledges the first two. */
    Frame next() throws IOException {
        while (true) {
            Frame frame = read();
            onSettings(frame);
            if (frame.type == PING && frame.flags == 0) {
                write(PING, ACK, 0, frame.payload);
            } else if (frame.type != SETTINGS && frame.type != PING && frame.type != WINDOW_UPDATE
                    && frame.type != PRIORITY) {
                return frame;
            }
        }
    }

    /** Reads up to the next frame of a type. */
    Frame await(int type) throws IOException {
        Frame frame = type == WINDOW_UPDATE || type == PING || type == SETTINGS ? read() : next();
        while (frame.type != type) {
            frame = type == WINDOW_UPDATE || type == PING || type == SETTINGS ? read() : next();
        }
        return frame;
    }

    RawPeer raw() {
        return peer;
    }

    @Override
    public void close() throws IOException {
        peer.close();
    }

    /** One frame as received; {@code headers} is null unless the frame is HEADERS. */
    record Frame(int type, int flags, int stream, byte[] payload, Http2Headers headers) {
        boolean isEnd() {
            return (type == DATA || type == HEADERS) && (flags & END_STREAM) != 0;
        }

        int error() {
            return ByteBuffer.wrap(payload).getInt(type == GOAWAY ? 4 : 0);
        }

        int lastStream() {
            return ByteBuffer.wrap(payload).getInt();
        }

        String text() {
            return new String(payload, ISO_8859_1);
        }
    }
}
