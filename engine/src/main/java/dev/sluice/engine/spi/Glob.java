// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

/** A pattern in which {@code *} matches any run of characters, including an empty one; all else is literal. */
public final class Glob {
    private final String pattern;

    /**
     * Creates a pattern.
     *
     * @param pattern any text
     */
    public Glob(String pattern) {
        if (pattern == null) {
            throw new IllegalArgumentException("pattern: null (expected: a text)");
        }
        this.pattern = pattern;
    }

    /** {@return whether the pattern has no {@code *} and thus matches only itself} */
    public boolean isLiteral() {
        return pattern.indexOf('*') < 0;
    }

    /**
     * Returns whether a text matches. The worst-case time is proportional to the product of both lengths.
     *
     * @param text the text
     * @return whether the whole text matches
     */
    public boolean matches(String text) {
        int p = 0;
        int t = 0;
        int star = -1;
        int resume = 0;
        while (t < text.length()) {
            if (p < pattern.length() && pattern.charAt(p) == '*') {
                star = p++;
                resume = t;
            } else if (p < pattern.length() && pattern.charAt(p) == text.charAt(t)) {
                p++;
                t++;
            } else if (star >= 0) {
                p = star + 1;
                t = ++resume;
            } else {
                return false;
            }
        }
        while (p < pattern.length() && pattern.charAt(p) == '*') {
            p++;
        }
        return p == pattern.length();
    }

    /**
     * Returns whether some text may match both patterns. If both contain {@code *}, only their literal beginnings and
     * ends are compared.
     *
     * @param other the other pattern
     * @return false only if no text matches both
     */
    public boolean mayOverlap(Glob other) {
        if (isLiteral() || other.isLiteral()) {
            return isLiteral() ? other.matches(pattern) : matches(other.pattern);
        }
        String head = pattern.substring(0, pattern.indexOf('*'));
        String otherHead = other.pattern.substring(0, other.pattern.indexOf('*'));
        String tail = pattern.substring(pattern.lastIndexOf('*') + 1);
        String otherTail = other.pattern.substring(other.pattern.lastIndexOf('*') + 1);
        return (head.startsWith(otherHead) || otherHead.startsWith(head))
                && (tail.endsWith(otherTail) || otherTail.endsWith(tail));
    }

    @Override
    public String toString() {
        return pattern;
    }
}
