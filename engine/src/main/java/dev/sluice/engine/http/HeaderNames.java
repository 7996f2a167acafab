// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http2.CharSequenceMap;

/**
 * A set of header names, without regard to case. A look-up allocates nothing: the name of a received header is not a
 * {@code String}.
 */
public final class HeaderNames {
    private static final HeaderNames NONE = of();

    private final CharSequenceMap<Boolean> names = new CharSequenceMap<>(false);

    private HeaderNames() {
    }

    /** Returns a set of these names. */
    public static HeaderNames of(String... names) {
        HeaderNames set = new HeaderNames();
        for (String name : names) {
            set.names.set(name, Boolean.TRUE);
        }
        return set;
    }

    /** Returns the names that Connection headers declare hop-by-hop (RFC 9110 section 7.6.1). */
    public static HeaderNames namedByConnection(HttpHeaders headers) {
        if (!headers.contains(HttpHeaderNames.CONNECTION)) {
            return NONE;
        }
        HeaderNames set = new HeaderNames();
        for (String line : headers.getAll(HttpHeaderNames.CONNECTION)) {
            for (String name : line.split(",")) {
                set.names.set(name.trim(), Boolean.TRUE);
            }
        }
        return set;
    }

    /** {@return whether the set contains a name, in any case} */
    public boolean contains(CharSequence name) {
        return names.contains(name);
    }
}
