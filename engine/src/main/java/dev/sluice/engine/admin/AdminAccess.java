// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.admin;

import dev.sluice.engine.config.AdminConfig;
import dev.sluice.engine.config.ConfigException;
import dev.sluice.engine.files.FollowedFiles;
import io.netty.util.NetUtil;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;

/**
 * The decision whether a request to the admin listener is let in.
 *
 * <p>The header Host must have an IP address, {@code localhost}, or a name that is configured. A page of another site
 * whose name was rebound to this machine has its own name there, so a browser cannot be made to ask on its behalf.
 *
 * <p>With a token, everything but the health pages needs it: as a Bearer token, or as the password of Basic
 * authentication, for browsers. Whatever changes something needs the Bearer token, which a browser never sends by
 * itself. Without a token, nothing can be changed.
 *
 * <p><b>Threading:</b> any.
 */
final class AdminAccess {
    private static final String BEARER = "Bearer ";
    private static final String BASIC = "Basic ";
    private static final int MIN_TOKEN_CHARS = 16;
    private static final int MAX_TOKEN_CHARS = 512;

    private final AdminConfig config;
    private final List<String> names;
    private final FollowedFiles follower;
    private volatile byte[] token;

    /**
     * @throws IllegalArgumentException if the token cannot be read
     */
    AdminAccess(AdminConfig config) {
        this.config = config;
        names = new ArrayList<>(List.of("localhost", config.host().toLowerCase(Locale.ROOT)));
        config.hosts().forEach(host -> names.add(host.toLowerCase(Locale.ROOT)));
        follower = config.tokenFile() == null ? null : new FollowedFiles("admin: token", config.tokenFile());
        token = config.tokenFile() == null ? null : read(config.tokenFile());
    }

    private static byte[] read(Path file) {
        String text;
        try {
            text = Files.readString(file, StandardCharsets.ISO_8859_1).strip();
        } catch (IOException e) {
            throw new ConfigException("admin.token_file", "admin.token_file: " + file
                    + " cannot be read (expected: a file with a token)", e);
        }
        if (text.length() < MIN_TOKEN_CHARS || text.length() > MAX_TOKEN_CHARS
                || !text.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            throw new ConfigException("admin.token_file", "admin.token_file: " + file + " has no such token (expected: "
                    + MIN_TOKEN_CHARS + " to " + MAX_TOKEN_CHARS + " printable characters of ASCII)");
        }
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Reads the token again if its file has changed. */
    void refresh() {
        if (follower != null) {
            follower.ifChanged(() -> token = read(config.tokenFile()));
        }
    }

    /**
     * Returns why a request is refused.
     *
     * @param page          the page
     * @param method        the method
     * @param hosts         the values of all headers Host
     * @param authorization the values of all headers Authorization
     * @return the refusal, or null if the request is let in
     */
    AdminAnswer refusal(AdminPage page, String method, List<String> hosts, List<String> authorization) {
        if (hosts.size() != 1 || !isKnown(hosts.get(0))) {
            return AdminAnswer.text(421, "host: not a name of this listener (expected: an IP address, "
                    + String.join(", ", names) + "; see admin.hosts)\n");
        }
        boolean isReading = method.equals("GET");
        if (isReading && page.isOpen()) {
            return null;
        }
        byte[] expected = token;
        if (expected == null) {
            return isReading ? null : AdminAnswer.error(403, "admin.token_file: not set (expected: a token, which every"
                    + " change needs)");
        }
        byte[] presented = authorization.size() == 1 ? tokenOf(authorization.get(0), isReading) : null;
        return presented != null && MessageDigest.isEqual(expected, presented) ? null
                : AdminAnswer.error(401, "authorization: missing, or another token (expected: Bearer and the token of"
                        + " this listener" + (isReading ? ", or Basic with it as the password)" : ")"));
    }

    private boolean isKnown(String host) {
        int end = host.startsWith("[") ? host.indexOf(']') + 1 : host.indexOf(':');
        String name = (end > 0 ? host.substring(0, end) : host).toLowerCase(Locale.ROOT);
        boolean isPortGood = end <= 0 || end == host.length() || host.substring(end).matches(":\\d{1,5}");
        return isPortGood && (names.contains(name) || NetUtil.isValidIpV4Address(name) || name.startsWith("[")
                && NetUtil.isValidIpV6Address(name));
    }

    private static byte[] tokenOf(String authorization, boolean isBasicAllowed) {
        if (authorization.length() > 2 * MAX_TOKEN_CHARS) {
            return null;
        }
        if (authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
            return authorization.substring(BEARER.length()).strip().getBytes(StandardCharsets.ISO_8859_1);
        }
        if (isBasicAllowed && authorization.regionMatches(true, 0, BASIC, 0, BASIC.length())) {
            try {
                String pair = new String(Base64.getDecoder().decode(authorization.substring(BASIC.length()).strip()),
                        StandardCharsets.ISO_8859_1);
                return pair.substring(pair.indexOf(':') + 1).getBytes(StandardCharsets.ISO_8859_1);
            } catch (IllegalArgumentException malformed) {
                return null;
            }
        }
        return null;
    }
}
