// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.http2;

import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import java.util.Iterator;
import java.util.Map;

/** Conversions of header fields from and to HTTP/2 (RFC 9113 section 8.2). */
public final class Http2Fields {
    private Http2Fields() {
    }

    /**
     * Returns the fields without the pseudo-headers, or null if a name or a value is invalid, because it could become a
     * line of its own on an HTTP/1.1 connection. Netty checks pseudo-headers and connection-specific fields.
     */
    public static HttpHeaders toHttp1(Http2Headers received) {
        HttpHeaders headers = DefaultHttpHeadersFactory.headersFactory().withValidation(false).newHeaders();
        for (Map.Entry<CharSequence, CharSequence> field : received) {
            CharSequence name = field.getKey();
            CharSequence value = field.getValue();
            if (!isValue(value)) {
                return null;
            }
            boolean isPseudoHeader = name.length() > 0 && name.charAt(0) == ':';
            if (!isPseudoHeader && !isName(name)) {
                return null;
            }
            if (!isPseudoHeader) {
                headers.add(name, value);
            }
        }
        return headers;
    }

    /** Adds fields with their names in lower case. */
    public static void addTo(Http2Headers out, HttpHeaders headers) {
        Iterator<Map.Entry<CharSequence, CharSequence>> fields = headers.iteratorCharSequence();
        while (fields.hasNext()) {
            Map.Entry<CharSequence, CharSequence> field = fields.next();
            out.add(AsciiString.of(field.getKey()).toLowerCase(), field.getValue());
        }
    }

    /** Returns an empty list of fields without validation, because all fields were checked when they were received. */
    public static Http2Headers newFields() {
        return new DefaultHttp2Headers(false);
    }

    /**
     * Returns whether a value is valid (RFC 9113 section 8.2.1): no control character, no white space at either end.
     */
    private static boolean isValue(CharSequence value) {
        int last = value.length() - 1;
        if (last >= 0 && (isBlank(value.charAt(0)) || isBlank(value.charAt(last)))) {
            return false;
        }
        for (int i = 0; i <= last; i++) {
            char c = value.charAt(i);
            if (c < 0x20 && c != '\t' || c == 0x7f) {
                return false;
            }
        }
        return true;
    }

    private static boolean isBlank(char c) {
        return c == ' ' || c == '\t';
    }

    /** Returns whether a name is a token (RFC 9110 section 5.6.2) in lower case. */
    private static boolean isName(CharSequence name) {
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean isTokenChar = c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || "!#$%&'*+-.^_`|~".indexOf(c) >= 0;
            if (!isTokenChar) {
                return false;
            }
        }
        return name.length() > 0;
    }
}
