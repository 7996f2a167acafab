// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.websocket;

import dev.sluice.engine.http.DownstreamRequest;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.ssl.ApplicationProtocolNames;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Iterator;
import java.util.Locale;
import java.util.Map;

/** The opening handshake (RFC 6455 section 4.2). No extension and no subprotocol is ever accepted. */
public final class Handshake {
    private static final String VERSION = "13";
    private static final int KEY_BYTES = 16;
    private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    private Handshake() {
    }

    /**
     * Checks a request for an upgrade.
     *
     * @param request  a request with {@code Upgrade: websocket}
     * @param protocol its protocol, by its ALPN name
     * @throws RelayException with the status of the refusal
     */
    public static void check(DownstreamRequest request, String protocol) {
        if (!ApplicationProtocolNames.HTTP_1_1.equals(protocol)
                || !VERSION.equals(request.header("sec-websocket-version"))) {
            throw RelayException.of(ErrorCode.DOWNSTREAM_UPGRADE_REQUIRED, "sec-websocket-version: "
                    + (request.header("sec-websocket-version") == null ? "absent" : "another version")
                    + " (expected: 13, over HTTP/1.1)");
        }
        if (!hasToken(request.headers(), "upgrade")) {
            throw RelayException.of(ErrorCode.DOWNSTREAM_BAD_REQUEST, "connection: no upgrade (expected: Upgrade)");
        }
        if (request.headers("sec-websocket-key").size() != 1 || !isKey(request.header("sec-websocket-key"))) {
            throw RelayException.of(ErrorCode.DOWNSTREAM_BAD_REQUEST,
                    "sec-websocket-key: not valid (expected: 16 bytes in base64)");
        }
        if (request.bodyBytes() != 0) {
            throw RelayException.of(ErrorCode.DOWNSTREAM_BAD_REQUEST,
                    "body: present in an upgrade (expected: none)");
        }
        if (request.header("origin") != null) {
            throw RelayException.of(ErrorCode.DOWNSTREAM_ORIGIN,
                    "origin: present (expected: a client that is not a page in a browser)");
        }
    }

    private static boolean hasToken(HttpHeaders headers, String token) {
        for (String line : headers.getAll(HttpHeaderNames.CONNECTION)) {
            for (String each : line.split(",")) {
                if (each.trim().equalsIgnoreCase(token)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean isKey(String key) {
        try {
            return Base64.getDecoder().decode(key.trim()).length == KEY_BYTES;
        } catch (IllegalArgumentException notBase64) {
            return false;
        }
    }

    /**
     * Returns the value of {@code Sec-WebSocket-Accept} for a key.
     *
     * @param key the value of {@code Sec-WebSocket-Key}
     */
    public static String accept(String key) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-1").digest((key.trim() + GUID)
                    .getBytes(StandardCharsets.ISO_8859_1));
            return Base64.getEncoder().encodeToString(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java platform has it
        }
    }

    /**
     * Returns the headers of a response that accepts the upgrade, besides those of the switch itself.
     *
     * @param received   the headers with which an upstream has accepted its own; null for none
     * @param isRenaming whether the caller's models have other names upstream, so that the upstream's name of a model
     *                   would look like another model
     */
    public static HttpHeaders accepted(DownstreamRequest request, HttpHeaders received, boolean isRenaming) {
        HttpHeaders sent = DefaultHttpHeadersFactory.headersFactory().withValidation(false).newHeaders();
        if (received != null) {
            received.forEach(header -> {
                String name = header.getKey().toLowerCase(Locale.ROOT);
                if (isPassedOn(name) && !(isRenaming && name.endsWith("openai-model"))) {
                    sent.add(name, header.getValue());
                }
            });
        }
        return sent.set("sec-websocket-accept", accept(request.header("sec-websocket-key")));
    }

    private static boolean isPassedOn(String name) {
        return name.equals("x-request-id") || name.equals("x-models-etag") || name.equals("x-reasoning-included")
                || name.startsWith("openai-") || name.startsWith("x-openai-") || name.startsWith("x-codex-")
                || name.startsWith("x-ratelimit-");
    }

    /** Returns the head that a request on the connection would have over HTTP. */
    public static DownstreamRequest asPost(DownstreamRequest handshake) {
        HttpHeaders headers = DefaultHttpHeadersFactory.headersFactory().withValidation(false).newHeaders();
        Iterator<Map.Entry<CharSequence, CharSequence>> all = handshake.headers().iteratorCharSequence();
        while (all.hasNext()) {
            Map.Entry<CharSequence, CharSequence> header = all.next();
            String name = header.getKey().toString().toLowerCase(Locale.ROOT);
            if (!name.startsWith("sec-websocket-") && !isOfHandshake(name)) {
                headers.add(header.getKey(), header.getValue());
            }
        }
        headers.set(HttpHeaderNames.CONTENT_TYPE, "application/json");
        headers.set(HttpHeaderNames.ACCEPT, "text/event-stream");
        return new DownstreamRequest("POST", handshake.path(), handshake.query(), headers, -1, false,
                handshake.remoteAddress());
    }

    private static boolean isOfHandshake(String name) {
        return switch (name) {
            case "connection", "upgrade", "content-length", "transfer-encoding", "content-encoding", "content-type",
                    "accept", "accept-encoding", "origin", "expect" -> true;
            default -> false;
        };
    }
}
