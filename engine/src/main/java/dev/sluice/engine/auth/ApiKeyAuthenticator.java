// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.auth;

import dev.sluice.engine.config.KeyConfig;
import dev.sluice.engine.spi.Authenticator;
import dev.sluice.engine.spi.Principal;
import dev.sluice.engine.spi.RequestHead;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * Knows callers by {@code Authorization: Bearer <key>}. Keys are known by their SHA-256 only; hashes are compared in
 * constant time.
 *
 * <p>Candidates are found by the first bytes of the hash: what that could leak by its timing is a prefix of a hash that
 * the caller has computed already.
 */
public final class ApiKeyAuthenticator implements Authenticator {
    private static final String SCHEME = "Bearer ";
    private static final int MAX_KEY_CHARS = 512;
    /** Who calls where no keys are configured. */
    private static final Principal ANONYMOUS = Principal.of("anonymous");

    private final Map<Integer, List<Entry>> entries = new HashMap<>();

    /** Creates an authenticator; with no keys it accepts everybody. */
    public ApiKeyAuthenticator(List<KeyConfig> keys) {
        for (KeyConfig key : keys) {
            byte[] hash = HexFormat.of().parseHex(key.sha256());
            Principal principal = key.models().isEmpty() ? Principal.of(key.label())
                    : Principal.of(key.label(), key.models());
            entries.computeIfAbsent(prefix(hash), p -> new ArrayList<>(1)).add(new Entry(hash, principal));
        }
    }

    @Override
    public void authenticate(RequestHead head, Decision decision) {
        if (entries.isEmpty()) {
            decision.accept(ANONYMOUS);
            return;
        }
        String authorization = head.header("authorization");
        if (authorization == null) {
            decision.refuse("authorization: missing (expected: Bearer and an API key)");
            return;
        }
        if (!authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
                || authorization.length() > SCHEME.length() + MAX_KEY_CHARS) {
            decision.refuse("authorization: another scheme or too long (expected: Bearer and an API key)");
            return;
        }
        Principal principal = find(sha256(authorization.substring(SCHEME.length()).trim()));
        if (principal == null) {
            decision.refuse("authorization: unknown API key (expected: a key of this relay)");
        } else {
            decision.accept(principal);
        }
    }

    private Principal find(byte[] hash) {
        Principal found = null;
        for (Entry entry : entries.getOrDefault(prefix(hash), List.of())) {
            if (MessageDigest.isEqual(entry.hash, hash)) {
                found = entry.principal;
            }
        }
        return found;
    }

    private static int prefix(byte[] hash) {
        return hash[0] << 24 | (hash[1] & 0xff) << 16 | (hash[2] & 0xff) << 8 | hash[3] & 0xff;
    }

    /** Header text was decoded as one character per byte: the key's own bytes are these, whatever its encoding. */
    private static byte[] sha256(String key) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.ISO_8859_1));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256: missing (expected: part of every Java platform)", e);
        }
    }

    private record Entry(byte[] hash, Principal principal) {
    }
}
