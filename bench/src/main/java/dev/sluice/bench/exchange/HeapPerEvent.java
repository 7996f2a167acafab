// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.bench.exchange;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.sun.management.ThreadMXBean;
import dev.sluice.engine.Relay;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.HttpVersions;
import dev.sluice.engine.config.ListenerConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.TlsConfig;
import dev.sluice.engine.config.TransportConfig;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.slf4j.LoggerFactory;

/**
 * A program that measures how much heap the relay's event loop allocates for one upstream write of one event, in each
 * pairing, in plain text and with TLS on both sides. It reads the JVM's allocation counter of that thread, so that the
 * allocations of other threads do not count.
 */
public final class HeapPerEvent {
    private static final int WARM = 60_000;
    private static final int MEASURED = 20_000;
    /** Budget of an event in plain text over HTTP/1.1, in bytes. */
    private static final double PLAIN_BUDGET = 1; // 0 plus the error of the JVM's counter
    /** Budget of an event in plain text if a side speaks HTTP/2, in bytes. */
    private static final double HTTP2_BUDGET = 16;
    /** Additional budget of an event for each side with TLS, in bytes. */
    private static final double TLS_BUDGET = 400;
    /** Budget of a whole exchange, in bytes. */
    private static final double EXCHANGE_BUDGET = 6.5 * 1024;
    /** Budget of the heap that an idle stream retains, in bytes, including what the JVM itself retains meanwhile. */
    private static final double QUIET_BUDGET = 12 * 1024;
    private static final int WARM_STREAMS = 50;
    private static final int QUIET_STREAMS = 400;
    private static final char[] PASSWORD = "changeit".toCharArray();

    private HeapPerEvent() {
    }

    /**
     * Prints a row for each pairing, the heap of a whole exchange, and the heap that a quiet stream keeps.
     *
     * @param arguments {@code --check} to measure fewer events and exit with 1 if a budget is exceeded
     */
    public static void main(String[] arguments) throws Exception {
        boolean isCheck = List.of(arguments).contains("--check");
        int divisor = isCheck ? 3 : 1;
        boolean isKept = true;
        ((Logger) LoggerFactory.getLogger("dev.sluice")).setLevel(Level.WARN);
        ((Logger) LoggerFactory.getLogger("dev.sluice.access")).setLevel(Level.OFF);
        Path folder = Files.createTempDirectory("heap-per-event");
        for (Path each : List.of(folder, folder.resolve("keys.p12"), folder.resolve("server.pem"),
                folder.resolve("server.key"))) {
            each.toFile().deleteOnExit(); // in reverse order: the folder goes last
        }
        KeyStore keys = newKeys(folder);
        System.out.println("upstream to downstream   plain B/event   TLS B/event");
        for (int i = 0; i < 4; i++) {
            boolean isUpstream2 = (i & 2) != 0;
            boolean isDownstream2 = (i & 1) != 0;
            double budget = isUpstream2 || isDownstream2 ? HTTP2_BUDGET : PLAIN_BUDGET;
            double plain = measure(isUpstream2, isDownstream2, null, folder, divisor);
            double secure = measure(isUpstream2, isDownstream2, keys, folder, divisor);
            // Code that is not compiled yet allocates more: a slow machine gets more time to compile it.
            for (int again = 0; isCheck && again < 3 && (plain > budget || secure > 2 * TLS_BUDGET + budget); again++) {
                plain = Math.min(plain, measure(isUpstream2, isDownstream2, null, folder, 1));
                secure = Math.min(secure, measure(isUpstream2, isDownstream2, keys, folder, 1));
            }
            System.out.printf("%s to %s %24.1f %13.1f%n", isUpstream2 ? "h2" : "h1", isDownstream2 ? "h2" : "h1",
                    plain, secure);
            isKept &= plain <= budget && secure <= 2 * TLS_BUDGET + budget;
        }
        for (boolean isNative : new boolean[] {true, false}) {
            double socket = measureSocket(isNative, divisor);
            for (int again = 0; isCheck && again < 3 && socket > PLAIN_BUDGET; again++) {
                socket = Math.min(socket, measureSocket(isNative, 1));
            }
            System.out.printf("%s to websocket %15.1f%n", isNative ? "websocket" : "h1       ", socket);
            isKept &= socket <= PLAIN_BUDGET;
        }
        double exchange = measureExchanges(divisor);
        for (int again = 0; isCheck && again < 3 && exchange > EXCHANGE_BUDGET; again++) {
            exchange = Math.min(exchange, measureExchanges(1));
        }
        System.out.printf("a whole exchange, h1 to h1: %.0f B%n", exchange);
        isKept &= exchange <= EXCHANGE_BUDGET;
        double quiet = measureQuietStreams();
        for (int again = 0; isCheck && again < 3 && quiet > QUIET_BUDGET; again++) {
            quiet = Math.min(quiet, measureQuietStreams()); // growth of anything else happens only once
        }
        System.out.printf("kept by a quiet stream, h1 to h1: %.0f B%n", quiet);
        isKept &= quiet <= QUIET_BUDGET;
        for (boolean isNative : new boolean[] {true, false}) {
            double socket = measureQuietSockets(isNative);
            for (int again = 0; isCheck && again < 3 && socket > QUIET_BUDGET; again++) {
                socket = Math.min(socket, measureQuietSockets(isNative));
            }
            System.out.printf("kept by a quiet WebSocket, %s: %.0f B%n", isNative ? "native" : "bridged", socket);
            isKept &= socket <= QUIET_BUDGET;
        }
        if (isCheck && !isKept) {
            System.err.printf("over budget (expected: at most %.0f B an event in plain text, %.0f with HTTP/2,"
                    + " %.0f more for each side with TLS, %.0f an exchange, %.0f kept by a quiet stream)%n",
                    PLAIN_BUDGET, HTTP2_BUDGET, TLS_BUDGET, EXCHANGE_BUDGET, QUIET_BUDGET);
            System.exit(1);
        }
    }

    /** Returns the heap of a short exchange on kept connections, in bytes; the exchanges run one after the other. */
    private static double measureExchanges(int divisor) throws Exception {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        byte[] request = Wire.request(false).getBytes(StandardCharsets.ISO_8859_1);
        String last = "event: response.completed\ndata: {\"type\":\"response.completed\",\"sequence_number\":9,"
                + "\"response\":{\"id\":\"resp_1\",\"status\":\"completed\",\"usage\":{\"input_tokens\":3,"
                + "\"output_tokens\":5,\"total_tokens\":8}}}\n\n";
        byte[] answer = (Wire.head(false) + Wire.chunk(Wire.EVENT) + Wire.chunk(last) + "0\r\n\r\n")
                .getBytes(StandardCharsets.ISO_8859_1);
        try (ServerSocket listener = new ServerSocket(0, 1, loopback);
                Relay relay = plainRelay(listener);
                Socket client = new Socket(loopback, relay.port())) {
            client.setTcpNoDelay(true);
            client.getOutputStream().write(request);
            try (Socket upstream = listener.accept()) {
                upstream.setTcpNoDelay(true);
                ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
                long loop = loopThread(threads);
                int warm = WARM / 2 / divisor;
                int measured = MEASURED / 2 / divisor;
                long before = 0;
                for (int i = 0; i < warm + measured; i++) {
                    if (i == warm) {
                        before = threads.getThreadAllocatedBytes(loop);
                    }
                    if (i > 0) {
                        client.getOutputStream().write(request);
                    }
                    readUntil(upstream, "true}");
                    upstream.getOutputStream().write(answer);
                    readUntil(client, "0\r\n\r\n");
                }
                return (threads.getThreadAllocatedBytes(loop) - before) / (double) measured;
            }
        }
    }

    /** Returns the heap that a stream keeps between two events, in bytes, measured after a garbage collection. */
    private static double measureQuietStreams() throws Exception {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        byte[] request = Wire.request(false).getBytes(StandardCharsets.ISO_8859_1);
        byte[] beginning = (Wire.head(false) + Wire.chunk(Wire.EVENT)).getBytes(StandardCharsets.ISO_8859_1);
        List<Socket> open = new ArrayList<>();
        try (ServerSocket listener = new ServerSocket(0, 1, loopback); Relay relay = plainRelay(listener)) {
            long before = 0;
            for (int i = 0; i < WARM_STREAMS + QUIET_STREAMS; i++) {
                if (i == WARM_STREAMS) {
                    before = usedHeap();
                }
                Socket client = new Socket(loopback, relay.port());
                open.add(client);
                client.getOutputStream().write(request);
                Socket upstream = listener.accept();
                open.add(upstream);
                readUntil(upstream, "true}");
                upstream.getOutputStream().write(beginning);
                readUntil(client, "\n\n\r\n");
            }
            return (usedHeap() - before) / (double) QUIET_STREAMS;
        } finally {
            for (Socket socket : open) {
                socket.close();
            }
        }
    }

    /** Returns the heap of one event on a WebSocket, in bytes. */
    private static double measureSocket(boolean isNative, int divisor) throws Exception {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        try (ServerSocket listener = new ServerSocket(0, 1, loopback);
                Relay relay = SocketWire.relay(listener.getLocalPort(), isNative, TransportConfig.Kind.EPOLL);
                Socket client = new Socket(loopback, relay.port())) {
            client.setTcpNoDelay(true);
            try (Socket upstream = begin(client, listener, isNative)) {
                String event = isNative ? SocketWire.frame(SocketWire.EVENT, false) : Wire.chunk(Wire.EVENT);
                write(upstream, event);
                int frameBytes = SocketWire.frame(SocketWire.EVENT, false).length();
                client.getInputStream().readNBytes(frameBytes);
                return heapOf(client, upstream, event.getBytes(StandardCharsets.ISO_8859_1), frameBytes, divisor);
            }
        }
    }

    /** Opens a WebSocket and answers its request up to the first event; returns the upstream's side. */
    private static Socket begin(Socket client, ServerSocket listener, boolean isNative) throws IOException {
        write(client, SocketWire.UPGRADE);
        Socket upstream = null;
        if (isNative) { // the relay's handshake upstream comes before its answer to the client
            upstream = listener.accept();
            write(upstream, SocketWire.accept(readUntil(upstream, "\r\n\r\n")));
        }
        readUntil(client, "\r\n\r\n");
        write(client, SocketWire.frame(SocketWire.CREATE, true));
        if (isNative) {
            upstream.getInputStream().readNBytes(SocketWire.frame(SocketWire.CREATE, true).length());
        } else {
            upstream = listener.accept();
            readUntil(upstream, SocketWire.POSTED);
            write(upstream, Wire.head(false));
        }
        upstream.setTcpNoDelay(true);
        return upstream;
    }

    private static double heapOf(Socket client, Socket upstream, byte[] event, int frameBytes, int divisor)
            throws IOException {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long loop = loopThread(threads);
        int warm = WARM / divisor;
        int measured = MEASURED / divisor;
        byte[] received = new byte[64 * 1024];
        long before = 0;
        for (int i = 0; i < warm + measured; i++) {
            if (i == warm) {
                before = threads.getThreadAllocatedBytes(loop);
            }
            upstream.getOutputStream().write(event);
            for (int count = 0; count < frameBytes;) {
                int read = client.getInputStream().read(received);
                if (read < 0) {
                    throw new IOException("WebSocket: ended (expected: the rest of an event)");
                }
                count += read;
            }
        }
        return (threads.getThreadAllocatedBytes(loop) - before) / (double) measured;
    }

    /** Returns the heap that a WebSocket keeps whose only response has ended, in bytes. */
    private static double measureQuietSockets(boolean isNative) throws Exception {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        String last = "{\"type\":\"response.completed\",\"response\":{\"id\":\"resp_1\",\"status\":\"completed\"}}";
        List<Socket> open = new ArrayList<>();
        try (ServerSocket listener = new ServerSocket(0, 1, loopback);
                Relay relay = SocketWire.relay(listener.getLocalPort(), isNative, TransportConfig.Kind.EPOLL)) {
            long before = 0;
            for (int i = 0; i < WARM_STREAMS + QUIET_STREAMS; i++) {
                if (i == WARM_STREAMS) {
                    before = usedHeap();
                }
                Socket client = new Socket(loopback, relay.port());
                open.add(client);
                Socket upstream = begin(client, listener, isNative);
                open.add(upstream);
                write(upstream, isNative ? SocketWire.frame(last, false) : Wire.chunk("data: " + last + "\n\n")
                        + "0\r\n\r\n");
                client.getInputStream().readNBytes(SocketWire.frame(last, false).length());
                if (!isNative) {
                    upstream.close(); // otherwise the relay would use the connection again
                }
            }
            return (usedHeap() - before) / (double) QUIET_STREAMS;
        } finally {
            for (Socket socket : open) {
                socket.close();
            }
        }
    }

    private static long usedHeap() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    private static Relay plainRelay(ServerSocket upstream) {
        return Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(ClusterConfig.of("up", EndpointConfig.of("http://127.0.0.1:" + upstream.getLocalPort()
                        + "/v1", null))).route(RouteConfig.of("*", "up"))
                .transport(new TransportConfig(TransportConfig.Kind.EPOLL, 1, false)).build());
    }

    private static long loopThread(ThreadMXBean threads) {
        long loop = -1;
        for (ThreadInfo thread : threads.dumpAllThreads(false, false)) {
            loop = thread.getThreadName().equals("relay-io-1") ? thread.getThreadId() : loop;
        }
        return loop;
    }

    /** Returns a new key pair from the JDK's keytool, because only it creates certificates without another library. */
    private static KeyStore newKeys(Path folder) throws Exception {
        Path store = folder.resolve("keys.p12");
        Process keytool = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair", "-alias", "k", "-keyalg", "EC", "-dname", "CN=localhost", "-ext", "san=dns:localhost",
                "-storetype", "PKCS12", "-keystore", store.toString(), "-storepass", new String(PASSWORD)).inheritIO()
                .start();
        if (keytool.waitFor() != 0) {
            throw new IOException("keytool: " + keytool.exitValue() + " (expected: a key pair)");
        }
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD);
        }
        write(folder.resolve("server.pem"), "CERTIFICATE", keys.getCertificate("k").getEncoded());
        write(folder.resolve("server.key"), "PRIVATE KEY", keys.getKey("k", PASSWORD).getEncoded());
        return keys;
    }

    private static void write(Path file, String type, byte[] der) throws IOException {
        Files.writeString(file, "-----BEGIN " + type + "-----\n" + Base64.getMimeEncoder(64, new byte[] {'\n'})
                .encodeToString(der) + "\n-----END " + type + "-----\n");
    }

    private static SSLContext newContext(KeyStore keys) throws Exception {
        KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        own.init(keys, PASSWORD);
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("k", keys.getCertificate("k"));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(own.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }

    private static double measure(boolean isUpstream2, boolean isDownstream2, KeyStore keys, Path folder,
            int divisor) throws Exception {
        boolean isTls = keys != null;
        SSLContext context = isTls ? newContext(keys) : null;
        Path certificate = folder.resolve("server.pem");
        HttpVersions versions = isUpstream2 ? HttpVersions.HTTP_2 : HttpVersions.HTTP_1;
        InetAddress loopback = InetAddress.getLoopbackAddress();
        try (ServerSocket listener = isTls ? context.getServerSocketFactory().createServerSocket(0, 1, loopback)
                : new ServerSocket(0, 1, loopback);
                Relay relay = Relay.launch(RelayConfig.builder().listener(new ListenerConfig("127.0.0.1", 0, isTls
                        ? new TlsConfig(certificate, folder.resolve("server.key")) : null))
                        .cluster(ClusterConfig.of("up", EndpointConfig.of((isTls ? "https://localhost:"
                                : "http://127.0.0.1:") + listener.getLocalPort() + "/v1", null).withVersions(versions))
                                .toBuilder().caFile(isTls ? certificate : null).build())
                        .route(RouteConfig.of("*", "up"))
                        .transport(new TransportConfig(TransportConfig.Kind.EPOLL, 1, false)).build());
                Socket client = isTls ? context.getSocketFactory().createSocket(loopback, relay.port())
                        : new Socket(loopback, relay.port())) {
            prepare(client, isDownstream2);
            write(client, Wire.request(isDownstream2));
            try (Socket upstream = listener.accept()) {
                prepare(upstream, isUpstream2);
                write(upstream, Wire.serverPreface(isUpstream2));
                readUntil(upstream, "true}");
                String event = isUpstream2 ? Wire.data(Wire.EVENT) : Wire.chunk(Wire.EVENT);
                write(upstream, Wire.head(isUpstream2) + event);
                readUntil(client, isDownstream2 ? "\n\n" : "\n\n\r\n");
                return heapOf(client, upstream, event, new PayloadCounter(isDownstream2), divisor);
            }
        }
    }

    private static void prepare(Socket socket, boolean isHttp2) throws IOException {
        socket.setTcpNoDelay(true);
        if (socket instanceof SSLSocket secure) {
            SSLParameters parameters = secure.getSSLParameters();
            parameters.setApplicationProtocols(new String[] {isHttp2 ? "h2" : "http/1.1"});
            secure.setSSLParameters(parameters);
        }
    }

    private static double heapOf(Socket client, Socket upstream, String event, PayloadCounter payload, int divisor)
            throws IOException {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long loop = loopThread(threads);
        int warm = WARM / divisor;
        int measured = MEASURED / divisor;
        byte[] bytes = event.getBytes(StandardCharsets.ISO_8859_1);
        byte[] received = new byte[64 * 1024];
        long before = 0;
        for (int i = 0; i < warm + measured; i++) {
            if (i == warm) {
                before = threads.getThreadAllocatedBytes(loop);
            }
            upstream.getOutputStream().write(bytes);
            for (int count = 0; count < Wire.EVENT.length();) {
                int read = client.getInputStream().read(received);
                if (read < 0) {
                    throw new IOException("stream: ended (expected: the rest of an event)");
                }
                count += payload.count(ByteBuffer.wrap(received), read);
            }
            if (upstream.getInputStream().available() > received.length / 2) {
                upstream.getInputStream().read(received); // drops WINDOW_UPDATE frames
            }
        }
        return (threads.getThreadAllocatedBytes(loop) - before) / (double) measured;
    }

    private static void write(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static String readUntil(Socket socket, String end) throws IOException {
        StringBuilder text = new StringBuilder();
        while (text.indexOf(end) < 0) {
            int b = socket.getInputStream().read();
            if (b < 0) {
                throw new IOException("end of input after " + text);
            }
            text.append((char) b);
        }
        return text.toString();
    }
}
