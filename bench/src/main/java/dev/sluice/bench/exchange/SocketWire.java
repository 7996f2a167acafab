// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.bench.exchange;

import dev.sluice.engine.Relay;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.TransportConfig;
import dev.sluice.engine.config.WebSocketMode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Locale;

/** The shared parts of drivers that measure WebSockets: the handshake of both sides, and their frames. */
final class SocketWire {
    /** A request for a response. */
    static final String CREATE = "{\"type\":\"response.create\",\"model\":\"m\"}";
    /** The end of the request of a bridged relay. */
    static final String POSTED = "\"m\"}";
    /** The head of a request for the upgrade. */
    static final String UPGRADE = "GET /v1/responses HTTP/1.1\r\nhost: a\r\nconnection: Upgrade\r\n"
            + "upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    /** The data of the event that HTTP drivers use. */
    static final String EVENT = Wire.EVENT.substring(Wire.EVENT.indexOf("data: ") + 6).stripTrailing();

    private static final String KEY = "sec-websocket-key: ";
    private static final int SHORT = 125;

    private SocketWire() {
    }

    static Relay relay(int upstreamPort, boolean isNative, TransportConfig.Kind transport) {
        return Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(ClusterConfig.of("up", EndpointConfig.of("http://127.0.0.1:" + upstreamPort + "/v1", null))
                        .withWebsocket(isNative ? WebSocketMode.NATIVE : WebSocketMode.BRIDGE))
                .route(RouteConfig.of("*", "up")).transport(new TransportConfig(transport, 1, false)).build());
    }

    /** Returns the answer to a handshake. */
    static String accept(String request) throws IOException {
        int at = request.toLowerCase(Locale.ROOT).indexOf(KEY) + KEY.length();
        String key = request.substring(at, request.indexOf('\r', at));
        try {
            byte[] hash = MessageDigest.getInstance("SHA-1").digest((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
                    .getBytes(StandardCharsets.US_ASCII));
            return "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
                    + "sec-websocket-accept: " + Base64.getEncoder().encodeToString(hash) + "\r\n\r\n";
        } catch (NoSuchAlgorithmException e) {
            throw new IOException(e);
        }
    }

    /** Returns a text frame, as its bytes in ISO 8859-1; that of a client has a mask that changes nothing. */
    static String frame(String text, boolean isOfClient) {
        byte[] payload = text.getBytes(StandardCharsets.UTF_8);
        int mask = isOfClient ? 0x80 : 0;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(0x81);
        if (payload.length <= SHORT) {
            out.write(mask | payload.length);
        } else {
            out.write(mask | SHORT + 1);
            out.write(payload.length >> 8);
            out.write(payload.length);
        }
        out.writeBytes(isOfClient ? new byte[4] : new byte[0]);
        out.writeBytes(payload);
        return out.toString(StandardCharsets.ISO_8859_1);
    }
}
