// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import dev.sluice.protocol.json.JsonCapture;
import dev.sluice.protocol.json.JsonTree;
import dev.sluice.protocol.json.JsonTree.Literal;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The strict-mode rules for a JSON schema (API reference, "Structured outputs"): every object lists all its properties
 * as required and must not allow additional ones, and every schema declares a type, a reference or alternatives.
 */
final class StrictSchema {
    private static final Set<String> KINDS = Set.of("type", "$ref", "anyOf", "oneOf", "allOf");
    private static final int MAX_SHOWN_CHARS = 128;

    private StrictSchema() {
    }

    /**
     * Returns a message with the first fault and the expected form, or null if the schema is valid.
     *
     * @param mustBeClosed whether each object must say that it allows no additional properties
     */
    static String fault(JsonCapture schema, boolean mustBeClosed) {
        if (schema.isTruncated()) {
            return "over " + RuleTable.SCHEMA_BYTES + " bytes (expected: at most that)";
        }
        try {
            return fault(JsonTree.read(Arrays.copyOf(schema.bytes(), schema.length())), mustBeClosed);
        } catch (IllegalArgumentException e) {
            return "a schema of over " + JsonTree.MAX_VALUES + " values (expected: at most that)";
        }
    }

    private static String fault(Object schema, boolean mustBeClosed) {
        if (!(schema instanceof Map<?, ?> node)) {
            return "a schema that is not an object (expected: an object)";
        }
        if (node.keySet().stream().noneMatch(KINDS::contains)) {
            return "a schema without a type (expected: type, $ref, anyOf, oneOf or allOf)";
        }
        String fault = isObject(node) ? objectFault(node, mustBeClosed) : null;
        if (fault == null && node.containsKey("items")) {
            fault = fault(node.get("items"), mustBeClosed);
        }
        for (String list : List.of("anyOf", "oneOf", "allOf")) {
            if (node.get(list) instanceof List<?> alternatives) {
                for (Object alternative : alternatives) {
                    fault = fault == null ? fault(alternative, mustBeClosed) : fault;
                }
            }
        }
        for (String map : List.of("properties", "$defs", "definitions")) {
            if (node.get(map) instanceof Map<?, ?> schemas) {
                for (Object inner : schemas.values()) {
                    fault = fault == null ? fault(inner, mustBeClosed) : fault;
                }
            }
        }
        return fault;
    }

    private static boolean isObject(Map<?, ?> node) {
        Object type = node.get("type");
        return "object".equals(type) || type instanceof List<?> types && types.contains("object")
                || node.containsKey("properties");
    }

    private static String objectFault(Map<?, ?> node, boolean mustBeClosed) {
        Object additional = node.get("additionalProperties");
        // A missing one is accepted unless the profile asks for it: the published example of the API lacks it.
        if ((additional != null || mustBeClosed) && !Literal.FALSE.equals(additional)) {
            return "an object that allows additionalProperties (expected: \"additionalProperties\": false)";
        }
        Set<?> required = node.get("required") instanceof List<?> list ? new HashSet<>(list) : Set.of();
        if (node.get("properties") instanceof Map<?, ?> properties) {
            for (Object property : properties.keySet()) {
                if (!required.contains(property)) {
                    return "property '" + shown((String) property) + "' is not required (expected: every property in"
                            + " required)";
                }
            }
        }
        return null;
    }

    private static String shown(String name) {
        boolean isPrintable = name.chars().allMatch(c -> c >= 0x20 && c < 0x7f);
        return isPrintable && name.length() <= MAX_SHOWN_CHARS ? name : "(not shown)";
    }
}
