// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * An incremental, strict scan of JSON text (RFC 8259) with absolute byte offsets.
 *
 * <p>{@link dev.sluice.protocol.json.JsonScanner} checks every byte and decodes almost none: it reports where the
 * values at the watched paths of a {@link dev.sluice.protocol.json.WatchTable} begin and end, whatever way the text is
 * cut. Everything else about JSON (decoding a captured value, writing) is jackson-core's.
 */
package dev.sluice.protocol.json;
