// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * The relay, to start ({@link dev.sluice.engine.Relay}) or to put into a pipeline of one's own
 * ({@link dev.sluice.engine.RelayHandler}).
 *
 * <p>The life of an exchange:
 * <ol>
 * <li>accept: {@link dev.sluice.engine.downstream} takes a connection
 * <li>decode: {@link dev.sluice.engine.downstream} turns bytes into a checked head and body buffers
 * <li>authenticate: {@link dev.sluice.engine.auth} finds out who calls, {@link dev.sluice.engine.limit} whether the
 * request may run now
 * <li>plan: {@link dev.sluice.engine.plan} finds the route of the model, and the edits
 * <li>connect: {@link dev.sluice.engine.upstream} gets a connection of the same event loop, to the endpoint that
 * {@link dev.sluice.engine.affinity} says
 * <li>forward: {@link dev.sluice.engine.body} sends the edited body, held or cut through
 * <li>relay events: {@link dev.sluice.engine.event} passes every byte on, then looks at it
 * <li>account: {@link dev.sluice.engine.usage} tells what was used
 * <li>observe: {@link dev.sluice.engine.observe} counts, times and logs
 * </ol>
 * {@link dev.sluice.engine.exchange} drives 3 to 9 in this order; a stage never imports a later one.
 */
package dev.sluice.engine;
