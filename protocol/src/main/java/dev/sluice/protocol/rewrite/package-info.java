// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * Edits to outgoing bytes: {@link dev.sluice.protocol.rewrite.BodyRewriter} turns received buffers and sorted
 * {@link dev.sluice.protocol.rewrite.Edit}s into slices of the former with small replacements between them.
 */
package dev.sluice.protocol.rewrite;
