// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.downstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestTargetTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
            /                                   | -             | /             | ''
            /v1/responses                       | -             | /v1/responses | ''
            /v1/responses?a=b?c/d&e=%20         | -             | /v1/responses | ?a=b?c/d&e=%20
            //v1                                | -             | //v1          | ''
            /a%2Fb;c=1,2@x:y!$&'()*+~           | -             | /a%2Fb;c=1,2@x:y!$&'()*+~ | ''
            http://relay/v1/responses           | relay         | /v1/responses | ''
            HTTPS://relay:8443/v1/models?a      | relay:8443    | /v1/models    | ?a
            http://relay                        | relay         | /             | ''
            http://relay?a=b                    | relay         | /             | ?a=b
            http://[::1]:80/v1                  | [::1]:80      | /v1           | ''
            """)
    void shouldTakeATargetApart(String target, String authority, String path, String query) {
        assertEquals(new RequestTarget(authority, path, query), RequestTarget.parse(target));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "v1", "*", "relay:443", "/v1#f", "/a b", "/a\"b", "/a<b>", "/a\\b", "/a^b", "/a`b",
        "/a{b}", "/a|b", "/a[b]", "/%", "/%2", "/%zz", "/\u00fc", "/\u007f", "/?q=%g0", "http://", "http:///v1", "http://user@relay/",
        "http://user:pw@relay/", "http://re lay/", "http://relay:port/", "http://relay:1:2/", "http://[::1/",
        "http://relay/#f", "ftp://relay/", "https:/v1", "http://rel\u00e4y/"})
    void shouldRefuseOtherTargets(String target) {
        assertNull(RequestTarget.parse(target));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "relay.example", "relay.example:8080", "127.0.0.1", "[::1]", "[::1]:443",
        "[fe80::1%25eth0]", "my_host", "relay:", "xn--bcher-kva.example", "[v1.a:b]"})
    void shouldKnowAHost(String host) {
        assertTrue(RequestTarget.isHost(host));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a b", "a/b", "a,b/c", "a?b", "a#b", "user@a", "a:b", "a:123456", ":80", "[::1",
        "::1", "a\\b",
        "http://a", "<a>", "a\tb", "\u00e4", "a%", "a\"b"})
    void shouldKnowWhatIsNoHost(String host) {
        assertFalse(RequestTarget.isHost(host));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "%61", "a.", "[1", "[v1.a", "1:"})
    void shouldRefuseALongHost(String part) {
        assertFalse(RequestTarget.isHost(part.repeat(20_000)));
        assertNull(RequestTarget.parse("http://" + part.repeat(20_000) + "/v1"));
    }

    @Test
    void shouldAcceptTheLongestDomainName() {
        assertTrue(RequestTarget.isHost("a".repeat(255) + ":65535"));
        assertFalse(RequestTarget.isHost("a".repeat(262)));
    }
}
