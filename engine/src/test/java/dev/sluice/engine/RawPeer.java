// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.util.Locale;

/** One side of a connection, byte by byte, over a blocking socket. */
public final class RawPeer implements AutoCloseable {
    private static final int TIMEOUT_MILLIS = 20_000;

    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;

    public RawPeer(Socket socket) {
        try {
            this.socket = socket;
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(TIMEOUT_MILLIS);
            in = new BufferedInputStream(socket.getInputStream());
            out = socket.getOutputStream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static RawPeer connect(int port) {
        try {
            return new RawPeer(new Socket(InetAddress.getLoopbackAddress(), port));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public RawPeer write(String text) throws IOException {
        return write(text.getBytes(ISO_8859_1));
    }

    public RawPeer write(byte[] bytes) throws IOException {
        out.write(bytes);
        out.flush();
        return this;
    }

    /** Reads up to and including the empty line that ends a head. */
    public String readHead() throws IOException {
        return readUntil("\r\n\r\n");
    }

    /** Reads up to and including {@code end}. */
    public String readUntil(String end) throws IOException {
        StringBuilder text = new StringBuilder();
        while (text.length() < end.length() || !end.contentEquals(text.subSequence(text.length() - end.length(),
                text.length()))) {
            int b = in.read();
            if (b < 0) {
                throw text.isEmpty() ? new EOFException() : new IOException("end of input after: " + text);
            }
            text.append((char) b);
        }
        return text.toString();
    }

    public byte[] readBytes(int count) throws IOException {
        byte[] bytes = in.readNBytes(count);
        if (bytes.length == 0 && count > 0) {
            throw new EOFException();
        }
        if (bytes.length < count) {
            throw new IOException("end of input after " + bytes.length + " bytes");
        }
        return bytes;
    }

    /** Reads one request or response with its body. */
    public Message readMessage() throws IOException {
        String head = readHead();
        String lower = head.toLowerCase(Locale.ROOT);
        if (lower.contains("transfer-encoding: chunked")) {
            return new Message(head, readChunks());
        }
        int at = lower.indexOf("content-length: ");
        if (at < 0) {
            boolean isResponse = head.startsWith("HTTP/");
            return new Message(head, isResponse ? in.readAllBytes() : new byte[0]);
        }
        int end = lower.indexOf('\r', at);
        return new Message(head, readBytes(Integer.parseInt(lower.substring(at + 16, end))));
    }

    private byte[] readChunks() throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        while (true) {
            int size = Integer.parseInt(readUntil("\r\n").trim(), 16);
            body.writeBytes(readBytes(size));
            readUntil("\r\n");
            if (size == 0) {
                return body.toByteArray();
            }
        }
    }

    /** Reads to the end of input; a reset causes an exception instead. */
    public String readAll() throws IOException {
        return new String(in.readAllBytes(), ISO_8859_1);
    }

    /** Waits for the other side to close or reset the connection; returns false if a byte arrives instead. */
    public boolean awaitClose() throws IOException {
        try {
            return in.read() < 0;
        } catch (SocketException reset) {
            return true;
        }
    }

    /** Returns the input that has not been read yet. */
    public InputStream in() {
        return in;
    }

    public Socket socket() {
        return socket;
    }

    /** Closes the connection with a reset. */
    public void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    /** A head and its body, without framing. */
    public record Message(String head, byte[] body) {
        public String text() {
            return new String(body, ISO_8859_1);
        }
    }
}
