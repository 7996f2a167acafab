// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import dev.sluice.engine.Relay;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.KeyConfig;
import dev.sluice.engine.config.ListenerConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.TlsConfig;
import dev.sluice.engine.spi.Extensions;
import dev.sluice.tools.mock.MockOptions;
import dev.sluice.tools.mock.MockUpstream;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.slf4j.LoggerFactory;

/** The tests of {@link OpenAiSdkIT} over TLS and HTTP/2, which ALPN selects between OkHttp, relay and mock. */
class OpenAiSdkHttp2IT extends OpenAiSdkIT {
    private final ListAppender<ILoggingEvent> accessLog = new ListAppender<>();
    private X509Bundle authority;

    @Override
    void launch() throws Exception {
        Logger log = (Logger) LoggerFactory.getLogger("dev.sluice.access");
        log.setLevel(Level.INFO);
        accessLog.start();
        log.addAppender(accessLog);
        authority = new CertificateBuilder().subject("CN=Test authority").setIsCertificateAuthority(true)
                .buildSelfSigned();
        X509Bundle localhost = new CertificateBuilder().subject("CN=localhost").addSanDnsName("localhost")
                .buildIssuedBy(authority);
        TlsConfig files = new TlsConfig(localhost.toTempCertChainPem().toPath(),
                localhost.toTempPrivateKeyPem().toPath());
        SslContext server = SslContextBuilder.forServer(files.certificate().toFile(), files.key().toFile())
                .applicationProtocolConfig(new ApplicationProtocolConfig(ApplicationProtocolConfig.Protocol.ALPN,
                        ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                        ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                        ApplicationProtocolNames.HTTP_2, ApplicationProtocolNames.HTTP_1_1)).build();
        mock = new MockUpstream("127.0.0.1", 0, server, new MockOptions(), reports::add);
        relay = Relay.launch(RelayConfig.builder().listener(new ListenerConfig("127.0.0.1", 0, files))
                .cluster(ClusterConfig.of("mock", EndpointConfig.of("https://localhost:" + mock.port() + "/v1", null))
                        .toBuilder().caFile(authority.toTempCertChainPem().toPath()).build())
                .route(RouteConfig.of("gpt-*", "mock")).key(KeyConfig.ofSecret("sdk", "sk-of-the-sdk")).build(),
                Extensions.builder().accessLog().build());
    }

    @Override
    OpenAIClient client(String key) throws Exception {
        TrustManagerFactory trust = authority.toTrustManagerFactory();
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        X509TrustManager manager = null;
        for (TrustManager each : trust.getTrustManagers()) {
            manager = (X509TrustManager) each;
        }
        return OpenAIOkHttpClient.builder().baseUrl("https://localhost:" + relay.port() + "/v1").apiKey(key)
                .sslSocketFactory(context.getSocketFactory()).trustManager(manager).maxRetries(0).build();
    }

    @AfterEach
    void expectHttp2() {
        relay.close(); // returns after the last exchange was logged
        ((Logger) LoggerFactory.getLogger("dev.sluice.access")).detachAppender(accessLog);
        assertTrue(!accessLog.list.isEmpty());
        for (ILoggingEvent line : List.copyOf(accessLog.list)) {
            assertTrue(line.getMessage().contains("\"protocol\":\"h2\""), line.getMessage());
            boolean wentOn = line.getMessage().contains("\"endpoint\"");
            assertEquals(wentOn, line.getMessage().contains("\"upstream_protocol\":\"h2\""), line.getMessage());
        }
    }
}
