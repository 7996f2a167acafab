// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.http;

import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;

/** The TLS version of a connection, as the log names it. */
public final class TlsVersion {
    private TlsVersion() {
    }

    /**
     * Returns the version.
     *
     * @param connection a connection whose handshake is over; not the channel of a stream
     * @return the name as the TLS provider gives it, such as {@code TLSv1.3}; null without TLS
     */
    public static String of(Channel connection) {
        SslHandler tls = connection.pipeline().get(SslHandler.class);
        return tls == null ? null : tls.engine().getSession().getProtocol();
    }
}
