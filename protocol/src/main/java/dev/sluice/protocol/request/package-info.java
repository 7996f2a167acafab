// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * What a request body is allowed to be, how it is normalised, and the few fields of it that decide routing.
 *
 * <p>{@link dev.sluice.protocol.request.Profiles} has the profiles that come with Sluice,
 * {@link dev.sluice.protocol.request.Profile#read} reads others; both are rows of data
 * ({@link dev.sluice.protocol.request.Rule}). {@link dev.sluice.protocol.request.RuleTable} compiles the face that
 * downstreams see and the dialect that an upstream needs to one table, and
 * {@link dev.sluice.protocol.request.RequestScanner} is the doorway that applies it while a body streams through.
 */
package dev.sluice.protocol.request;
