// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.mock;

/**
 * What the mock sent as the body of one answer.
 *
 * @param responseId the response's id
 * @param status     the HTTP status
 * @param events     events written
 * @param bytes      bytes of body, without transfer framing
 * @param sha256     over those bytes, in hexadecimal
 * @param end        how it ended: {@code complete}, a fault, or {@code left} where the other side closed first
 */
public record MockReport(String responseId, int status, long events, long bytes, String sha256, String end) {
}
