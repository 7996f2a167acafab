// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * The relay: {@link dev.sluice.engine.Relay} starts one, and {@link dev.sluice.engine.RelayHandler} adds it to the
 * pipeline of another server.
 *
 * <p>The life of an exchange:
 * <ol>
 * <li>accept: {@link dev.sluice.engine.downstream} accepts a connection
 * <li>decode: {@link dev.sluice.engine.downstream} turns bytes into a checked head and body buffers
 * <li>authenticate: {@link dev.sluice.engine.auth} identifies the caller, and {@link dev.sluice.engine.admission}
 * decides whether the request may run now
 * <li>plan: {@link dev.sluice.engine.plan} finds the route of the model, and the edits
 * <li>connect: {@link dev.sluice.engine.affinity} and {@link dev.sluice.engine.cluster} choose the endpoint, and
 * {@link dev.sluice.engine.upstream} provides a connection to it on the same event loop
 * <li>forward: {@link dev.sluice.engine.body} sends the edited body, held or cut through
 * <li>relay events: {@link dev.sluice.engine.response} passes every byte on, then observes it
 * <li>account: {@link dev.sluice.engine.observe} hands over the usage
 * <li>observe: {@link dev.sluice.engine.observe} counts, times and logs
 * </ol>
 * {@link dev.sluice.engine.exchange} drives stages 3 to 9 in this order. A stage never imports a later one.
 */
package dev.sluice.engine;
