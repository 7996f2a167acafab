// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

/**
 * The system interface for sockets and the event loops.
 *
 * @param kind  the system interface
 * @param loops number of event loops; 0 for one per processor
 * @param spin  whether idle loops poll instead of sleeping, which has the lowest latency and costs a whole processor
 *              per loop. No effect with io_uring
 */
public record TransportConfig(Kind kind, int loops, boolean spin) {
    /** The best interface that is available, one loop per processor, no spinning. */
    public static final TransportConfig DEFAULT = new TransportConfig(Kind.AUTO, 0, false);

    public TransportConfig {
        Checks.present("kind", kind);
        Checks.atLeast("loops", loops, 0);
    }

    /** The system interfaces. */
    public enum Kind {
        /** epoll if its native library loads, otherwise NIO. */
        AUTO,
        /** Linux epoll; the start fails if its native library does not load. */
        EPOLL,
        /** Linux io_uring; the start fails if its native library does not load. */
        IO_URING,
        /** The JDK's selector, available on every platform. */
        NIO
    }
}
