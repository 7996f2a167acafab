// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol;

import dev.sluice.protocol.json.JsonTree;
import dev.sluice.protocol.json.JsonTree.Literal;
import dev.sluice.protocol.request.Profile;
import dev.sluice.protocol.request.Profiles;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One case of the request contract, read from {@code requests/cases.json}.
 *
 * @param id       the number and the topic of the case
 * @param profile  the name of the profile whose rules apply
 * @param side     {@code face}, {@code dialect} or {@code both}: the side on which the profile is used
 * @param in       the request
 * @param isError  whether the request is refused
 * @param param    {@code error.param} of the refusal
 * @param code     {@code error.code} of the refusal
 * @param says     a text that the refusal's message must contain; null allows any message
 * @param out      the body that is sent upstream, as a value; null if the request is refused
 */
public record RequestCase(String id, String profile, String side, Map<String, Object> in, boolean isError, String param,
        String code, String says, Object out) {
    private static final String MODEL = "gpt-5.2";

    /** Returns all cases. */
    @SuppressWarnings("unchecked")
    public static List<RequestCase> all() {
        List<RequestCase> cases = new ArrayList<>();
        for (Object element : (List<Object>) read("requests/cases.json")) {
            Map<String, Object> row = (Map<String, Object>) element;
            String profile = (String) row.get("profile");
            if (profile != null) {
                cases.add(of(row, profile, (Map<String, Object>) row.get("expect")));
                continue;
            }
            Map<String, Object> both = (Map<String, Object>) row.get("expect");
            cases.add(of(row, "codex-lb", both != null ? both : (Map<String, Object>) row.get("strict")));
            cases.add(of(row, "codex-lb-lenient", both != null ? both : (Map<String, Object>) row.get("lenient")));
        }
        return cases;
    }

    /** Reads a JSON resource from the class path. */
    public static Object read(String resource) {
        try (InputStream file = RequestCase.class.getClassLoader().getResourceAsStream(resource)) {
            return JsonTree.read(file.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @SuppressWarnings("unchecked")
    private static RequestCase of(Map<String, Object> row, String profile, Map<String, Object> expect) {
        Map<String, Object> in = new LinkedHashMap<>();
        if (!row.containsKey("bare")) {
            in.put("model", MODEL);
        }
        in.putAll((Map<String, Object>) row.get("in"));
        Object out = null;
        if (expect.containsKey("out")) {
            out = merged(Map.of("model", MODEL, "instructions", "", "store", Literal.FALSE, "include", List.of(),
                    "stream", Literal.TRUE), expect.get("out").equals("same") ? in : expect.get("out"));
        } else if (expect.containsKey("exact")) {
            out = merged(Map.of("model", MODEL), expect.get("exact").equals("same") ? in : expect.get("exact"));
        }
        return new RequestCase((String) row.get("id"), profile, (String) row.getOrDefault("side", "both"), in,
                expect.containsKey("error"), expect.get("error") instanceof String text ? text : null,
                (String) expect.getOrDefault("code", "invalid_request_error"), (String) expect.get("says"), out);
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> merged(Map<String, Object> defaults, Object fields) {
        Map<String, Object> merged = new LinkedHashMap<>(defaults);
        merged.putAll((Map<String, Object>) fields);
        return merged;
    }

    /** Returns the face: the profile of the case, or {@code openai} if the case is about the dialect only. */
    public Profile face() {
        return Profiles.builtIn().get(side.equals("dialect") ? "openai" : profile);
    }

    /** Returns the dialect: the profile of the case, or {@code openai} if the case is about the face only. */
    public Profile dialect() {
        return Profiles.builtIn().get(side.equals("face") ? "openai" : profile);
    }

    /** Returns the same value with the members of every object in reverse order. */
    public static Object reversed(Object value) {
        if (value instanceof Map<?, ?> members) {
            List<Map.Entry<?, ?>> entries = new ArrayList<>(members.entrySet());
            java.util.Collections.reverse(entries);
            Map<Object, Object> reversed = new LinkedHashMap<>();
            entries.forEach(entry -> reversed.put(entry.getKey(), reversed(entry.getValue())));
            return reversed;
        }
        return value instanceof List<?> elements ? elements.stream().map(RequestCase::reversed).toList() : value;
    }

    @Override
    public String toString() {
        return id + " (" + profile + ')';
    }
}
