// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.event;

/**
 * Token counts the upstream reported for one response ({@code response.usage} of the API reference).
 *
 * @param inputTokens     tokens of the request, cached ones included; never negative
 * @param cachedTokens    the part of {@code inputTokens} read from the prompt cache; 0 where not told
 * @param outputTokens    tokens generated, reasoning ones included; never negative
 * @param reasoningTokens the part of {@code outputTokens} spent on reasoning; 0 where not told
 * @param totalTokens     as reported, or the sum where not told
 * @param isTruncated     whether the event that told it was itself cut short
 */
public record Usage(long inputTokens, long cachedTokens, long outputTokens, long reasoningTokens, long totalTokens,
        boolean isTruncated) {

    public Usage {
        if (inputTokens < 0 || cachedTokens < 0 || outputTokens < 0 || reasoningTokens < 0 || totalTokens < 0) {
            throw new IllegalArgumentException("usage: a negative count (expected: each >= 0)");
        }
    }

    /** Returns the same counts, marked as told by an event that was cut short. */
    Usage truncated() {
        return new Usage(inputTokens, cachedTokens, outputTokens, reasoningTokens, totalTokens, true);
    }
}
