// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.tls;

import dev.sluice.engine.config.ConfigException;
import dev.sluice.engine.config.HttpVersions;
import dev.sluice.engine.config.TlsConfig;
import dev.sluice.engine.files.FollowedFiles;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import javax.net.ssl.SSLException;

/**
 * The TLS contexts of a cluster. The upstream's certificate must match its host (RFC 9110 section 4.3.4), sessions are
 * resumed per host, and the relay presents a certificate of its own if one is configured.
 *
 * <p><b>Threading:</b> any; {@link #refresh} by one thread at a time.
 */
public final class ClientTls {
    private final String name;
    private final Path caFile;
    private final TlsConfig certificate;
    private final FollowedFiles files;
    private volatile Map<HttpVersions, SslContext> contexts;

    /**
     * Loads the authorities and the certificate of a cluster.
     *
     * @param name        name of the cluster for the log
     * @param caFile      PEM file of the certificate authorities to trust; null for the JDK's
     * @param certificate certificate and key to present; null for none
     * @throws IllegalArgumentException if a file cannot be used
     */
    public ClientTls(String name, Path caFile, TlsConfig certificate) {
        this.name = name;
        this.caFile = caFile;
        this.certificate = certificate;
        files = new FollowedFiles(name, caFile, certificate == null ? null : certificate.certificate(),
                certificate == null ? null : certificate.key());
        load();
    }

    private void load() {
        Map<HttpVersions, SslContext> loaded = new EnumMap<>(HttpVersions.class);
        loaded.put(HttpVersions.AUTO, newContext(ApplicationProtocolNames.HTTP_2, ApplicationProtocolNames.HTTP_1_1));
        loaded.put(HttpVersions.HTTP_1, newContext(ApplicationProtocolNames.HTTP_1_1));
        loaded.put(HttpVersions.HTTP_2, newContext(ApplicationProtocolNames.HTTP_2));
        contexts = loaded;
    }

    private SslContext newContext(String... protocols) {
        try {
            SslContextBuilder builder = TlsDefaults.prepare(SslContextBuilder.forClient(), protocols)
                    .endpointIdentificationAlgorithm("HTTPS");
            if (caFile != null) {
                builder.trustManager(caFile.toFile());
            }
            if (certificate != null) {
                builder.keyManager(certificate.certificate().toFile(), certificate.key().toFile());
            }
            return builder.build();
        } catch (SSLException | IllegalArgumentException e) {
            String problem = CaFile.problem(caFile);
            throw problem != null
                    ? new ConfigException("ca_file", name + ": ca_file " + caFile + ": " + problem, e)
                    : new ConfigException("certificate", name + ": certificate " + certificate.certificate()
                    + " and key " + certificate.key()
                    + " cannot be used (expected: PEM, and a key that fits its certificate)", e);
        }
    }

    /** Reloads the files if they have changed. Existing connections keep their context. */
    public void refresh() {
        files.ifChanged(this::load);
    }

    /** Returns the context for the next connection to an endpoint with these HTTP versions. */
    public SslContext context(HttpVersions versions) {
        return contexts.get(versions);
    }
}
