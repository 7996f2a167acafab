// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * {@code sluice mock}: a scripted upstream that speaks the Responses API. It does not depend on the engine, so that it
 * can run behind any relay.
 */
package dev.sluice.tools.mock;
