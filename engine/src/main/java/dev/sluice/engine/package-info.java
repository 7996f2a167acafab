// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * The relay: {@link dev.sluice.engine.Relay} starts one, and {@link dev.sluice.engine.RelayHandler} adds it to the
 * pipeline of another server.
 *
 * <p>The life of an exchange:
 * <ol>
 * <li>accept: {@code downstream} accepts a connection
 * <li>decode: {@code downstream} turns bytes into a checked head and body buffers
 * <li>authenticate: {@code auth} identifies the caller, and {@code admission}
 * decides whether the request may run now
 * <li>plan: {@code plan} finds the route of the model, and the edits
 * <li>connect: {@code affinity} and {@code cluster} choose the endpoint, and
 * {@code upstream} provides a connection to it on the same event loop
 * <li>forward: {@code body} sends the edited body, held or cut through
 * <li>relay events: {@code response} passes every byte on, then observes it
 * <li>account: {@code observe} hands over the usage
 * <li>observe: {@code observe} counts, times and logs
 * </ol>
 * {@code exchange} drives stages 3 to 9 in this order. A stage never imports a later one.
 */
package dev.sluice.engine;
