// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * Which endpoint a request belongs to: by the response or conversation that it goes on from (a hard key, which only its
 * endpoint knows), or by its turn, session or prompt cache (a soft key: another endpoint would do, more slowly).
 * Doorway: {@link dev.sluice.engine.affinity.AffinityIds}.
 */
package dev.sluice.engine.affinity;
