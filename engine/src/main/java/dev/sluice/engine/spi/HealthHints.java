// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

import java.util.function.Consumer;

/**
 * Hints that relays give each other about the health of endpoints. A relay takes a time that an endpoint has named as a
 * fact, and keeps requests away until then, for at most its own {@code max_rest}. Any other hint only makes it ready to
 * eject the endpoint after one failure of its own: no relay ejects an endpoint because another one says so.
 *
 * <p>Hints may be late, lost or repeated.
 *
 * <p><b>Threading:</b> {@link #publish} is called on event loops, so it must not block and must not throw.
 */
public interface HealthHints {
    /**
     * Tells other relays about a rest that has begun, or ends later than was published before.
     *
     * @param rest the rest
     */
    void publish(EndpointRest rest);

    /**
     * Adds a receiver of what other relays publish.
     *
     * @param receiver may be called from any thread; returns at once and does not throw
     * @return removes the receiver; idempotent
     */
    Runnable subscribe(Consumer<EndpointRest> receiver);
}
