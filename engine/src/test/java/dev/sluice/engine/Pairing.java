// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.sluice.engine.Http2Peer.Frame;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.Arrays;
import java.util.Locale;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/**
 * A combination of downstream and upstream protocol, with a client and a server that speak them, so that one test runs
 * with every combination.
 *
 * @param isDownstream2 whether the downstream speaks HTTP/2 rather than HTTP/1.1
 * @param isUpstream2   whether the upstream speaks HTTP/2 rather than HTTP/1.1
 * @param isTls         whether both sides use TLS
 */
record Pairing(boolean isDownstream2, boolean isUpstream2, boolean isTls) {
    private static final int CANCEL = 8;
    private static final int INTERNAL_ERROR = 2;

    @Override
    public String toString() {
        return (isDownstream2 ? "h2" : "h1") + " to " + (isUpstream2 ? "h2" : "h1") + (isTls ? ", TLS" : "");
    }

    /** Connects to a relay. */
    Client connect(int port, SSLContext tls) throws Exception {
        Socket socket = isTls ? tls.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port)
                : new Socket(InetAddress.getLoopbackAddress(), port);
        if (socket instanceof SSLSocket secure) {
            offer(secure, isDownstream2);
            secure.startHandshake();
        }
        RawPeer peer = new RawPeer(socket);
        return isDownstream2 ? new Client2(new Http2Peer(peer).open()) : new Client1(peer);
    }

    static void offer(SSLSocket socket, boolean isHttp2) {
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setApplicationProtocols(new String[] {isHttp2 ? "h2" : "http/1.1"});
        socket.setSSLParameters(parameters);
    }

    /** Accepts a connection from a relay. */
    Server accept(RawPeer peer) throws IOException {
        if (peer.socket() instanceof SSLSocket secure) {
            offer(secure, isUpstream2);
            secure.startHandshake();
        }
        return isUpstream2 ? new Server2(new Http2Peer(peer).accept().openConnectionWindow()) : new Server1(peer);
    }

    /** Closes the connection at the first byte of a further request, or at its HEADERS frame over HTTP/2. */
    void closeOnRequest(Server server) throws IOException {
        if (server instanceof Server2 http2) {
            while (http2.peer.read().type() != Http2Peer.HEADERS) {
                // acknowledgments and window updates
            }
        } else {
            server.raw().readBytes(1);
        }
        server.raw().close();
    }

    /** A downstream that sends one request at a time. */
    interface Client extends AutoCloseable {
        /** Sends a request to {@code /v1/responses}. */
        Client post(String body) throws IOException;

        /** Reads the response head and returns its status. */
        int status() throws IOException;

        /** Returns a header of the head that was read, or null if it is absent. */
        String header(String name);

        /** Reads the body up to and including {@code end}. */
        String readUntil(String end) throws IOException;

        /** Reads the rest of the body. */
        Rest readRest() throws IOException;

        /** Returns whether no further part of an answer has arrived; takes some time to decrypt what is there. */
        boolean isSilent() throws IOException;

        /** Closes the connection, or resets the stream over HTTP/2, in the middle of an answer. */
        void leave() throws IOException;

        RawPeer raw();

        @Override
        void close() throws IOException;
    }

    /**
     * The rest of a body.
     *
     * @param bytes   the bytes received, up to the end
     * @param isClean whether the framing marked the end
     */
    record Rest(byte[] bytes, boolean isClean) {
        String text() {
            return new String(bytes, ISO_8859_1);
        }
    }

    /** The upstream's side of a connection. */
    interface Server {
        /** Reads the next request to its end and returns its body. */
        String request() throws IOException;

        /** Sends the head of an event stream. */
        Server head() throws IOException;

        /** Sends a head with a body. */
        void answer(int status, String type, String body) throws IOException;

        /** Sends a part of the body in a chunk or frames of its own, as soon as the windows allow. */
        Server send(String text) throws IOException;

        /** Sends the beginning of a chunk or frame of {@code size} bytes. */
        Server sendPart(String text, int size) throws IOException;

        /** Sends more of the chunk or frame that {@link #sendPart} began, and ends it if {@code isLast} is set. */
        Server sendMore(String text, boolean isLast) throws IOException;

        /** Ends the body. */
        Server end() throws IOException;

        /**
         * Breaks off the answer: by closing the connection, or by a reset of the connection or, over HTTP/2, of the
         * stream.
         */
        void lose(boolean isReset) throws IOException;

        /** Waits until the relay cancels the request; returns whether it did. */
        boolean awaitCancel() throws IOException;

        /** Waits for the close of the connection. */
        void awaitClose() throws IOException;

        RawPeer raw();
    }

    /** A downstream that reads a body byte by byte. */
    private abstract static class Body implements Client {
        /** Returns the next byte, -1 at a clean end, or -2 at any other end. */
        abstract int next() throws IOException;

        @Override
        public String readUntil(String end) throws IOException {
            StringBuilder text = new StringBuilder();
            while (text.length() < end.length()
                    || !end.contentEquals(text.subSequence(text.length() - end.length(), text.length()))) {
                int b = next();
                if (b < 0) {
                    throw new IOException("end of body after: " + text);
                }
                text.append((char) b);
            }
            return text.toString();
        }

        /** Waits for a part of an answer. */
        abstract void await() throws IOException;

        @Override
        public boolean isSilent() throws IOException {
            int before = raw().socket().getSoTimeout();
            raw().socket().setSoTimeout(20);
            try {
                await();
                return false;
            } catch (SocketTimeoutException expected) {
                return true;
            } finally {
                raw().socket().setSoTimeout(before);
            }
        }

        @Override
        public Rest readRest() throws IOException {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            int b = next();
            while (b >= 0) {
                bytes.write(b);
                b = next();
            }
            return new Rest(bytes.toByteArray(), b == -1);
        }
    }

    private static final class Client1 extends Body {
        private final RawPeer peer;
        private String head;
        private boolean isChunked;
        private long left;

        Client1(RawPeer peer) {
            this.peer = peer;
        }

        @Override
        public Client post(String body) throws IOException {
            peer.write(RelayFixture.post(body));
            return this;
        }

        @Override
        public int status() throws IOException {
            head = peer.readHead();
            isChunked = header("transfer-encoding") != null;
            left = isChunked ? 0 : Long.parseLong(header("content-length"));
            return Integer.parseInt(head.substring(9, 12));
        }

        @Override
        public String header(String name) {
            int at = head.toLowerCase(Locale.ROOT).indexOf("\r\n" + name + ": ");
            int value = at + name.length() + 4;
            return at < 0 ? null : head.substring(value, head.indexOf('\r', value));
        }

        @Override
        int next() throws IOException {
            try {
                if (left == 0 && !isChunked) {
                    return -1;
                }
                if (left == 0) {
                    left = Long.parseLong(peer.readUntil("\r\n").trim(), 16);
                    if (left == 0) {
                        peer.readUntil("\r\n");
                        return -1;
                    }
                }
                int b = peer.readBytes(1)[0] & 0xff;
                if (--left == 0 && isChunked) {
                    peer.readUntil("\r\n");
                }
                return b;
            } catch (SocketTimeoutException e) {
                throw e;
            } catch (IOException cut) {
                return -2;
            }
        }

        @Override
        void await() throws IOException {
            peer.readBytes(1);
        }

        @Override
        public void leave() throws IOException {
            peer.close();
        }

        @Override
        public RawPeer raw() {
            return peer;
        }

        @Override
        public void close() throws IOException {
            peer.close();
        }
    }

    private static final class Client2 extends Body {
        private final Http2Peer peer;
        private int stream;
        private Frame head;
        private Frame current;
        private int at;

        Client2(Http2Peer peer) {
            this.peer = peer;
        }

        @Override
        public Client post(String body) throws IOException {
            stream = peer.post(body);
            current = null;
            return this;
        }

        @Override
        public int status() throws IOException {
            Frame frame = peer.next();
            while (frame.type() != Http2Peer.HEADERS || frame.stream() != stream) {
                frame = peer.next();
            }
            head = frame;
            return Integer.parseInt(frame.headers().status().toString());
        }

        @Override
        public String header(String name) {
            CharSequence value = head.headers().get(name);
            return value == null ? null : value.toString();
        }

        @Override
        int next() throws IOException {
            while (current == null || at == current.payload().length) {
                if (current != null && current.isEnd() || head.isEnd()) {
                    return -1;
                }
                try {
                    current = peer.next();
                } catch (SocketTimeoutException e) {
                    throw e;
                } catch (IOException cut) {
                    return -2;
                }
                at = 0;
                if (current.type() != Http2Peer.DATA) {
                    return -2;
                }
            }
            return current.payload()[at++] & 0xff;
        }

        @Override
        void await() throws IOException {
            peer.next();
        }

        @Override
        public void leave() throws IOException {
            peer.reset(stream, CANCEL);
        }

        @Override
        public RawPeer raw() {
            return peer.raw();
        }

        @Override
        public void close() throws IOException {
            peer.close();
        }
    }

    private record Server1(RawPeer raw) implements Server {
        @Override
        public String request() throws IOException {
            return raw.readMessage().text();
        }

        @Override
        public Server head() throws IOException {
            raw.write(ScriptedUpstream.eventStreamHead());
            return this;
        }

        @Override
        public void answer(int status, String type, String body) throws IOException {
            raw.write("HTTP/1.1 " + status + " X\r\nContent-Type: " + type + "\r\nContent-Length: " + body.length()
                    + "\r\n\r\n" + body);
        }

        @Override
        public Server send(String text) throws IOException {
            raw.write(ScriptedUpstream.chunk(text));
            return this;
        }

        @Override
        public Server sendPart(String text, int size) throws IOException {
            raw.write(Integer.toHexString(size) + "\r\n" + text);
            return this;
        }

        @Override
        public Server sendMore(String text, boolean isLast) throws IOException {
            raw.write(text + (isLast ? "\r\n" : ""));
            return this;
        }

        @Override
        public Server end() throws IOException {
            raw.write("0\r\n\r\n");
            return this;
        }

        @Override
        public void lose(boolean isReset) throws IOException {
            if (isReset) {
                raw.reset();
            } else {
                raw.close();
            }
        }

        @Override
        public boolean awaitCancel() throws IOException {
            return raw.awaitClose();
        }

        @Override
        public void awaitClose() throws IOException {
            raw.awaitClose();
        }
    }

    private static final class Server2 implements Server {
        private final Http2Peer peer;
        private int stream;

        Server2(Http2Peer peer) {
            this.peer = peer;
        }

        @Override
        public String request() throws IOException {
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            Frame frame = peer.next();
            while (frame.type() != Http2Peer.HEADERS) {
                if (frame.type() == Http2Peer.GOAWAY) {
                    throw new EOFException();
                }
                frame = peer.next();
            }
            stream = frame.stream();
            while (!frame.isEnd()) {
                frame = peer.next();
                body.writeBytes(frame.payload());
                if (frame.payload().length > 0) {
                    peer.windowUpdate(0, frame.payload().length);
                    peer.windowUpdate(stream, frame.payload().length);
                }
            }
            return body.toString(ISO_8859_1);
        }

        @Override
        public Server head() throws IOException {
            peer.headers(stream, false, ":status", "200", "content-type", "text/event-stream; charset=utf-8");
            return this;
        }

        @Override
        public void answer(int status, String type, String body) throws IOException {
            peer.headers(stream, false, ":status", Integer.toString(status), "content-type", type, "content-length",
                    Integer.toString(body.length()));
            peer.data(stream, body, true);
        }

        @Override
        public Server send(String text) throws IOException {
            byte[] bytes = text.getBytes(ISO_8859_1);
            for (int i = 0; i < bytes.length; i += 16_384) {
                byte[] data = Arrays.copyOfRange(bytes, i, Math.min(bytes.length, i + 16_384));
                peer.awaitWindow(stream, data.length);
                peer.data(stream, data, false);
            }
            return this;
        }

        @Override
        public Server sendPart(String text, int size) throws IOException {
            byte[] frame = Http2Peer.frame(Http2Peer.DATA, 0, stream, new byte[size]);
            byte[] begin = Arrays.copyOf(frame, 9 + text.length());
            System.arraycopy(text.getBytes(ISO_8859_1), 0, begin, 9, text.length());
            peer.useWindow(stream, size);
            peer.raw().write(begin);
            return this;
        }

        @Override
        public Server sendMore(String text, boolean isLast) throws IOException {
            peer.raw().write(text);
            return this;
        }

        @Override
        public Server end() throws IOException {
            peer.data(stream, "", true);
            return this;
        }

        @Override
        public void lose(boolean isReset) throws IOException {
            if (isReset) {
                peer.reset(stream, INTERNAL_ERROR);
                awaitClose();
            } else {
                peer.close();
            }
        }

        @Override
        public boolean awaitCancel() throws IOException {
            Frame frame = peer.next();
            return frame.type() == Http2Peer.RST_STREAM && frame.stream() == stream && frame.error() == CANCEL;
        }

        @Override
        public void awaitClose() throws IOException {
            try {
                while (true) {
                    peer.next();
                }
            } catch (EOFException | SocketException closed) {
                // the relay closed the connection
            } catch (IOException e) {
                if (!String.valueOf(e.getMessage()).startsWith("end of input")) {
                    throw e;
                }
            }
        }

        @Override
        public RawPeer raw() {
            return peer.raw();
        }
    }
}
