// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.admin;

import dev.sluice.engine.auth.ApiKeyAuthenticator;
import dev.sluice.engine.config.BudgetConfig;
import dev.sluice.engine.config.KeyConfig;
import dev.sluice.engine.config.UsageLimits;
import dev.sluice.protocol.json.JsonTree;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.NoSuchFileException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys: listed, and those of the key file created, changed and revoked. A change counts for the requests that begin
 * after the answer.
 */
final class KeysPage implements AdminPage {
    private static final Logger LOG = LoggerFactory.getLogger(KeysPage.class);
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int KEY_BYTES = 32;
    private static final int DOLLAR_DIGITS = 6;

    private final Supplier<ApiKeyAuthenticator> keys;

    /**
     * @param keys returns the active keys; null if an embedder identifies callers
     */
    KeysPage(Supplier<ApiKeyAuthenticator> keys) {
        this.keys = keys;
    }

    @Override
    public String path() {
        return "/keys/";
    }

    @Override
    public Set<String> methods() {
        return Set.of("GET", "POST", "PATCH", "DELETE");
    }

    @Override
    public AdminAnswer answer(AdminRequest request) throws IOException {
        String label = request.below(path());
        ApiKeyAuthenticator active = keys.get();
        if (active == null) {
            return AdminAnswer.error(404, "keys: an authenticator of the server's own identifies callers");
        }
        if (request.method().equals("GET")) {
            return list(active, label);
        }
        if (request.method().equals("POST") != label.isEmpty()) {
            return AdminAnswer.error(405, request.method() + ": not for this path (expected: POST /keys, PATCH or"
                    + " DELETE /keys/LABEL)");
        }
        if (active.editor() == null) {
            return AdminAnswer.error(409, "key_file: not set (expected: a file of keys, which alone can change at run"
                    + " time)");
        }
        try {
            return change(active, request, label);
        } catch (IllegalArgumentException e) {
            return AdminAnswer.error(400, e.getMessage());
        } catch (NoSuchFileException e) {
            return AdminAnswer.error(409, "key_file: " + e.getMessage() + " is gone (expected: a file of keys)");
        }
    }

    private AdminAnswer change(ApiKeyAuthenticator active, AdminRequest request, String label) throws IOException {
        boolean isConfigured = active.configured().stream().anyMatch(key -> key.label().equals(label));
        if (isConfigured) {
            return AdminAnswer.error(409, "key " + label + ": in the configuration (expected: a key of the key file)");
        }
        if (request.method().equals("POST")) {
            return create(active, object(request.body()));
        }
        boolean isRemoval = request.method().equals("DELETE");
        int count = isRemoval ? active.editor().remove(label)
                : active.editor().change(label, changes(request.body()));
        if (count == 0) {
            return AdminAnswer.error(404, "key " + label + ": unknown (expected: a label of the key file)");
        }
        reload();
        LOG.info("key {} {} through the admin listener", label, isRemoval ? "revoked" : "changed");
        return AdminAnswer.json(200, JsonTree.write(Map.of("label", label, "keys", number(count))));
    }

    /** Uses the file at once; a reload of the configuration may have replaced the keys meanwhile. */
    private void reload() {
        ApiKeyAuthenticator now = keys.get();
        if (now != null) {
            now.reload();
        }
    }

    private AdminAnswer create(ApiKeyAuthenticator active, Map<?, ?> members) throws IOException {
        if (members.containsKey("sha256")) {
            throw new IllegalArgumentException("sha256: given (expected: none, since the relay makes the key)");
        }
        byte[] random = new byte[KEY_BYTES];
        RANDOM.nextBytes(random);
        String secret = "sk-" + Base64.getUrlEncoder().withoutPadding().encodeToString(random);
        Map<Object, Object> line = new LinkedHashMap<>(members);
        line.put("sha256", KeyConfig.ofSecret("key", secret).sha256());
        if (active.configured().stream().anyMatch(key -> key.label().equals(line.get("label")))) {
            throw new IllegalArgumentException("label: of a key in the configuration (expected: another label)");
        }
        KeyConfig added = active.editor().add(line);
        reload();
        LOG.info("key {} created through the admin listener", added.label());
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("label", added.label());
        answer.put("key", secret);
        return AdminAnswer.json(201, JsonTree.write(answer));
    }

    private static Map<?, ?> changes(byte[] body) {
        Map<?, ?> changes = object(body);
        for (String fixed : new String[] {"label", "sha256"}) {
            if (changes.containsKey(fixed)) {
                throw new IllegalArgumentException(fixed + ": cannot change (expected: limits, models, profiles, group"
                        + " or expires)");
            }
        }
        return changes;
    }

    private static Map<?, ?> object(byte[] body) {
        if (JsonTree.readUnique(body) instanceof Map<?, ?> members) {
            return members;
        }
        throw new IllegalArgumentException("body: not an object (expected: the members of a line of a key file)");
    }

    private static AdminAnswer list(ApiKeyAuthenticator active, String label) {
        List<Object> all = new ArrayList<>();
        active.configured().forEach(key -> all.add(describe(key, "configuration")));
        active.ofFile().forEach(key -> all.add(describe(key, "key_file")));
        if (label.isEmpty()) {
            return AdminAnswer.json(200, JsonTree.write(all));
        }
        all.removeIf(key -> !label.equals(((Map<?, ?>) key).get("label")));
        return all.isEmpty() ? AdminAnswer.error(404, "key " + label + ": unknown")
                : AdminAnswer.json(200, JsonTree.write(all));
    }

    /** Returns a key without its hash. */
    static Map<String, Object> describe(KeyConfig key, String source) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("label", key.label());
        members.put("source", source);
        if (key.group() != null) {
            members.put("group", key.group());
        }
        if (!key.models().isEmpty()) {
            members.put("models", List.copyOf(key.models()));
        }
        if (!key.profiles().isEmpty()) {
            members.put("profiles", List.copyOf(key.profiles()));
        }
        if (key.expires() != null) {
            members.put("expires", key.expires().toString());
        }
        describe(key.limits(), members);
        return members;
    }

    /** Adds limits, without those that are not set. */
    static void describe(UsageLimits limits, Map<String, Object> members) {
        put(members, "max_in_flight", limits.maxInFlight());
        put(members, "requests_per_minute", limits.requestsPerMinute());
        put(members, "tokens_per_minute", limits.tokensPerMinute());
        List<Object> budgets = new ArrayList<>();
        for (BudgetConfig budget : limits.budgets()) {
            Map<String, Object> each = new LinkedHashMap<>();
            each.put("window", budget.window().name());
            if (budget.tokens() > 0) {
                each.put("tokens", number(budget.tokens()));
            } else {
                each.put("usd", dollars(budget.microDollars()));
            }
            budgets.add(each);
        }
        if (!budgets.isEmpty()) {
            members.put("budgets", budgets);
        }
    }

    private static void put(Map<String, Object> members, String name, long limit) {
        if (limit > 0) {
            members.put(name, number(limit));
        }
    }

    static JsonTree.Literal number(long value) {
        return new JsonTree.Literal(Long.toString(value));
    }

    static JsonTree.Literal dollars(long microDollars) {
        return new JsonTree.Literal(BigDecimal.valueOf(microDollars, DOLLAR_DIGITS).toPlainString());
    }
}
