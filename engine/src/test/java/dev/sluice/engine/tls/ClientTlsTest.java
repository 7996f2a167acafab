// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sluice.engine.config.HttpVersions;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.handler.ssl.SslContext;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
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
    /** Self-signed, with an empty subject, as some service meshes make them. */
    private static final String NAMELESS = """
            -----BEGIN CERTIFICATE-----
            MIIBVjCB/aADAgECAhQd5GhX2YHBSS/kCcMUSIhsYJK+OTAKBggqhkjOPQQDAjAA
            MCAXDTI2MTEyNjA4MzUxNloYDzIxMjYxMTAyMDgzNTE2WjAAMFkwEwYHKoZIzj0C
            AQYIKoZIzj0DAQcDQgAEq32JCIQEaQ2zCl+UpFdFrtNiyICHJIhpg/uCgva/l7dd
            sD55B9RttC0/aTZorQLyEbjrm9G1KZKTWBq5qlxFaaNTMFEwHQYDVR0OBBYEFA8W
            V/REtR5lF8kw2DtZPyUAxxhPMB8GA1UdIwQYMBaAFA8WV/REtR5lF8kw2DtZPyUA
            xxhPMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIhAIZGXixnLxBD
            QKxWa8VsoBOXVuKyzTE6ntoXfpu1VYgrAiAgOWgZsbRe2MhZTS7yV4vlG4JYh3Xt
            r7jXRIgVnkOB4Q==
            -----END CERTIFICATE-----
            """;

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

    /** The message is about the file that cannot be used, and about nothing else. */
    @Test
    void shouldSayWhatIsWrongWithAnAuthority(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("ca.pem");
        String good = Files.readString(authority());

        assertEquals("test: ca_file " + file + ": certificate 2 has no subject, so that Java cannot use it as an"
                + " authority (expected: a certificate with a subject; the tool that made it has an option for that)",
                problem(file, good + NAMELESS));
        assertEquals("test: ca_file " + file + ": no certificate in it (expected: PEM, with BEGIN CERTIFICATE)",
                problem(file, "no certificate"));
        assertTrue(problem(file, good.replaceFirst("\nM", "\nX")).contains("certificate 1 cannot be read, "));
        assertTrue(problem(file, NAMELESS.replace("MII", "M*II").replace("\nM", "\n*")).contains("certificate 1 "));
    }

    private static String problem(Path file, String pem) throws IOException {
        Files.writeString(file, pem);
        return assertThrows(IllegalArgumentException.class, () -> new ClientTls("test", file, null)).getMessage();
    }

    private static Path authority() throws Exception {
        return new CertificateBuilder().subject("CN=Test authority").setIsCertificateAuthority(true)
                .buildSelfSigned().toTempCertChainPem().toPath();
    }
}
