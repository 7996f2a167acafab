// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** One side of a WebSocket, frame by frame, over a blocking socket. */
public final class WebSocketPeer implements AutoCloseable {
    /** The headers of a valid handshake besides Host. */
    public static final String UPGRADE = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

    private final RawPeer peer;
    private final boolean isClient;
    private final DataInputStream in;

    private WebSocketPeer(RawPeer peer, boolean isClient) {
        this.peer = peer;
        this.isClient = isClient;
        in = new DataInputStream(peer.in());
    }

    /** Connects to a relay; fails unless the handshake is accepted. */
    public static WebSocketPeer connect(int port, String... headers) throws IOException {
        RawPeer peer = RawPeer.connect(port);
        String answer = peer.write(request("/v1/responses", headers)).readHead();
        if (!answer.startsWith("HTTP/1.1 101 ")
                || !answer.contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")) {
            throw new IOException("handshake refused: " + answer + new String(peer.in().readAllBytes(), UTF_8));
        }
        return new WebSocketPeer(peer, true);
    }

    /** Returns the client's side of a connection whose handshake was accepted. */
    public static WebSocketPeer client(RawPeer peer) {
        return new WebSocketPeer(peer, true);
    }

    /** Returns a request for an upgrade. */
    public static String request(String target, String... headers) {
        StringBuilder head = new StringBuilder("GET " + target + " HTTP/1.1\r\nHost: relay\r\n" + UPGRADE);
        for (String header : headers) {
            head.append(header).append("\r\n");
        }
        return head + "\r\n";
    }

    /** Accepts the handshake of a relay. */
    public static WebSocketPeer accept(RawPeer peer) throws Exception {
        return accept(peer, peer.readHead());
    }

    /** Accepts a handshake that was read, with further headers. */
    public static WebSocketPeer accept(RawPeer peer, String head, String... headers) throws Exception {
        int at = head.toLowerCase(java.util.Locale.ROOT).indexOf("sec-websocket-key: ") + 19;
        String key = head.substring(at, head.indexOf('\r', at));
        byte[] hash = MessageDigest.getInstance("SHA-1").digest((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
                .getBytes(UTF_8));
        peer.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Accept: " + Base64.getEncoder().encodeToString(hash) + "\r\n"
                + String.join("", List.of(headers).stream().map(each -> each + "\r\n").toList()) + "\r\n");
        return new WebSocketPeer(peer, false);
    }

    public RawPeer raw() {
        return peer;
    }

    /** Sends a text message in one frame. */
    public WebSocketPeer send(String text) throws IOException {
        return frame(1, true, text.getBytes(UTF_8));
    }

    /** Sends a frame. */
    public WebSocketPeer frame(int opcode, boolean isFinal, byte[] payload) throws IOException {
        peer.write(bytesOf(opcode, isFinal, payload, isClient));
        return this;
    }

    /** Sends a close frame. */
    public WebSocketPeer close(int status, String reason) throws IOException {
        byte[] text = reason.getBytes(UTF_8);
        byte[] payload = new byte[2 + text.length];
        payload[0] = (byte) (status >> 8);
        payload[1] = (byte) status;
        System.arraycopy(text, 0, payload, 2, text.length);
        return frame(8, true, payload);
    }

    /** Returns a frame. */
    public static byte[] bytesOf(int opcode, boolean isFinal, byte[] payload, boolean isMasked) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(opcode | (isFinal ? 0x80 : 0));
        int mask = isMasked ? 0x80 : 0;
        if (payload.length < 126) {
            out.write(mask | payload.length);
        } else if (payload.length < 65536) {
            out.write(mask | 126);
            out.write(payload.length >> 8);
            out.write(payload.length);
        } else {
            out.write(mask | 127);
            for (int i = 7; i >= 0; i--) {
                out.write((int) ((long) payload.length >> 8 * i));
            }
        }
        byte[] key = {1, 2, 3, 4};
        if (isMasked) {
            out.writeBytes(key);
        }
        for (int i = 0; i < payload.length; i++) {
            out.write(isMasked ? payload[i] ^ key[i & 3] : payload[i]);
        }
        return out.toByteArray();
    }

    /** Reads the next frame. */
    public Frame readFrame() throws IOException {
        int first = in.read();
        if (first < 0) {
            throw new EOFException();
        }
        int second = in.readUnsignedByte();
        if ((second & 0x80) != 0 == isClient) {
            throw new IOException(isClient ? "a masked frame of a server" : "an unmasked frame of a client");
        }
        long length = second & 0x7f;
        length = length == 126 ? in.readUnsignedShort() : length == 127 ? in.readLong() : length;
        byte[] key = new byte[4];
        if (!isClient) {
            in.readFully(key);
        }
        byte[] payload = new byte[(int) length];
        in.readFully(payload);
        for (int i = 0; i < payload.length; i++) {
            payload[i] ^= key[i & 3];
        }
        return new Frame(first & 15, (first & 0x80) != 0, payload);
    }

    /** Reads the next text message, which may be in several frames; answers pings. */
    public String read() throws IOException {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        while (true) {
            Frame next = readFrame();
            switch (next.opcode) {
                case 0, 1 -> {
                    text.writeBytes(next.payload);
                    if (next.isFinal) {
                        return text.toString(UTF_8);
                    }
                }
                case 9 -> frame(10, true, next.payload);
                case 10 -> { }
                case 8 -> throw new EOFException("closed with status " + next.status());
                default -> throw new IOException("a frame with opcode " + next.opcode + ", status " + next.status());
            }
        }
    }

    /** Pings, and skips frames until the answer: the other side has read everything that was sent before. */
    public void awaitPong() throws IOException {
        frame(9, true, new byte[] {7});
        while (readFrame().opcode != 10) {
            // a ping of the other side's own
        }
    }

    /** Reads messages up to and including the one that contains a text. */
    public List<String> readUntil(String text) throws IOException {
        List<String> messages = new ArrayList<>();
        do {
            messages.add(read());
        } while (!messages.get(messages.size() - 1).contains(text));
        return messages;
    }

    /** Skips messages until the close frame, and returns its status. */
    public int readClose() throws IOException {
        while (true) {
            Frame next = readFrame();
            if (next.opcode == 8) {
                return next.status();
            }
        }
    }

    @Override
    public void close() throws IOException {
        peer.close();
    }

    /** A frame. */
    public record Frame(int opcode, boolean isFinal, byte[] payload) {
        /** Returns the status of a close frame; 1005 for none. */
        public int status() {
            return payload.length < 2 ? 1005 : (payload[0] & 0xff) << 8 | payload[1] & 0xff;
        }

        public String text() {
            return new String(payload, UTF_8);
        }
    }
}
