// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import java.util.ArrayList;
import java.util.List;

/**
 * A generator that builds a request body from a sequence of choices. Most of its fields have rules. Their order and the
 * white space between them vary.
 */
final class RandomBody {
    private static final List<String> TOP = List.of("a", "b", "input", "tools", "tool_choice", "service_tier", "t", "p",
            "max_tokens", "max_output_tokens", "store", "instructions", "include", "x", "y", "stream");
    private static final List<String> ITEM = List.of("type", "role", "content", "d", "x");
    private static final List<String> PART = List.of("type", "d", "text", "refusal", "x");
    private static final List<String> TOOL = List.of("type", "name", "tools", "x");
    private static final String[] TYPES = {"\"message\"", "\"text\"", "\"reasoning\"", "\"refusal\"", "\"keep\"",
        "\"function\"", "\"preview\"", "\"namespace\"", "\"te\\u0078t\"", "null", "5", "\"other\"", "{}", "[]"};
    private static final String[] ROLES = {"\"assistant\"", "\"user\"", "\"tool\"", "null", "\"\\u0061ssistant\"",
        "true"};
    private static final String[] SCALARS = {"1", "-0.0", "1e400", "true", "false", "null", "\"\"", "\" \"", "\" v \"",
        "\"Fast \"", "\"yes\"", "\"0\"", "0", "\"\\ud800\"", "\"\u00e9\u4e2d\ud83d\ude80\"", "\"a\\\"b\\\\\"",
        "{\"a\":{\"b\":[1]}}", "[[],{}]", "\"" + "long ".repeat(20) + "\""};
    private static final String[] SPACES = {"", "", "", " ", "\n\t", "  "};

    private final Choices choices;

    RandomBody(Choices choices) {
        this.choices = choices;
    }

    /** A source of choices: numbers from 0 up to but not including a bound. */
    interface Choices {
        int next(int bound);
    }

    String make() {
        return object(TOP, 0, "\"model\":\"m\"");
    }

    private String pick(String[] values) {
        return values[choices.next(values.length)];
    }

    private String space() {
        return pick(SPACES);
    }

    private String object(List<String> names, int depth, String fixed) {
        List<String> left = new ArrayList<>(names);
        List<String> members = new ArrayList<>();
        int count = choices.next(Math.min(names.size(), 7) + 1);
        int fixedAt = fixed == null ? -1 : choices.next(count + 1);
        for (int i = 0; i <= count; i++) {
            if (i == fixedAt) {
                members.add(space() + fixed + space());
            }
            if (i < count) {
                String name = left.remove(choices.next(left.size()));
                members.add(space() + '"' + escaped(name) + '"' + space() + ':' + space() + value(name, names, depth)
                        + space());
            }
        }
        return '{' + (members.isEmpty() ? space() : "") + String.join(",", members) + '}';
    }

    private String escaped(String name) {
        return choices.next(12) == 0 ? String.format("\\u%04x", (int) name.charAt(0)) + name.substring(1) : name;
    }

    private String value(String name, List<String> names, int depth) {
        if (choices.next(10) == 0) {
            return pick(SCALARS);
        }
        return switch (name) {
            case "type" -> pick(TYPES);
            case "role" -> pick(ROLES);
            case "input" -> choices.next(4) == 0 ? pick(SCALARS) : array(ITEM, depth);
            case "content" -> choices.next(3) == 0 ? pick(SCALARS) : array(PART, depth);
            case "tools" -> array(TOOL, depth);
            default -> pick(SCALARS);
        };
    }

    private String array(List<String> names, int depth) {
        List<String> elements = new ArrayList<>();
        int count = depth > 3 ? 0 : choices.next(4);
        for (int i = 0; i < count; i++) {
            elements.add(space() + (choices.next(8) == 0 ? pick(SCALARS) : object(names, depth + 1, null)) + space());
        }
        return '[' + String.join(",", elements) + ']';
    }
}
