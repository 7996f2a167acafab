// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * Validation and normalization of request bodies, and extraction of the few fields that decide routing.
 *
 * <p>{@link dev.sluice.protocol.request.Profiles} holds the built-in profiles, and
 * {@link dev.sluice.protocol.request.Profile#read} reads others. A profile is data: a list of
 * {@link dev.sluice.protocol.request.Rule}s. {@link dev.sluice.protocol.request.RuleTable} compiles two profiles to one
 * table: the face, which downstreams see, and the dialect, which the upstream needs.
 * {@link dev.sluice.protocol.request.RequestScanner} is the doorway: it applies the table while a body streams through.
 *
 * <p>Terms of this package:
 * <ul>
 * <li><b>Rule</b>: one action of a profile on one field, with its argument and conditions, before compilation.
 * <li><b>Row</b>: a rule in a compiled table, with its rank (its position in the table), needs and mark. A rule that
 *     renames a field compiles to three rows.
 * <li><b>Field</b>: one watched path, with the rows that edit or check its value. Routing fields have one too.
 * <li><b>Watch</b>: the number of a watched path in the {@link dev.sluice.protocol.json.WatchTable}. The scanner
 *     reports a value under its watch, which is the index of its field in the table.
 * <li><b>Open object</b>: a container whose members conditions depend on. It outlives its container while edits wait.
 * <li><b>Slot</b>: an index in an open object, which keeps the text of each member that conditions depend on.
 * <li><b>Mark</b>: the number under which the kind and the offsets of a value are kept until the root object closes.
 * <li><b>Need</b>: a compiled condition: the container and slot to read, and the values to compare with.
 * <li><b>Sighting</b>: a set of values that fill a slot of the root object wherever one of them occurs at a path. It
 *     serves the conditions {@code any} and {@code none}.
 * <li><b>Pending</b>: an edit or refusal found at one value. It stays undecided until its needs are known, its value
 *     has ended and, for a removal, the next comma or closing bracket has arrived.
 * <li><b>Violation</b>: a rule that the body breaks, reported as a refusal with the rank of its row. Of all violations
 *     of a body only the one with the lowest rank is kept.
 * </ul>
 */
package dev.sluice.protocol.request;
