// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

/**
 * An address on which the relay accepts connections.
 *
 * @param host address or host name of this machine
 * @param port TCP port, 0 to 65535; 0 lets the system choose
 * @param tls  certificate and key; null for plain text
 * @param fd   file descriptor of a socket that already listens at this address and was handed over by the parent
 *             process; -1 for none. The socket must be non-blocking, and the transport must be epoll
 */
public record ListenerConfig(String host, int port, TlsConfig tls, int fd) {
    public ListenerConfig {
        Checks.text("listener host", host);
        Checks.port("listener port", port);
        Checks.atLeast("listener fd", fd, -1);
    }

    /**
     * Creates an address for which the relay opens the socket.
     *
     * @param host address or host name of this machine
     * @param port TCP port, 0 to 65535; 0 lets the system choose
     * @param tls  certificate and key; null for plain text
     */
    public ListenerConfig(String host, int port, TlsConfig tls) {
        this(host, port, tls, -1);
    }

    /**
     * Returns a copy that uses an inherited socket.
     *
     * @param inherited file descriptor of the listening socket; -1 for none
     * @return the copy
     */
    public ListenerConfig withFd(int inherited) {
        return new ListenerConfig(host, port, tls, inherited);
    }
}
