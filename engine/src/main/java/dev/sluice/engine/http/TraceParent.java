// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.http;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The header {@code traceparent} (W3C Trace Context, section 3.2). */
public final class TraceParent {
    private static final Pattern FORM = Pattern.compile(
            "(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?");
    private static final int MAX_CHARS = 256;
    private static final int VERSION_0_CHARS = 55;

    private TraceParent() {
    }

    /**
     * Returns the id of a trace.
     *
     * @param values the values of all headers of that name
     * @return 32 hexadecimal digits; null if there is not exactly one value, or if it is malformed
     */
    public static String traceId(List<String> values) {
        if (values.size() != 1 || values.get(0).length() > MAX_CHARS) {
            return null;
        }
        String value = values.get(0);
        Matcher matcher = FORM.matcher(value);
        boolean isLonger = value.startsWith("00") && value.length() != VERSION_0_CHARS;
        return matcher.matches() && !isLonger ? matcher.group(1) : null;
    }
}
