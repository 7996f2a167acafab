// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * Part of stage 5 of 9: the endpoint that owns a request. A response or conversation that the request continues is a
 * hard key, which only its endpoint can serve. A turn, session or prompt cache is a soft key: another endpoint can
 * serve the request too, but more slowly. Doorway: {@link dev.sluice.engine.affinity.EndpointAffinity}.
 */
package dev.sluice.engine.affinity;
