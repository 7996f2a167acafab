// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * What a request body is allowed to be, and the few fields of it that decide routing.
 * {@link dev.sluice.protocol.request.RequestScanner} is the doorway.
 */
package dev.sluice.protocol.request;
