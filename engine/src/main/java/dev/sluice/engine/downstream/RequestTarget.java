// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.downstream;

import java.util.regex.Pattern;

/**
 * A request target, taken apart (RFC 9112 section 3.2): the origin form, or the absolute form, whose authority takes
 * the place of the Host.
 *
 * @param authority the authority of the absolute form; null for the origin form
 * @param path      the path as it was sent; begins with a slash
 * @param query     the query as it was sent, with its question mark; empty for none
 */
record RequestTarget(String authority, String path, String query) {
    /** A host with or without a port (RFC 3986 section 3.2.2), which must not be empty. */
    private static final Pattern HOST = Pattern.compile("(?:\\[[0-9A-Fa-f:.]+(?:%25[-\\w.~]+)?\\]"
            + "|\\[[vV][0-9A-Fa-f]+\\.[-\\w.~!$&'()*+,;=:]+\\]|(?:[-\\w.~!$&'()*+,;=]|%[0-9A-Fa-f]{2})++)"
            + "(?::\\d{0,5})?");
    /** The length of the longest domain name with a port; a pattern that is matched against more is a risk. */
    private static final int MAX_HOST_CHARS = 261;
    private static final int MAX_PORT_DIGITS = 5;
    private static final String SUB_DELIMITERS = "!$&'()*+,;=";
    private static final boolean[] IS_TARGET_BYTE = targetBytes();

    /**
     * Takes a target apart.
     *
     * @return null if it is neither of the two forms, has bytes outside RFC 3986, or names a host that is none
     */
    static RequestTarget parse(String target) {
        int from = 0;
        String authority = null;
        if (target.isEmpty() || target.charAt(0) != '/') {
            from = schemeLength(target);
            if (from == 0) {
                return null;
            }
            int end = endOfAuthority(target, from);
            authority = target.substring(from, end);
            if (!isHost(authority)) {
                return null;
            }
            from = end;
        }
        if (!isValid(target, from)) {
            return null;
        }
        int query = target.indexOf('?', from);
        String path = query < 0 ? target.substring(from) : target.substring(from, query);
        return new RequestTarget(authority, path.isEmpty() ? "/" : path, query < 0 ? "" : target.substring(query));
    }

    private static int schemeLength(String target) {
        for (String scheme : new String[] {"http://", "https://"}) {
            if (target.regionMatches(true, 0, scheme, 0, scheme.length())) {
                return scheme.length();
            }
        }
        return 0;
    }

    private static int endOfAuthority(String target, int from) {
        int end = from;
        while (end < target.length() && target.charAt(end) != '/' && target.charAt(end) != '?') {
            end++;
        }
        return end;
    }

    /** {@return whether a text is a host of at most 255 characters, with or without a port} */
    static boolean isHost(CharSequence text) {
        return text.length() <= MAX_HOST_CHARS && (isPlainHost(text) || HOST.matcher(text).matches());
    }

    /** Returns whether a text is a host of letters, digits, dots and hyphens, as almost all are; needs no matcher. */
    private static boolean isPlainHost(CharSequence text) {
        int end = 0;
        while (end < text.length() && isPlain(text.charAt(end))) {
            end++;
        }
        boolean hasPort = end < text.length() && text.charAt(end) == ':';
        int digits = 0;
        while (hasPort && end + 1 + digits < text.length() && isDigit(text.charAt(end + 1 + digits))) {
            digits++;
        }
        return end > 0 && digits <= MAX_PORT_DIGITS && (hasPort ? end + 1 + digits : end) == text.length();
    }

    private static boolean isPlain(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || isDigit(c) || c == '.' || c == '-';
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static boolean isValid(String target, int from) {
        for (int i = from; i < target.length(); i++) {
            char c = target.charAt(i);
            if (c >= IS_TARGET_BYTE.length || !IS_TARGET_BYTE[c]) {
                return false;
            }
            if (c == '%' && !(isHexDigit(target, i + 1) && isHexDigit(target, i + 2))) {
                return false;
            }
        }
        return true;
    }

    private static boolean isHexDigit(String text, int at) {
        return at < text.length() && Character.digit(text.charAt(at), 16) >= 0;
    }

    /** Returns the table of the bytes of a path and a query (RFC 3986 sections 3.3 and 3.4). */
    private static boolean[] targetBytes() {
        boolean[] isAllowed = new boolean[0x80];
        for (char c = 0x21; c < 0x7f; c++) {
            isAllowed[c] = Character.isLetterOrDigit(c) || ("-._~:@/?%" + SUB_DELIMITERS).indexOf(c) >= 0;
        }
        return isAllowed;
    }
}
