// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.engine.config.HttpVersions;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.util.ReferenceCountUtil;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLEngine;
import org.junit.jupiter.api.Test;

class ClientTlsTest {
    /** RFC 6066 section 3: by name only, and only by one that others know too. */
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
                    .filter(protocol -> protocol.startsWith("TLS")).sorted(java.util.Comparator.reverseOrder())
                    .toList());
        } finally {
            ReferenceCountUtil.release(engine);
        }
    }
}
