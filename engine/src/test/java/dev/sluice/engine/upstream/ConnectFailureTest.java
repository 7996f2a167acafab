// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.channel.ConnectTimeoutException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;

class ConnectFailureTest {
    /** A log line names the reason, without classes and addresses. */
    @Test
    void shouldNameTheReason() {
        assertEquals("connection refused", Opening.reason(new ConnectException(
                "finishConnect(..) failed: Connection refused: /127.0.0.1:1")));
        assertEquals("no route to host", Opening.reason(
                new IOException("connect(..): No route to host: /10.0.0.1:1")));
        assertEquals("no answer in time", Opening.reason(new ConnectTimeoutException("timed out: /10.0.0.1:1")));
        assertEquals("its name is not known", Opening.reason(new UnknownHostException("nothing.example")));
        assertEquals("TLS, certificate_unknown", Opening.reason(
                new SSLHandshakeException("certificate_unknown")));
        assertEquals("ClosedChannelException", Opening.reason(new ClosedChannelException()));
    }
}
