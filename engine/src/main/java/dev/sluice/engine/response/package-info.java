// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * Stage 7 of 9: the path of the response.
 *
 * <p>Doorway: {@link dev.sluice.engine.response.ResponsePath}. When the head of a response arrives, the path chooses
 * one of the ways ({@link dev.sluice.engine.response.ResponseWay}): a held response becomes a relayed or a collected
 * one, and a relayed one whose downstream leaves may become a drained one. Each way observes the body
 * ({@link dev.sluice.engine.response.BodyObserver}) and reports its end to the exchange
 * ({@link dev.sluice.engine.response.ResponseListener}).
 */
package dev.sluice.engine.response;
