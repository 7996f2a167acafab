// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.http;

import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The codings that a downstream accepts (RFC 9110 section 12.5.3); pure. */
public final class AcceptEncoding {
    private static final Pattern WEIGHT = Pattern.compile("[qQ][ \\t]*=[ \\t]*([01](?:\\.\\d{0,3})?)");

    private AcceptEncoding() {
    }

    /**
     * Returns whether a downstream accepts an answer in these codings. One that says nothing about codings gets none:
     * a client that does not ask for a coding seldom decodes one.
     *
     * @param fields  the values of Accept-Encoding
     * @param codings the codings of the answer
     */
    public static boolean admits(List<String> fields, List<String> codings) {
        for (String coding : codings) {
            if (weight(fields, coding) <= 0) {
                return false;
            }
        }
        return true;
    }

    private static double weight(List<String> fields, String coding) {
        double any = 0;
        for (String field : fields) {
            for (String element : field.split(",")) {
                int semicolon = element.indexOf(';');
                double weight = semicolon < 0 ? 1 : quality(element.substring(semicolon + 1).trim());
                String name = (semicolon < 0 ? element : element.substring(0, semicolon)).trim()
                        .toLowerCase(Locale.ROOT);
                if (plain(name).equals(plain(coding))) {
                    return weight;
                }
                if (name.equals("*")) {
                    any = weight;
                }
            }
        }
        return any;
    }

    /** Returns the name without the prefix under which two codings were registered before. */
    private static String plain(String coding) {
        return coding.startsWith("x-") ? coding.substring(2) : coding;
    }

    private static double quality(String parameter) {
        Matcher weight = WEIGHT.matcher(parameter);
        return weight.matches() ? Double.parseDouble(weight.group(1)) : 0;
    }
}
