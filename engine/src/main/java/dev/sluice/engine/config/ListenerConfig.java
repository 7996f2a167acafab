// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

/**
 * An address to serve.
 *
 * @param host address or name of this machine
 * @param port 0 lets the system choose
 * @param tls  certificate and key; null for plain text
 * @param fd   a file descriptor that listens at this address already, handed over by whoever started the process: -1
 *             for none. It must not block, and the transport must be epoll
 */
public record ListenerConfig(String host, int port, TlsConfig tls, int fd) {
    public ListenerConfig {
        Checks.text("listener host", host);
        Checks.port("listener port", port);
        Checks.atLeast("listener fd", fd, -1);
    }

    /** An address whose socket is made here. */
    public ListenerConfig(String host, int port, TlsConfig tls) {
        this(host, port, tls, -1);
    }

    /** Returns this address with a socket that is there. */
    public ListenerConfig withFd(int inherited) {
        return new ListenerConfig(host, port, tls, inherited);
    }
}
