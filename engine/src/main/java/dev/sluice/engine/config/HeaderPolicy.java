// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

import java.util.List;

/**
 * The table of request headers: which ones pass, stop or are set by the relay. A name with underscores counts as the
 * one with hyphens, because many servers make no difference. Every header that no row names passes. An endpoint's own
 * {@code headers} are set after all of this, and may set any of them.
 */
public final class HeaderPolicy {
    private static final List<Row> ROWS = List.of(
            stops("authorization", Reason.CALLER), stops("proxy-authorization", Reason.CALLER),
            stops("proxy-authenticate", Reason.CALLER), stops("cookie", Reason.CALLER),
            stops("cookie2", Reason.CALLER), stops("x-api-key", Reason.CALLER), stops("api-key", Reason.CALLER),
            stops("x-goog-api-key", Reason.CALLER), stops("openai-organization", Reason.CALLER),
            stops("openai-project", Reason.CALLER), stops("chatgpt-account-id", Reason.CALLER),
            stops("forwarded", Reason.ADDRESS), stops("x-forwarded-*", Reason.ADDRESS),
            stops("x-real-ip", Reason.ADDRESS), stops("true-client-ip", Reason.ADDRESS),
            stops("cf-*", Reason.ADDRESS),
            stops("x-original-url", Reason.OVERRIDE), stops("x-rewrite-url", Reason.OVERRIDE),
            stops("x-http-method", Reason.OVERRIDE), stops("x-http-method-override", Reason.OVERRIDE),
            stops("x-method-override", Reason.OVERRIDE),
            stops("connection", Reason.HOP), stops("keep-alive", Reason.HOP), stops("proxy-connection", Reason.HOP),
            stops("te", Reason.HOP), stops("trailer", Reason.HOP), stops("transfer-encoding", Reason.HOP),
            stops("upgrade", Reason.HOP), stops("http2-settings", Reason.HOP), stops("expect", Reason.HOP),
            sets("host", "the endpoint's"), sets("content-length", "that of the edited body"),
            sets("accept-encoding", "identity, so that the answer can be read"),
            sets("via", "continued with the relay's pseudonym, if it has one"),
            new Row("content-encoding", Fate.PASSES, "unless the body was decoded to be read"),
            new Row("content-type", Fate.PASSES, "application/json if a body has none"),
            new Row("x-request-id", Fate.PASSES, "the exchange's id if there is neither this nor request-id"));

    private HeaderPolicy() {
    }

    /** {@return all rows; every header that none of them names passes} */
    public static List<Row> rows() {
        return ROWS;
    }

    private static Row stops(String name, Reason reason) {
        return new Row(name, Fate.STOPS, reason.text);
    }

    private static Row sets(String name, String value) {
        return new Row(name, Fate.IS_SET, value);
    }

    private enum Reason {
        CALLER("it identifies the caller"),
        ADDRESS("it names the caller's address, unverified"),
        OVERRIDE("some servers let it override what was checked"),
        HOP("it concerns one connection (RFC 9110 section 7.6.1)");

        private final String text;

        Reason(String text) {
            this.text = text;
        }
    }

    /** The treatment of a header. */
    public enum Fate {
        /** It is not sent. */
        STOPS,
        /** The relay sends a value of its own in its place. */
        IS_SET,
        /** It is sent as it came. */
        PASSES
    }

    /**
     * The treatment of one header, or of all whose names begin alike.
     *
     * @param name   the name in lower case; a star at its end stands for any rest
     * @param fate   the treatment
     * @param reason why, or with which value
     */
    public record Row(String name, Fate fate, String reason) {
    }
}
