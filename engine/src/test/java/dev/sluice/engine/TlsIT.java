// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static dev.sluice.engine.ScriptedUpstream.chunk;
import static dev.sluice.engine.ScriptedUpstream.eventStreamHead;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.HttpVersions;
import dev.sluice.engine.config.ListenerConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.TlsConfig;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.X509Certificate;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** TLS on both sides: trusted and refused peers, session resumption and certificate files that change. */
class TlsIT extends RelayFixture {
    private static final int TLS_1_1 = 0x0302;
    private static final int ALERT = 0x15;

    @TempDir
    private Path folder;
    private TestCertificates certificates;

    @BeforeEach
    void makeAuthority() {
        certificates = new TestCertificates();
    }

    private void serveThroughTls(String host, ScriptedUpstream.Script script) throws Exception {
        upstream.close();
        upstream = new ScriptedUpstream(certificates.context(certificates.of(host)));
        upstream.always(script);
    }

    private static void answerOnce(RawPeer peer) throws IOException {
        peer.readMessage();
        peer.write(eventStreamHead() + chunk(CREATED + COMPLETED) + "0\r\n\r\n");
    }

    private static void answerEach(RawPeer peer) throws IOException {
        while (true) {
            answerOnce(peer);
        }
    }

    private void launch(TlsConfig listener, TlsConfig shownUpstream) throws Exception {
        relay = Relay.launch(RelayConfig.builder().listener(new ListenerConfig("127.0.0.1", 0, listener))
                .cluster(ClusterConfig.of("up", EndpointConfig.of(upstream.url(), "sk-x")
                        .withVersions(HttpVersions.HTTP_1))
                        .toBuilder().caFile(certificates.caFile()).certificate(shownUpstream).build())
                .route(RouteConfig.of("*", "up")).build(), extensions());
    }

    private SSLSocket connectTo(SSLContext client) throws IOException {
        SSLSocket socket = (SSLSocket) client.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(),
                relay.port());
        socket.setSoTimeout(20_000);
        return socket;
    }

    private RawPeer.Message ask(SSLContext client) throws IOException {
        try (RawPeer peer = new RawPeer(connectTo(client))) {
            return peer.write(post(BODY)).readMessage();
        }
    }

    @Test
    void shouldRelayThroughTlsOnBothSides() throws Exception {
        serveThroughTls("localhost", TlsIT::answerOnce);
        launch(certificates.config("localhost", null), null);

        RawPeer.Message answer = ask(certificates.context(null));
        assertTrue(answer.head().startsWith("HTTP/1.1 200 OK\r\n"), answer.head());
        assertEquals(CREATED + COMPLETED, answer.text());
    }

    @Test
    void shouldRefuseAnUpstreamWhoseCertificateIsForAnotherHost() throws Exception {
        serveThroughTls("elsewhere.example", TlsIT::expectRefusal);
        launch(certificates.config("localhost", null), null);

        RawPeer.Message answer = ask(certificates.context(null));
        assertTrue(answer.head().startsWith("HTTP/1.1 502 "), answer.head());
        assertFalse(answer.text().contains("elsewhere"), answer.text());
    }

    @Test
    void shouldRefuseAnUpstreamOfAnUnknownAuthority() throws Exception {
        serveThroughTls("localhost", TlsIT::expectRefusal);
        certificates = new TestCertificates(); // the relay and its downstream trust another authority
        launch(certificates.config("localhost", null), null);

        assertTrue(ask(certificates.context(null)).head().startsWith("HTTP/1.1 502 "));
    }

    private static void expectRefusal(RawPeer peer) {
        assertThrows(IOException.class, peer::readMessage);
    }

    /** Downstream sessions: a resumed session keeps the creation time of its first handshake. */
    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void shouldResumeSessionsOfDownstreams(String protocol) throws Exception {
        launch(certificates.config("localhost", null), null);
        SSLContext client = certificates.context(null);

        long first = sessionOf(client, protocol);
        awaitNextMilli();
        assertEquals(first, sessionOf(client, protocol));
        assertNotEquals(first, sessionOf(certificates.context(null), protocol)); // another client gets its own session
    }

    /** Lets creation times of sessions differ. */
    private static void awaitNextMilli() throws Exception {
        long before = System.currentTimeMillis();
        Await.until("another millisecond", () -> System.currentTimeMillis() > before);
    }

    private long sessionOf(SSLContext client, String protocol) throws IOException {
        SSLSocket socket = connectTo(client);
        socket.setEnabledProtocols(new String[] {protocol});
        try (RawPeer peer = new RawPeer(socket)) {
            peer.write("GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n").readMessage();
            assertEquals(protocol, socket.getSession().getProtocol());
            return socket.getSession().getCreationTime();
        }
    }

    @Test
    void shouldResumeSessionsWithUpstreams() throws Exception {
        BlockingQueue<Long> sessions = new LinkedBlockingQueue<>();
        serveThroughTls("localhost", peer -> {
            answerOnce(peer);
            sessions.add(((SSLSocket) peer.socket()).getSession().getCreationTime());
            peer.close();
        });
        launch(certificates.config("localhost", null), null);
        SSLContext client = certificates.context(null);

        for (int i = 0; i < 2; i++) {
            assertEquals(CREATED + COMPLETED, ask(client).text());
            awaitNextMilli();
        }
        assertEquals(sessions.poll(20, TimeUnit.SECONDS), sessions.poll(20, TimeUnit.SECONDS));
        assertEquals(2, upstream.connections());
    }

    /** A ClientHello that offers nothing above TLS 1.1 is answered by a fatal alert. */
    @Test
    void shouldRefuseTlsBelow12() throws Exception {
        launch(certificates.config("localhost", null), null);
        byte[] hello = new byte[5 + 4 + 2 + 32 + 1 + 2 + 4 + 2];
        hello[0] = 0x16;
        hello[1] = 3;
        hello[2] = 1;
        hello[4] = (byte) (hello.length - 5);
        hello[5] = 1;
        hello[8] = (byte) (hello.length - 9);
        hello[9] = TLS_1_1 >> 8;
        hello[10] = TLS_1_1 & 0xff;
        hello[45] = 4; // two suites: ECDHE-RSA and RSA with AES-128-CBC
        hello[46] = (byte) 0xc0;
        hello[47] = 0x13;
        hello[49] = 0x2f;
        hello[50] = 1; // one compression method: none
        hello[44] = 0;
        try (RawPeer peer = connect()) {
            byte[] alert = peer.write(hello).readBytes(7);
            assertEquals(ALERT, alert[0]);
            assertEquals(2, alert[5]); // fatal
        }
    }

    @Test
    void shouldRequireTheCertificatesOfCallers() throws Exception {
        serveThroughTls("localhost", TlsIT::answerEach);
        launch(certificates.config("localhost", certificates.caFile()), null);

        assertThrows(IOException.class, () -> ask(certificates.context(null)));
        SSLContext stranger = certificates.context(new TestCertificates().of("caller"));
        assertThrows(IOException.class, () -> ask(stranger));
        SSLContext caller = certificates.context(certificates.of("caller"));
        assertEquals(CREATED + COMPLETED, ask(caller).text());
        assertEquals(CREATED + COMPLETED, ask(caller).text()); // resumed
    }

    @Test
    void shouldShowItsCertificateToUpstreams() throws Exception {
        BlockingQueue<String> callers = new LinkedBlockingQueue<>();
        serveThroughTls("localhost", peer -> {
            SSLSocket socket = (SSLSocket) peer.socket();
            socket.setNeedClientAuth(true);
            answerOnce(peer);
            callers.add(socket.getSession().getPeerPrincipal().getName());
        });
        launch(certificates.config("localhost", null), certificates.config("the-relay", null));

        assertEquals(CREATED + COMPLETED, ask(certificates.context(null)).text());
        assertEquals("CN=the-relay", callers.poll(20, TimeUnit.SECONDS));
    }

    /** Changed files apply from the next connection on; files that cannot be used change nothing. */
    @Test
    void shouldFollowTheFilesOfItsCertificate() throws Exception {
        Path certificate = folder.resolve("server.pem");
        Path key = folder.resolve("server.key");
        replace(certificate, key);
        launch(new TlsConfig(certificate, key), null);
        SSLContext client = certificates.context(null);
        BigInteger before = serial();

        try (RawPeer stays = new RawPeer(connectTo(client))) {
            stays.write("GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n").readMessage();
            Files.writeString(certificate, "no certificate");
            relay.refreshFiles();
            assertEquals(before, serial());
            replace(certificate, key);
            relay.refreshFiles();
            assertNotEquals(before, serial());
            assertTrue(stays.write("GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n").readMessage().head()
                    .startsWith("HTTP/1.1 200 "));
        }
    }

    private void replace(Path certificate, Path key) throws Exception {
        TlsConfig made = certificates.config("localhost", null);
        Files.copy(made.certificate(), certificate, StandardCopyOption.REPLACE_EXISTING);
        Files.copy(made.key(), key, StandardCopyOption.REPLACE_EXISTING);
    }

    private BigInteger serial() throws Exception {
        SSLContext fresh = certificates.context(null); // a resumed session would show its first certificate
        try (SSLSocket socket = connectTo(fresh)) {
            socket.startHandshake();
            return ((X509Certificate) socket.getSession().getPeerCertificates()[0]).getSerialNumber();
        }
    }
}
