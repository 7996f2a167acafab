// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.http;

import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The names and values of header fields that clients and upstreams of the Responses API send again and again. A field
 * that is known becomes no new object. The tables are constant: nothing that a peer sends is ever added.
 */
final class CommonFields {
    private static final String[] NAMES = {"Accept", "Accept-Encoding", "Accept-Language", "Authorization",
        "Cache-Control", "Connection", "Content-Encoding", "Content-Length", "Content-Type", "Date", "ETag", "Expect",
        "Host", "Keep-Alive", "OpenAI-Beta", "OpenAI-Organization", "OpenAI-Processing-MS", "OpenAI-Project",
        "OpenAI-Version", "OpenAI-Model", "Originator", "Server", "Session_Id", "Conversation_Id", "Set-Cookie",
        "Strict-Transport-Security", "TraceParent", "TraceState", "Transfer-Encoding", "User-Agent", "Vary", "Via",
        "X-Accel-Buffering", "X-Content-Type-Options", "X-Forwarded-For", "X-Forwarded-Proto", "X-Request-Id",
        "X-RateLimit-Limit-Requests", "X-RateLimit-Limit-Tokens", "X-RateLimit-Remaining-Requests",
        "X-RateLimit-Remaining-Tokens", "X-RateLimit-Reset-Requests", "X-RateLimit-Reset-Tokens", "X-Stainless-Arch",
        "X-Stainless-Async", "X-Stainless-Lang", "X-Stainless-OS", "X-Stainless-Package-Version",
        "X-Stainless-Read-Timeout", "X-Stainless-Retry-Count", "X-Stainless-Runtime", "X-Stainless-Runtime-Version",
        "X-Stainless-Raw-Response", "CF-Ray", "CF-Cache-Status", "Alt-Svc"};
    private static final String[] VALUES = {"*/*", "application/json", "application/json; charset=utf-8",
        "text/event-stream", "text/event-stream; charset=utf-8", "chunked", "keep-alive", "close", "no-cache",
        "no-cache, no-transform", "gzip, deflate", "gzip, deflate, br", "gzip, deflate, br, zstd", "identity", "gzip",
        "br", "zstd", "no", "nosniff", "100-continue", "responses=experimental", "0", "false", "true",
        "codex_cli_rs", "cloudflare", "python", "js", "Linux", "MacOS", "x64", "arm64", "node", "CPython", "DYNAMIC"};
    private static final int SLOTS = 1024;
    private static final AsciiString[][] KNOWN_NAMES = table(spellings());
    private static final AsciiString[][] KNOWN_VALUES = table(List.of(VALUES));
    private static final String[][] KNOWN_TEXTS = texts();

    private CommonFields() {
    }

    /** Returns a name as it is spelled. */
    static CharSequence name(byte[] bytes, int from, int to) {
        for (AsciiString known : KNOWN_NAMES[slot(bytes, from, to)]) {
            if (isSame(known, bytes, from, to)) {
                return known;
            }
        }
        return new AsciiString(bytes, from, to - from, true);
    }

    /** Returns a value, decoded as ISO 8859-1. */
    static String value(byte[] bytes, int from, int to) {
        if (from == to) {
            return "";
        }
        int slot = slot(bytes, from, to);
        AsciiString[] known = KNOWN_VALUES[slot];
        for (int i = 0; i < known.length; i++) {
            if (isSame(known[i], bytes, from, to)) {
                return KNOWN_TEXTS[slot][i];
            }
        }
        return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
    }

    /** Returns the names in the three ways in which they are spelled: as registered, with capitals, and without. */
    private static List<String> spellings() {
        List<String> all = new ArrayList<>();
        for (String name : NAMES) {
            StringBuilder capitals = new StringBuilder(name.toLowerCase(Locale.ROOT));
            for (int i = 0; i < capitals.length(); i++) {
                if (i == 0 || capitals.charAt(i - 1) == '-') {
                    capitals.setCharAt(i, Character.toUpperCase(capitals.charAt(i)));
                }
            }
            for (String spelling : List.of(name.toLowerCase(Locale.ROOT), name, capitals.toString())) {
                if (!all.contains(spelling)) {
                    all.add(spelling);
                }
            }
        }
        return all;
    }

    private static AsciiString[][] table(List<String> texts) {
        List<List<AsciiString>> slots = new ArrayList<>();
        for (int i = 0; i < SLOTS; i++) {
            slots.add(new ArrayList<>());
        }
        for (String text : texts) {
            byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
            AsciiString cached = AsciiString.cached(text);
            cached.hashCode(); // computed now, and kept by the object
            slots.get(slot(bytes, 0, bytes.length)).add(cached);
        }
        return slots.stream().map(slot -> slot.toArray(AsciiString[]::new)).toArray(AsciiString[][]::new);
    }

    private static String[][] texts() {
        String[][] texts = new String[SLOTS][];
        for (int i = 0; i < SLOTS; i++) {
            texts[i] = new String[KNOWN_VALUES[i].length];
            for (int j = 0; j < texts[i].length; j++) {
                texts[i][j] = KNOWN_VALUES[i][j].toString();
            }
        }
        return texts;
    }

    /** Returns the slot of a text: of its length, and of its first, middle and last byte. */
    private static int slot(byte[] bytes, int from, int to) {
        int length = to - from;
        int mixed = 31 * (31 * (31 * length + bytes[from]) + bytes[from + length / 2]) + bytes[to - 1];
        return (mixed ^ mixed >>> 10) & SLOTS - 1;
    }

    private static boolean isSame(AsciiString known, byte[] bytes, int from, int to) {
        if (known.length() != to - from) {
            return false;
        }
        for (int i = from; i < to; i++) {
            if (known.byteAt(i - from) != bytes[i]) {
                return false;
            }
        }
        return true;
    }
}
