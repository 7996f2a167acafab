// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static dev.sluice.engine.ScriptedUpstream.chunk;
import static dev.sluice.engine.ScriptedUpstream.eventStreamHead;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.ListenerConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.TlsConfig;
import dev.sluice.engine.spi.Extensions;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** TLS on both sides: the same stream, and certificates that are not the host's are refused. */
class TlsIT {
    private static final String CREATED = RelayFixture.CREATED;
    private static final String COMPLETED = RelayFixture.COMPLETED;

    @TempDir
    private Path folder;
    private X509Bundle authority;
    private SSLServerSocket upstream;
    private Relay relay;

    @BeforeEach
    void makeAuthority() throws Exception {
        authority = new CertificateBuilder().subject("CN=Test authority").setIsCertificateAuthority(true)
                .buildSelfSigned();
        authority.toTempCertChainPem().toPath();
    }

    @AfterEach
    void stop() throws IOException {
        if (relay != null) {
            relay.close();
        }
        if (upstream != null) {
            upstream.close();
        }
    }

    private X509Bundle certificateOf(String host) throws Exception {
        return new CertificateBuilder().subject("CN=" + host).addSanDnsName(host).buildIssuedBy(authority);
    }

    private int startUpstream(String host, CountDownLatch sawClose) throws Exception {
        X509Bundle bundle = certificateOf(host);
        SSLContext context = SSLContext.getInstance("TLS");
        javax.net.ssl.KeyManagerFactory keys = bundle.toKeyManagerFactory();
        context.init(keys.getKeyManagers(), null, null);
        upstream = (SSLServerSocket) context.getServerSocketFactory().createServerSocket(0, 10,
                InetAddress.getLoopbackAddress());
        Thread thread = new Thread(() -> serve(sawClose), "tls-upstream");
        thread.setDaemon(true);
        thread.start();
        return upstream.getLocalPort();
    }

    private void serve(CountDownLatch sawClose) {
        try {
            while (true) {
                Socket socket = upstream.accept();
                try (RawPeer peer = new RawPeer(socket)) {
                    peer.readMessage();
                    peer.write(eventStreamHead() + chunk(CREATED));
                    peer.write(chunk(COMPLETED) + "0\r\n\r\n");
                    peer.awaitClose();
                    sawClose.countDown();
                } catch (IOException expected) {
                    sawClose.countDown(); // a refused handshake, or the end of the test
                }
            }
        } catch (IOException closed) {
            sawClose.countDown();
        }
    }

    private void launch(int upstreamPort, String listenerHost) throws Exception {
        X509Bundle listener = certificateOf(listenerHost);
        RelayConfig config = RelayConfig.builder()
                .listener(new ListenerConfig("127.0.0.1", 0, new TlsConfig(listener.toTempCertChainPem().toPath(),
                        listener.toTempPrivateKeyPem().toPath())))
                .cluster(new ClusterConfig("up", List.of(EndpointConfig.of("https://localhost:" + upstreamPort + "/v1",
                        "sk-x")), authority.toTempCertChainPem().toPath(), null, false, null))
                .route(RouteConfig.of("*", "up")).build();
        relay = Relay.launch(config, Extensions.NONE);
    }

    private RawPeer connect() throws Exception {
        TrustManagerFactory trust = authority.toTrustManagerFactory();
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(),
                relay.port());
        socket.startHandshake();
        return new RawPeer(socket);
    }

    @Test
    void shouldRelayThroughTlsOnBothSides() throws Exception {
        CountDownLatch sawClose = new CountDownLatch(1);
        launch(startUpstream("localhost", sawClose), "localhost");

        try (RawPeer client = connect()) {
            RawPeer.Message answer = client.write(RelayFixture.post(RelayFixture.BODY)).readMessage();
            assertTrue(answer.head().startsWith("HTTP/1.1 200 OK\r\n"), answer.head());
            assertEquals(CREATED + COMPLETED, answer.text());
        }
    }

    @Test
    void shouldRefuseAnUpstreamWhoseCertificateIsForAnotherHost() throws Exception {
        CountDownLatch sawClose = new CountDownLatch(1);
        launch(startUpstream("elsewhere.example", sawClose), "localhost");

        try (RawPeer client = connect()) {
            RawPeer.Message answer = client.write(RelayFixture.post(RelayFixture.BODY)).readMessage();

            assertTrue(answer.head().startsWith("HTTP/1.1 502 "), answer.head());
            assertFalse(answer.text().contains("elsewhere"), answer.text());
        }
        assertTrue(sawClose.await(20, TimeUnit.SECONDS));
    }

    @Test
    void shouldRefuseAnUpstreamOfAnUnknownAuthority() throws Exception {
        CountDownLatch sawClose = new CountDownLatch(1);
        int port = startUpstream("localhost", sawClose);
        makeAuthority(); // the relay trusts, and is trusted through, another one
        launch(port, "localhost");

        try (RawPeer client = connect()) {
            assertTrue(client.write(RelayFixture.post(RelayFixture.BODY)).readMessage().head()
                    .startsWith("HTTP/1.1 502 "));
        }
    }
}
