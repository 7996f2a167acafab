// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * {@code sluice mock}: a scripted upstream that speaks the Responses API. Knows nothing of the engine, so that it can
 * be put behind any relay.
 */
package dev.sluice.tools.mock;
