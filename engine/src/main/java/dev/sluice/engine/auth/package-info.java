// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * Stage 3 of 9: authenticate. Doorway: {@link dev.sluice.engine.auth.ApiKeyAuthenticator}, which an embedder can
 * replace with another {@link dev.sluice.engine.spi.Authenticator}.
 */
package dev.sluice.engine.auth;
