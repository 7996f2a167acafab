// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.tls;

import dev.sluice.engine.config.ConfigException;
import dev.sluice.engine.config.TlsConfig;
import dev.sluice.engine.files.FollowedFiles;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSslSessionContext;
import io.netty.handler.ssl.OpenSslSessionTicketKey;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import javax.net.ssl.SSLException;

/**
 * The TLS context of a listener: the HTTP version by ALPN, session resumption by tickets whose keys are used for at
 * most 24 h, and certificates of callers if an authority for them is configured.
 *
 * <p><b>Threading:</b> any; {@link #refresh} by one thread at a time.
 */
public final class ServerTls {
    private static final long TICKET_KEY_NANOS = TimeUnit.HOURS.toNanos(12);
    private static final SecureRandom RANDOM = new SecureRandom();

    private final TlsConfig config;
    private final String[] protocols;
    private final FollowedFiles files;
    private final LongSupplier clock;
    private volatile SslContext context;
    private OpenSslSessionTicketKey[] ticketKeys = {};
    private long ticketKeyNanos;

    /**
     * Loads the certificate and the key of a listener for HTTP/2 and HTTP/1.1.
     *
     * @param name   name of the listener for the log
     * @param config certificate, key and authorities
     * @param clock  nanoseconds since an arbitrary origin
     * @throws IllegalArgumentException if a file cannot be used
     */
    public ServerTls(String name, TlsConfig config, LongSupplier clock) {
        this(name, config, clock, ApplicationProtocolNames.HTTP_2, ApplicationProtocolNames.HTTP_1_1);
    }

    /**
     * Loads the certificate and the key of a listener.
     *
     * @param name      name of the listener for the log
     * @param config    certificate, key and authorities
     * @param clock     nanoseconds since an arbitrary origin
     * @param protocols the ALPN names of what it speaks, the preferred one first
     * @throws IllegalArgumentException if a file cannot be used
     */
    public ServerTls(String name, TlsConfig config, LongSupplier clock, String... protocols) {
        this.protocols = protocols.clone();
        this.config = config;
        this.clock = clock;
        files = new FollowedFiles(name, config.certificate(), config.key(), config.clientCa());
        load();
    }

    private void load() {
        SslContext loaded = newContext();
        ticketKeys = new OpenSslSessionTicketKey[0]; // old sessions were not checked against the new authorities
        useNewTicketKey(loaded);
        context = loaded;
    }

    private SslContext newContext() {
        try {
            SslContextBuilder builder = TlsDefaults.prepare(SslContextBuilder.forServer(config.certificate().toFile(),
                    config.key().toFile()), protocols);
            if (config.clientCa() != null) {
                builder.trustManager(config.clientCa().toFile()).clientAuth(ClientAuth.REQUIRE);
            }
            return builder.build();
        } catch (SSLException | IllegalArgumentException e) {
            throw new ConfigException("tls.certificate", "tls: certificate " + config.certificate()
                    + " and key " + config.key() + " cannot be used (expected: PEM, an unencrypted PKCS #8 key that"
                    + " fits the certificate)", e);
        }
    }

    /**
     * Adds a ticket key and keeps the one before it. BoringSSL needs keys because it does not store TLS 1.3 sessions;
     * the JDK's engine issues tickets by default.
     */
    private void useNewTicketKey(SslContext target) {
        ticketKeyNanos = clock.getAsLong();
        if (target.sessionContext() instanceof OpenSslSessionContext sessions) {
            byte[] random = new byte[OpenSslSessionTicketKey.TICKET_KEY_SIZE];
            RANDOM.nextBytes(random);
            OpenSslSessionTicketKey newest = new OpenSslSessionTicketKey(part(random, 0,
                    OpenSslSessionTicketKey.NAME_SIZE), part(random, OpenSslSessionTicketKey.NAME_SIZE,
                    OpenSslSessionTicketKey.HMAC_KEY_SIZE), part(random, OpenSslSessionTicketKey.NAME_SIZE
                    + OpenSslSessionTicketKey.HMAC_KEY_SIZE, OpenSslSessionTicketKey.AES_KEY_SIZE));
            ticketKeys = ticketKeys.length == 0 ? new OpenSslSessionTicketKey[] {newest}
                    : new OpenSslSessionTicketKey[] {newest, ticketKeys[0]};
            sessions.setTicketKeys(ticketKeys);
        }
    }

    private static byte[] part(byte[] random, int from, int length) {
        return Arrays.copyOfRange(random, from, from + length);
    }

    /** Reloads the files if they have changed, and rotates the ticket keys. Existing connections keep their context. */
    public void refresh() {
        files.ifChanged(this::load);
        if (clock.getAsLong() - ticketKeyNanos > TICKET_KEY_NANOS) {
            useNewTicketKey(context);
        }
    }

    /** {@return the context for the next connection} */
    public SslContext context() {
        return context;
    }
}
