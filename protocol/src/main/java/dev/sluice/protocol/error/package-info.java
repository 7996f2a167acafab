// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * Errors and their form on the wire: one enum of conditions ({@link dev.sluice.protocol.error.ErrorCode}), one
 * exception ({@link dev.sluice.protocol.error.RelayException}) and the OpenAI error body
 * ({@link dev.sluice.protocol.error.ErrorBody}).
 */
package dev.sluice.protocol.error;
