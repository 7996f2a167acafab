// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.downstream;

import dev.sluice.engine.config.TlsConfig;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import javax.net.ssl.SSLException;

/** Makes the TLS context of a listener: BoringSSL where it loads, otherwise the JDK's engine; TLS 1.2 and 1.3. */
public final class ServerTls {
    private ServerTls() {
    }

    /**
     * Returns the context.
     *
     * @throws IllegalArgumentException where certificate and key are not usable
     */
    public static SslContext newContext(TlsConfig tls) {
        try {
            return SslContextBuilder.forServer(tls.certificate().toFile(), tls.key().toFile())
                    .sslProvider(provider()).protocols("TLSv1.3", "TLSv1.2").build();
        } catch (SSLException | IllegalArgumentException e) {
            throw new IllegalArgumentException("tls: certificate " + tls.certificate() + " and key " + tls.key()
                    + " cannot be used (expected: PEM, an unencrypted PKCS #8 key that fits the certificate)", e);
        }
    }

    /** Returns the TLS provider to use on either side. */
    public static SslProvider provider() {
        return OpenSsl.isAvailable() ? SslProvider.OPENSSL : SslProvider.JDK;
    }
}
