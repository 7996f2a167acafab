// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import dev.sluice.engine.config.TlsConfig;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.nio.file.Path;
import java.security.KeyStore;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** A certificate authority and the certificates it issues. */
final class TestCertificates {
    private final X509Bundle authority;

    TestCertificates() {
        try {
            authority = new CertificateBuilder().subject("CN=Test authority").setIsCertificateAuthority(true)
                    .buildSelfSigned();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    Path caFile() throws Exception {
        return authority.toTempCertChainPem().toPath();
    }

    X509Bundle of(String host) throws Exception {
        return new CertificateBuilder().subject("CN=" + host).addSanDnsName(host).buildIssuedBy(authority);
    }

    TlsConfig config(String host, Path clientCa) throws Exception {
        X509Bundle bundle = of(host);
        return new TlsConfig(bundle.toTempCertChainPem().toPath(), bundle.toTempPrivateKeyPem().toPath(), clientCa);
    }

    /**
     * Returns the context of a peer that trusts the authority and shows {@code own}, or no certificate if it is null.
     */
    SSLContext context(X509Bundle own) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        KeyManager[] keys = null;
        if (own != null) {
            KeyManagerFactory factory = own.toKeyManagerFactory();
            keys = factory.getKeyManagers();
        }
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        trusted.setCertificateEntry("authority", authority.getCertificate());
        javax.net.ssl.TrustManagerFactory trust = javax.net.ssl.TrustManagerFactory.getInstance(
                javax.net.ssl.TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        context.init(keys, trust.getTrustManagers(), null);
        return context;
    }
}
