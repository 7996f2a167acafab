// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.event;

import dev.sluice.protocol.json.JsonTree;
import dev.sluice.protocol.json.JsonTree.Literal;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The failure of a request as an upstream reports it: in an event, in a document, or in the body of an error.
 *
 * @param code  the error's code, in decimal digits if it is a number; null for none
 * @param type  the error's type; null for none
 * @param times the members that name the time of the next try ({@code resets_in_seconds}, {@code resets_at},
 *              {@code retry_after}, {@code retry_after_ms}) in the error and beside it, with their values as text
 */
public record Failure(String code, String type, Map<String, String> times) {
    private static final Failure UNKNOWN = new Failure(null, null, Map.of());
    private static final Set<String> TIMES = Set.of("resets_in_seconds", "resets_at", "retry_after",
            "retry_after_seconds", "retry_after_ms");
    private static final Set<String> ERRORS = Set.of("error", "detail", "details");
    private static final int MAX_DEPTH = 6;
    private static final int MAX_TEXT = 64;

    public Failure {
        times = Map.copyOf(times);
    }

    /**
     * Reads the body of a response whose status is an error.
     *
     * @param json the body; may be anything
     * @return the failure; its values are null if the body does not name them
     */
    public static Failure ofErrorBody(byte[] json) {
        return tree(json) instanceof Map<?, ?> members ? of(errorIn(members), members) : UNKNOWN;
    }

    /**
     * Reads a document that answers a request with a status of success.
     *
     * @param json the document; may be anything
     * @return the failure that the document reports, or null if it reports none or is not complete
     */
    public static Failure ofDocument(byte[] json) {
        if (!(tree(json) instanceof Map<?, ?> members)) {
            return null;
        }
        boolean hasFailed = isError(members.get("error")) || "failed".equals(members.get("status"));
        return hasFailed ? of(errorIn(members), members) : null;
    }

    /**
     * Reads the data of one event.
     *
     * @param nameType the type that the {@code event:} line states
     * @param data     the data; may be anything
     * @return the failure with which the event ends the response, or null if it does not
     */
    static Failure ofEvent(EventType nameType, byte[] data) {
        if (!(tree(data) instanceof Map<?, ?> event)) {
            return null;
        }
        String type = typeOf(event, nameType);
        boolean hasFailed = type.equals(EventType.FAILED.wireName()) || type.equals(EventType.ERROR.wireName());
        return hasFailed ? of(errorIn(event), event) : null;
    }

    /**
     * Returns the type of an event: of one whose response has a final status, the type of that status; of one without a
     * type that has an error, {@code error}.
     */
    static String typeOf(Map<?, ?> event, EventType nameType) {
        String type = event.get("type") instanceof String text ? text : nameType.wireName();
        byte[] name = type.getBytes(StandardCharsets.UTF_8);
        EventType known = EventType.of(name, 0, name.length);
        if (known == EventType.PART || known.isTerminal()) {
            return type;
        }
        EventType byStatus = event.get("response") instanceof Map<?, ?> response
                && response.get("status") instanceof String status ? EventType.ofStatus(status) : EventType.OTHER;
        if (byStatus != EventType.OTHER) {
            return byStatus.wireName();
        }
        return type.isEmpty() && isError(event.get("error")) ? EventType.ERROR.wireName() : type;
    }

    private static boolean isError(Object value) {
        return value instanceof Map<?, ?> || value instanceof String text && !text.isEmpty() || codeOf(value) != null;
    }

    /** Returns the error of an event or a document: of its response, its own, or, for a flat one, itself. */
    private static Object errorIn(Map<?, ?> members) {
        if (members.get("response") instanceof Map<?, ?> response && isError(response.get("error"))) {
            return response.get("error");
        }
        return isError(members.get("error")) ? members.get("error") : members;
    }

    /**
     * Reads an error: an object with a code and a type, or only the code.
     *
     * @param around the event or the document, in which the times are looked for
     */
    static Failure of(Object error, Map<?, ?> around) {
        Map<String, String> times = new LinkedHashMap<>();
        collectTimes(around, 0, times);
        if (around.get("response") instanceof Map<?, ?> response) {
            collectTimes(response, 0, times);
        }
        if (!(error instanceof Map<?, ?> members)) {
            return new Failure(codeOf(error), null, times);
        }
        // In a flat error event, "type" is the event's own type, not the error's.
        String type = members.get("type") instanceof String text && !text.equals(EventType.ERROR.wireName())
                && !text.startsWith("response.") ? text : null;
        return new Failure(codeOf(members.get("code")), type, times);
    }

    /** Collects the times of an object and its error. Other objects in it may hold the caller's own words. */
    private static void collectTimes(Map<?, ?> members, int depth, Map<String, String> times) {
        members.forEach((name, value) -> {
            String text = value instanceof String string ? string : value instanceof Literal literal ? literal.text()
                    : null;
            String lower = name.toString().toLowerCase(Locale.ROOT);
            if (text != null && text.length() <= MAX_TEXT && TIMES.contains(lower)) {
                times.putIfAbsent(lower, text);
            } else if (value instanceof Map<?, ?> nested && depth < MAX_DEPTH
                    && (depth > 0 || ERRORS.contains(lower))) {
                collectTimes(nested, depth + 1, times);
            }
        });
    }

    /** Returns a code that is written as a string or as a number; null for anything else. */
    private static String codeOf(Object value) {
        if (value instanceof String text) {
            return text;
        }
        boolean isNumber = value instanceof Literal literal && literal.text().matches("-?\\d[\\d.eE+-]{0,30}");
        long code = isNumber ? JsonNumber.asCount(Double.parseDouble(((Literal) value).text())) : JsonNumber.UNKNOWN;
        return code == JsonNumber.UNKNOWN ? null : Long.toString(code);
    }

    private static Object tree(byte[] json) {
        try {
            return JsonTree.read(json);
        } catch (IllegalArgumentException e) {
            return null; // not JSON, or not all of it
        }
    }

    /** {@return the HTTP status that the failure stands for, 400 to 599; 502 if its code and its type are unknown} */
    public int status() {
        return FailureCode.status(code, type);
    }

    /**
     * {@return whether the failure passes or is the endpoint's own, so that another endpoint may serve the same
     * request: an overload, a rate limit, or an error of the server that is known to be one}
     */
    public boolean isPassing() {
        int status = status();
        return status == 429 || status == 503 || status == 529
                || status >= 500 && FailureCode.isServerError(code, type);
    }

    /** {@return whether the endpoint does not have the requested model} */
    public boolean isModelMissing() {
        return "model_not_found".equals(code) || "DeploymentNotFound".equals(code);
    }
}
