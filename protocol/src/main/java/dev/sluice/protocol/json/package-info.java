// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * Incremental, strict scanning of JSON text (RFC 8259) with absolute byte offsets.
 *
 * <p>{@link dev.sluice.protocol.json.JsonScanner} checks every byte and decodes almost none. It reports the offsets at
 * which the values at the watched paths of a {@link dev.sluice.protocol.json.WatchTable} begin and end, no matter how
 * the text is split into chunks. Parsing a value into a tree and decoding or encoding escapes in values is left to
 * jackson-core.
 */
package dev.sluice.protocol.json;
