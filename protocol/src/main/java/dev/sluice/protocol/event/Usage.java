// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.event;

/**
 * The token counts that the upstream reported for one response ({@code response.usage} in the API reference).
 *
 * @param inputTokens     tokens of the request, cached ones included; never negative
 * @param cachedTokens    the part of {@code inputTokens} read from the prompt cache; 0 if not reported; never negative
 * @param outputTokens    generated tokens, reasoning ones included; never negative
 * @param reasoningTokens the part of {@code outputTokens} spent on reasoning; 0 if not reported; never negative
 * @param totalTokens     the total as reported, or the sum of input and output if not reported; never negative
 * @param isTruncated     whether the event or document that reported the counts was cut short
 */
public record Usage(long inputTokens, long cachedTokens, long outputTokens, long reasoningTokens, long totalTokens,
        boolean isTruncated) {

    public Usage {
        if (inputTokens < 0 || cachedTokens < 0 || outputTokens < 0 || reasoningTokens < 0 || totalTokens < 0) {
            throw new IllegalArgumentException("usage: a negative count (expected: each >= 0)");
        }
    }

    /** Returns the same counts, marked as reported by an event or document that was cut short. */
    Usage truncated() {
        return new Usage(inputTokens, cachedTokens, outputTokens, reasoningTokens, totalTokens, true);
    }
}
