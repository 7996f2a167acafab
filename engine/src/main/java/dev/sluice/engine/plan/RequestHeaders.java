// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.plan;

import dev.sluice.engine.config.HeaderPolicy;
import dev.sluice.engine.http.HeaderNames;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The selection of request headers that are forwarded: all except hop-by-hop headers (RFC 9110 section 7.6.1), headers
 * that identify or authenticate the caller, headers by which some servers override the method or the path that were
 * checked, and headers that the relay sets itself ({@link HeaderPolicy}).
 */
public final class RequestHeaders {
    private static final HeaderNames BLOCKED = HeaderNames.of(names(row -> !row.name().endsWith("*")));
    private static final String[] BLOCKED_PREFIXES = names(row -> row.name().endsWith("*"));
    private static final AsciiString IDENTITY = AsciiString.cached("identity");
    private static final AsciiString REQUEST_ID = AsciiString.cached("x-request-id");

    private RequestHeaders() {
    }

    /** Returns the names that are not copied, of the rows that match. */
    private static String[] names(Predicate<HeaderPolicy.Row> matching) {
        return HeaderPolicy.rows().stream().filter(row -> row.fate() != HeaderPolicy.Fate.PASSES).filter(matching)
                .map(row -> row.name().replace("*", "")).filter(name -> !name.equals("via")).toArray(String[]::new);
    }

    /**
     * Returns the headers to send upstream, without framing, host and credentials.
     *
     * @param received   the headers of the downstream
     * @param exchangeId the value of x-request-id if the downstream sent neither that header nor request-id
     * @param isDecoded  whether the body is sent without the coding in which it arrived
     * @param via        the element to add to Via; null for none
     */
    public static HttpHeaders forwarded(HttpHeaders received, String exchangeId, boolean isDecoded, String via) {
        Set<String> named = HeaderNames.namedByConnection(received);
        // No validation here, because all headers were validated on arrival.
        HttpHeaders sent = DefaultHttpHeadersFactory.headersFactory().withValidation(false).newHeaders();
        Iterator<Map.Entry<CharSequence, CharSequence>> headers = received.iteratorCharSequence();
        while (headers.hasNext()) {
            Map.Entry<CharSequence, CharSequence> header = headers.next();
            CharSequence name = header.getKey();
            CharSequence known = withHyphens(name);
            boolean isPassed = !BLOCKED.isBlocked(name, named) && !BLOCKED.contains(known)
                    && !hasBlockedPrefix(known);
            if (isPassed && !(isDecoded && HttpHeaderNames.CONTENT_ENCODING.contentEqualsIgnoreCase(name))) {
                sent.add(name, header.getValue());
            }
        }
        sent.set(HttpHeaderNames.ACCEPT_ENCODING, IDENTITY);
        if (via != null) {
            sent.add(HttpHeaderNames.VIA, via);
        }
        if (!sent.contains(REQUEST_ID) && !sent.contains("request-id")) {
            sent.set(REQUEST_ID, exchangeId);
        }
        return sent;
    }

    /** {@return whether a pseudonym is that of a recipient in Via (RFC 9110 section 7.6.3)} */
    public static boolean hasPassed(HttpHeaders received, String pseudonym) {
        if (!received.contains(HttpHeaderNames.VIA)) {
            return false;
        }
        for (String line : received.getAll(HttpHeaderNames.VIA)) {
            for (String element : line.split(",")) {
                String[] parts = element.trim().split("[ \\t]+", 3); // protocol, recipient and a comment
                if (parts.length > 1 && parts[1].equalsIgnoreCase(pseudonym)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Returns the name that servers make of a name: many of them take an underscore for a hyphen. */
    private static CharSequence withHyphens(CharSequence name) {
        for (int i = 0; i < name.length(); i++) {
            if (name.charAt(i) == '_') {
                return name.toString().replace('_', '-');
            }
        }
        return name;
    }

    private static boolean hasBlockedPrefix(CharSequence name) {
        for (String prefix : BLOCKED_PREFIXES) {
            if (AsciiString.regionMatches(name, true, 0, prefix, 0, prefix.length())) {
                return true;
            }
        }
        return false;
    }
}
