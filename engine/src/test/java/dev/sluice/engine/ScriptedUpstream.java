// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;

/**
 * An upstream whose every byte and every close a test controls. Each connection runs the next script. Without one, it
 * only answers that it has no list of models.
 */
public final class ScriptedUpstream implements AutoCloseable {
    private final ServerSocket server;
    private final boolean isTls;
    private final BlockingQueue<Script> scripts = new LinkedBlockingQueue<>();
    private final List<RawPeer> peers = new CopyOnWriteArrayList<>();
    private final BlockingQueue<Throwable> failures = new LinkedBlockingQueue<>();
    private final Thread accepting;
    private volatile Script fallback = ScriptedUpstream::haveNoModels;

    public ScriptedUpstream() {
        this(null);
    }

    /**
     * Listens on a free port of the loopback address.
     *
     * @param tls the context of the upstream's side; null for plain text
     */
    public ScriptedUpstream(SSLContext tls) {
        isTls = tls != null;
        try {
            InetAddress loopback = InetAddress.getLoopbackAddress();
            server = isTls ? tls.getServerSocketFactory().createServerSocket(0, 512, loopback)
                    : new ServerSocket(0, 512, loopback);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        accepting = start("scripted-accept", this::accept);
    }

    /** The behavior of one connection. */
    public interface Script {
        void run(RawPeer peer) throws Exception;
    }

    /** Adds the script of one more connection. */
    public ScriptedUpstream then(Script script) {
        scripts.add(script);
        return this;
    }

    /** Sets the script of every connection that has none of its own. */
    public ScriptedUpstream always(Script script) {
        fallback = script;
        return this;
    }

    private static void haveNoModels(RawPeer peer) throws IOException {
        while (true) {
            String head = peer.readMessage().head();
            if (!head.startsWith("GET /v1/models ")) {
                throw new IllegalStateException("no script for " + head);
            }
            peer.write("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
        }
    }

    private void accept() throws IOException {
        while (true) {
            Socket socket = server.accept();
            RawPeer peer = new RawPeer(socket);
            peers.add(peer);
            if (server.isClosed()) {
                peer.close(); // accepted while the upstream was closing
                return;
            }
            start("scripted-upstream", () -> {
                Script script = scripts.poll();
                (script == null ? fallback : script).run(peer);
            });
        }
    }

    private interface Body {
        void run() throws Exception;
    }

    private Thread start(String name, Body body) {
        Thread thread = new Thread(() -> {
            try {
                body.run();
            } catch (EOFException ignored) {
                // the other side has closed, which ends every script that serves in a loop
            } catch (IOException e) {
                if (!server.isClosed()) {
                    failures.add(e);
                }
            } catch (Throwable e) {
                failures.add(e);
            }
        }, name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    public int port() {
        return server.getLocalPort();
    }

    public String url() {
        return (isTls ? "https://localhost:" : "http://127.0.0.1:") + port() + "/v1";
    }

    /** Returns the number of connections accepted so far. */
    public int connections() {
        return peers.size();
    }

    /** Waits for a failure of a script; returns null if none occurs within {@code millis} ms. */
    public Throwable failure(long millis) throws InterruptedException {
        return failures.poll(millis, TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        try {
            server.close();
            accepting.join(); // until then it may accept one more connection
            for (RawPeer peer : peers) {
                peer.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Returns the head of an event stream in chunks. */
    public static String eventStreamHead() {
        return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n";
    }

    /** Returns {@code data} as one chunk. */
    public static String chunk(String data) {
        return Integer.toHexString(data.getBytes(ISO_8859_1).length) + "\r\n" + data + "\r\n";
    }
}
