// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.auth;

import dev.sluice.engine.config.ConfigException;
import dev.sluice.engine.config.GroupConfig;
import dev.sluice.engine.config.KeyConfig;
import dev.sluice.engine.config.KeyFile;
import dev.sluice.engine.files.FollowedFiles;
import dev.sluice.engine.http.QueryParameters;
import dev.sluice.engine.spi.Authenticator;
import dev.sluice.engine.spi.Principal;
import dev.sluice.engine.spi.RequestHead;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;

/**
 * An authenticator by {@code Authorization: Bearer <key>}, {@code x-api-key} or {@code api-key}. The
 * keys, of which only the SHA-256 is stored, come from the configuration and from a file that is reread when it
 * changes.
 *
 * <p><b>Threading:</b> any.
 */
public final class ApiKeyAuthenticator implements Authenticator {
    private static final String SCHEME = "Bearer ";
    private static final int MAX_KEY_CHARS = 512;
    /** Headers in which clients of other services present their key; it counts as in Authorization. */
    private static final List<String> KEY_HEADERS = List.of("x-api-key", "api-key");
    private static final byte[] TOO_LONG = new byte[32]; // the hash of no key
    /** The caller of all requests if no keys are configured. */
    private static final Principal ANONYMOUS = Principal.of("anonymous");

    private final List<KeyConfig> configured;
    private final List<GroupConfig> groups;
    private final Path file;
    private final Clock clock;
    private final FollowedFiles follower;
    private final KeyFileEditor editor;
    /** Written by the thread that refreshes, read by all event loops. */
    private volatile KeyTable keys;
    private volatile List<KeyConfig> ofFile = List.of();

    /** Creates an authenticator with fixed keys. Without keys it accepts every request. */
    public ApiKeyAuthenticator(List<KeyConfig> keys) {
        this(keys, null, List.of(), Clock.systemUTC());
    }

    /**
     * Creates an authenticator.
     *
     * @param configured the keys of the configuration; without keys and without a file, every request is accepted
     * @param file       file of further keys; null for none
     * @param groups     the groups to which keys may belong
     * @param clock      the clock for the expiry of keys
     * @throws IllegalArgumentException if the file does not exist or has an invalid line
     */
    public ApiKeyAuthenticator(List<KeyConfig> configured, Path file, List<GroupConfig> groups, Clock clock) {
        this.groups = groups;
        this.configured = configured;
        this.file = file;
        this.clock = clock;
        follower = file == null ? null : newFollower(file);
        editor = file == null ? null : new KeyFileEditor(file, this::check);
        load();
    }

    private static FollowedFiles newFollower(Path file) {
        try {
            return new FollowedFiles("key_file " + file, file);
        } catch (IllegalArgumentException e) {
            throw new ConfigException("key_file", "key_file: " + file + " cannot be read (expected: a file of keys)",
                    e);
        }
    }

    private void load() {
        List<KeyConfig> read = file == null ? List.of() : read(file);
        keys = table(read);
        ofFile = read;
    }

    private KeyTable table(List<KeyConfig> read) {
        List<KeyConfig> all = new ArrayList<>(configured);
        for (KeyConfig key : read) {
            if (configured.stream().anyMatch(other -> other.sha256().equals(key.sha256()))) {
                throw new ConfigException("key_file", "key_file: key " + key.label()
                        + ": already in the configuration (expected: each key once)");
            }
            all.add(key);
        }
        return new KeyTable(all, groups);
    }

    /** Checks that another file of keys could take the place of this one. */
    private void check(Path other) {
        try {
            table(read(other));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(e.getMessage().replaceFirst("^key_file: (\\S+, line \\d+: )?", ""), e);
        }
    }

    private static List<KeyConfig> read(Path file) {
        try {
            return KeyFile.read(file);
        } catch (IOException e) {
            throw new ConfigException("key_file", "key_file: " + file + " cannot be read (expected: a file of keys)",
                    e);
        } catch (IllegalArgumentException e) {
            throw new ConfigException("key_file", "key_file: " + e.getMessage(), e);
        }
    }

    /** {@return the keys of the configuration} */
    public List<KeyConfig> configured() {
        return configured;
    }

    /** {@return the keys of the file, in the order of its lines} */
    public List<KeyConfig> ofFile() {
        return ofFile;
    }

    /** {@return the editor of the file, or null if there is no file} */
    public KeyFileEditor editor() {
        return editor;
    }

    /**
     * Returns whether a caller has a key, which may have expired.
     *
     * @param name the name of the caller
     */
    public boolean isKnown(String name) {
        return keys.isEmpty() && file == null || keys.hasLabel(name);
    }

    /**
     * Reloads the file, whether it has changed or not.
     *
     * @throws IllegalArgumentException if it cannot be used; the previous keys stay active
     */
    public synchronized void reload() {
        load();
    }

    /** Reloads the file if it has changed. If it cannot be used, the previous keys stay active. */
    public synchronized void refresh() {
        if (follower != null) {
            follower.ifChanged(this::load);
        }
    }

    @Override
    public void authenticate(RequestHead head, Decision decision) {
        if (keys.isEmpty() && file == null) {
            decision.accept(ANONYMOUS);
            return;
        }
        String authorization = head.header("authorization");
        if (authorization != null && withoutScheme(authorization + ' ').isEmpty()) {
            authorization = null; // an empty header is no key
        }
        if (authorization != null && (!authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
                || authorization.length() > SCHEME.length() + MAX_KEY_CHARS)) {
            decision.refuse("authorization: another scheme or too long (expected: Bearer and an API key)");
            return;
        }
        byte[] presented = authorization == null ? null : sha256(withoutScheme(authorization));
        for (String name : KEY_HEADERS) {
            for (String key : head.headers(name)) {
                if (key.isBlank()) {
                    continue;
                }
                byte[] another = key.length() > MAX_KEY_CHARS ? TOO_LONG : sha256(withoutScheme(key));
                if (presented != null && !MessageDigest.isEqual(presented, another)) {
                    decision.refuse("authorization, x-api-key, api-key: two different keys (expected: one)");
                    return;
                }
                presented = another;
            }
        }
        if (presented == null) {
            decision.refuse(QueryParameters.hasKey(head.query()) ? QueryParameters.KEY_REFUSED
                    : "authorization: missing (expected: Bearer and an API key)");
            return;
        }
        Principal principal = keys.find(presented, clock.instant());
        if (principal == null) {
            decision.refuse("authorization: unknown API key (expected: a key of this relay)");
        } else {
            decision.accept(principal);
        }
    }

    /** Returns a key without a scheme, which some clients write in every header that takes a key. */
    private static String withoutScheme(String key) {
        return (key.regionMatches(true, 0, SCHEME, 0, SCHEME.length()) ? key.substring(SCHEME.length()) : key).trim();
    }

    /** Hashes the bytes of a key. Header text has one character per byte, so ISO 8859-1 restores the original bytes. */
    private static byte[] sha256(String key) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.ISO_8859_1));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256: missing (expected: part of every Java platform)", e);
        }
    }
}
