// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.sluice.engine.config.HttpVersions;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.handler.ssl.SslContext;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.util.ReferenceCountUtil;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLEngine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClientTlsTest {
    /** RFC 6066 section 3: server_name carries only a fully qualified host name, never an address. */
    @Test
    void shouldNameTheUpstream() {
        ClientTls tls = new ClientTls("test", null, null);
        SSLEngine engine = tls.context(HttpVersions.AUTO).newHandler(UnpooledByteBufAllocator.DEFAULT,
                "api.example.com", 443).engine();
        try {
            List<SNIServerName> names = engine.getSSLParameters().getServerNames();
            assertEquals(List.of(new SNIHostName("api.example.com")), names);
            assertEquals("HTTPS", engine.getSSLParameters().getEndpointIdentificationAlgorithm());
            assertEquals(List.of("TLSv1.3", "TLSv1.2"), List.of(engine.getEnabledProtocols()).stream()
                    .filter(protocol -> protocol.startsWith("TLS")).sorted(Comparator.reverseOrder())
                    .toList());
        } finally {
            ReferenceCountUtil.release(engine);
        }
    }

    /** Changed authorities apply from the next connection on; files that cannot be used change nothing. */
    @Test
    void shouldFollowTheFilesOfItsAuthorities(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("ca.pem");
        Files.copy(authority(), file);
        ClientTls tls = new ClientTls("test", file, null);
        SslContext before = tls.context(HttpVersions.AUTO);

        tls.refresh();
        assertSame(before, tls.context(HttpVersions.AUTO));
        Files.writeString(file, "no certificate");
        tls.refresh();
        assertSame(before, tls.context(HttpVersions.AUTO));
        Files.copy(authority(), file, StandardCopyOption.REPLACE_EXISTING);
        tls.refresh();
        assertNotSame(before, tls.context(HttpVersions.AUTO));
    }

    private static Path authority() throws Exception {
        return new CertificateBuilder().subject("CN=Test authority").setIsCertificateAuthority(true)
                .buildSelfSigned().toTempCertChainPem().toPath();
    }
}
