// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.websocket;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;

/**
 * A WebSocket server that returns each message, for the Autobahn test suite (tools/autobahn.sh). It has the frames, the
 * check of text and the close statuses of this package, and blocking sockets.
 */
public final class EchoServer {
    private static final int READ_BYTES = 64 * 1024;
    private static final long MAX_MESSAGE_BYTES = 64L * 1024 * 1024;
    private static final int MAX_FRAMES = 1_000_000;

    private final Socket socket;
    private final OutputStream out;
    private final FrameScanner frames = new FrameScanner(true, MAX_MESSAGE_BYTES, MAX_FRAMES);
    private final Utf8Checker utf8 = new Utf8Checker();
    private final ByteBuf message = Unpooled.buffer();
    private boolean isClosed;

    private EchoServer(Socket socket) throws IOException {
        this.socket = socket;
        out = socket.getOutputStream();
    }

    /**
     * Serves until the process ends.
     *
     * @param arguments the port
     */
    public static void main(String[] arguments) throws IOException {
        try (ServerSocket server = new ServerSocket(Integer.parseInt(arguments[0]), 64,
                InetAddress.getLoopbackAddress())) {
            System.out.println("listening");
            while (true) {
                Socket socket = server.accept();
                socket.setTcpNoDelay(true);
                Thread thread = new Thread(() -> serve(socket));
                thread.setDaemon(true);
                thread.start();
            }
        }
    }

    private static void serve(Socket socket) {
        try (socket) {
            new EchoServer(socket).run();
        } catch (Exception e) {
            System.err.println(e); // the suite records what the peer has seen
        }
    }

    private void run() throws Exception {
        InputStream in = socket.getInputStream();
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            head.append((char) in.read());
        }
        int at = head.toString().toLowerCase(java.util.Locale.ROOT).indexOf("sec-websocket-key: ") + 19;
        String key = head.substring(at, head.indexOf("\r", at));
        byte[] hash = MessageDigest.getInstance("SHA-1").digest((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
                .getBytes(StandardCharsets.US_ASCII));
        out.write(("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Accept: " + Base64.getEncoder().encodeToString(hash) + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
        byte[] bytes = new byte[READ_BYTES];
        for (int count = in.read(bytes); count >= 0 && !isClosed; count = in.read(bytes)) {
            try {
                scan(Unpooled.wrappedBuffer(bytes, 0, count));
            } catch (WebSocketException e) {
                close(e.status());
            }
        }
    }

    private void scan(ByteBuf bytes) throws IOException {
        int at = bytes.readerIndex();
        while (!isClosed) {
            FrameScanner.Found found = frames.scan(bytes, at, bytes.writerIndex());
            at = frames.to();
            switch (found) {
                case NOTHING -> {
                    return;
                }
                case CONTROL -> onControl();
                default -> onPayload(bytes);
            }
        }
    }

    private void onPayload(ByteBuf bytes) throws IOException {
        if (frames.opcode() == FrameScanner.TEXT) {
            utf8.check(bytes, frames.from(), frames.to());
        }
        message.writeBytes(bytes, frames.from(), frames.to() - frames.from());
        if (frames.isMessageEnd()) {
            utf8.end();
            write(frames.opcode(), message);
            message.clear();
        }
    }

    private void onControl() throws IOException {
        switch (frames.opcode()) {
            case FrameScanner.PING -> write(FrameScanner.PONG, frames.control());
            case FrameScanner.CLOSE -> close(CloseStatus.read(frames.control()));
            default -> { } // an unsolicited pong (RFC 6455 section 5.5.3)
        }
    }

    private void close(int status) throws IOException {
        isClosed = true;
        ByteBuf payload = Unpooled.buffer(2);
        if (status != CloseStatus.NO_STATUS) {
            payload.writeShort(status);
        }
        write(FrameScanner.CLOSE, payload);
        socket.shutdownOutput();
    }

    private void write(int opcode, ByteBuf payload) throws IOException {
        ByteBuf frame = Unpooled.buffer(payload.readableBytes() + FrameWriter.MAX_HEAD_BYTES);
        FrameWriter.writeHead(frame, opcode, true, payload.readableBytes());
        frame.writeBytes(payload, payload.readerIndex(), payload.readableBytes());
        out.write(frame.array(), 0, frame.readableBytes());
        out.flush();
    }
}
