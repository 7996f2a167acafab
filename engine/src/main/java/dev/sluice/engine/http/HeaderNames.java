// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http2.CharSequenceMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/** Header names that are not passed on: a fixed list, and what a message itself declares hop-by-hop. */
public final class HeaderNames {
    // A look-up allocates nothing, because the name of a received header is not a String. The map never grows its
    // table, so it is for a fixed list only: a peer could make its chains long.
    private final CharSequenceMap<Boolean> names = new CharSequenceMap<>(false);

    private HeaderNames(String... names) {
        for (String name : names) {
            this.names.set(name, Boolean.TRUE);
        }
    }

    /** Returns a fixed list of names. */
    public static HeaderNames of(String... names) {
        return new HeaderNames(names);
    }

    /** {@return whether the list contains a name, in any case} */
    public boolean contains(CharSequence name) {
        return names.contains(name);
    }

    /** Returns the names that Connection headers declare hop-by-hop (RFC 9110 section 7.6.1), in lower case. */
    public static Set<String> namedByConnection(HttpHeaders headers) {
        if (!headers.contains(HttpHeaderNames.CONNECTION)) {
            return Set.of();
        }
        Set<String> named = new HashSet<>();
        for (String line : headers.getAll(HttpHeaderNames.CONNECTION)) {
            for (String name : line.split(",")) {
                named.add(name.trim().toLowerCase(Locale.ROOT));
            }
        }
        return named;
    }

    /** {@return whether a list or the names of a Connection header contain a name, in any case} */
    public boolean isBlocked(CharSequence name, Set<String> named) {
        return contains(name) || !named.isEmpty() && named.contains(name.toString().toLowerCase(Locale.ROOT));
    }
}
