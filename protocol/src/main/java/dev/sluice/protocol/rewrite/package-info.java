// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * Edits of outgoing bodies. {@link dev.sluice.protocol.rewrite.BodyRewriter} applies sorted
 * {@link dev.sluice.protocol.rewrite.Edit}s to received buffers; the result is slices of these buffers with small
 * replacements between them.
 */
package dev.sluice.protocol.rewrite;
