// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.mock;

/**
 * A report on one answer: the body as the mock sent it.
 *
 * @param responseId the id of the response object
 * @param status     the HTTP status
 * @param events     number of events written; 0 for a document
 * @param bytes      size of the body in bytes, without transfer framing
 * @param sha256     hash of those bytes, in hexadecimal
 * @param end        {@code complete}, the name of a fault, or {@code left} if the peer closed first
 */
public record MockReport(String responseId, int status, long events, long bytes, String sha256, String end) {
}
