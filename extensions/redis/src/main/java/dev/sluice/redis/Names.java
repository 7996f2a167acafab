// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.redis;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;

/** The keys in the store. What belongs together has one hash tag, so that it is in one slot of a cluster. */
final class Names {
    private static final int HASH_BYTES = 16;

    private final String prefix;

    Names(String prefix) {
        this.prefix = prefix;
    }

    /** Returns the tag of a key, a group, a route or a model, in which its name is hashed. */
    String tag(char kind, String name) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest((kind + name).getBytes(StandardCharsets.UTF_8));
            return prefix + '{' + kind + Base64.getUrlEncoder().withoutPadding().encodeToString(
                    Arrays.copyOf(hash, HASH_BYTES)) + '}';
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java platform has it
        }
    }

    String relays() {
        return prefix + "relays";
    }

    String rests() {
        return prefix + "rests";
    }

    /** Returns the key of an owner, whose own key is a hash already. */
    String owner(String key) {
        return prefix + "o:" + key;
    }
}
