// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.http;

import io.netty.handler.codec.http.HttpHeaders;
import java.util.Iterator;

/** Headers that may occur only once, counted without a list of their values. */
public final class SingleHeader {
    private SingleHeader() {
    }

    /**
     * Counts the lines of a header.
     *
     * @param headers the headers
     * @param name    the header's name
     * @return the number of lines
     */
    public static int count(HttpHeaders headers, CharSequence name) {
        int count = 0;
        Iterator<? extends CharSequence> values = headers.valueCharSequenceIterator(name);
        while (values.hasNext()) {
            values.next();
            count++;
        }
        return count;
    }
}
