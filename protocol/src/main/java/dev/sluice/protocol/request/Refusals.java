// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.json.JsonCapture;
import dev.sluice.protocol.json.JsonKind;
import dev.sluice.protocol.json.JsonScanner;
import dev.sluice.protocol.json.JsonTree;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** The evaluation of values against rows, and the messages of refusals. */
final class Refusals {
    private static final Set<String> TRUE_SPELLINGS = Set.of("true", "t", "yes", "y", "on", "1");
    private static final Set<String> FALSE_SPELLINGS = Set.of("false", "f", "no", "n", "off", "0");

    private Refusals() {
    }

    /** Returns the boolean that a value spells in a usual form, or null. */
    static Boolean spelled(JsonKind kind, JsonCapture value) {
        String word = switch (kind) {
            case TRUE -> "true";
            case FALSE -> "false";
            case STRING -> value.asString();
            case NUMBER -> value.isTruncated() ? null
                    : new String(value.bytes(), 0, value.length(), StandardCharsets.US_ASCII);
            default -> null;
        };
        if (word == null) {
            return null;
        }
        String lower = word.trim().toLowerCase(Locale.ROOT);
        return TRUE_SPELLINGS.contains(lower) ? Boolean.TRUE : FALSE_SPELLINGS.contains(lower) ? Boolean.FALSE : null;
    }

    /** Returns whether a value violates a row, regardless of the conditions of the row. */
    static boolean isBroken(Row row, JsonKind kind, JsonCapture value, String text, Field field,
            int[] groups) {
        Rule rule = row.rule;
        boolean isElement = field.path.endsWith("]") || field.path.endsWith("*");
        if (kind == JsonKind.NULL && !rule.refusesNull() && !isElement) {
            return false; // a null member counts as absent, a null element does not
        }
        if (!rule.is().isEmpty() && !isAmong(rule.is(), kind, value, text, field.hasSpelling)) {
            return false;
        }
        return switch (rule.action()) {
            case KINDS -> !((Set<?>) rule.argument()).contains(kind);
            case LAST -> ((List<?>) rule.argument()).contains(text);
            case VALUES -> (kind == JsonKind.STRING || kind == JsonKind.TRUE || kind == JsonKind.FALSE)
                    && (text == MemberText.OTHER || !((List<?>) rule.argument()).contains(text));
            case RANGE -> kind == JsonKind.NUMBER && !isWithin((List<?>) rule.argument(), value);
            case BOOLEAN -> spelled(kind, value) == null;
            case REFUSE -> true;
            case APART -> isApart(row, text, groups);
            case STRICT_SCHEMA -> true; // the caller checks the schema once no known member rules the row out
            default -> false;
        };
    }

    private static boolean isAmong(List<String> values, JsonKind kind, JsonCapture value, String text,
            boolean hasSpelling) {
        if (text != MemberText.OTHER && values.contains(kind == JsonKind.NULL ? null : text)) {
            return true;
        }
        Boolean spelled = hasSpelling ? spelled(kind, value) : null;
        return spelled != null && values.contains(spelled.toString());
    }

    private static boolean isWithin(List<?> range, JsonCapture value) {
        if (value.isTruncated()) {
            return false;
        }
        double number = Double.parseDouble(new String(value.bytes(), 0, value.length(), StandardCharsets.US_ASCII));
        return (range.get(0) == null || number >= (Double) range.get(0))
                && (range.get(1) == null || number <= (Double) range.get(1));
    }

    private static boolean isApart(Row row, String text, int[] seen) {
        List<?> groups = (List<?>) row.rule.argument();
        for (int i = 0; i < groups.size(); i++) {
            if (text != MemberText.OTHER && text != MemberText.NULL && ((List<?>) groups.get(i)).contains(text)) {
                seen[row.rank] |= 1 << i;
            }
        }
        return Integer.bitCount(seen[row.rank]) > 1;
    }

    /** Evaluates an edit once its value is complete: sets the new bytes, or discards the edit if it does not apply. */
    static void evaluate(Pending edit, JsonKind kind, JsonCapture value, String text) {
        Rule rule = edit.row.rule;
        boolean isBoolean = rule.action() == Action.BOOLEAN;
        if (!rule.is().isEmpty() && !isAmong(rule.is(), kind, value, text, isBoolean)) {
            edit.discard();
            return;
        }
        switch (rule.action()) {
            case MAP -> {
                String key = rule.isLoose() ? text.strip().toLowerCase(Locale.ROOT) : text;
                Object mapped = text == MemberText.OTHER ? null : ((Map<?, ?>) rule.argument()).get(key);
                if (mapped == null) {
                    edit.discard();
                } else {
                    edit.value = JsonTree.write(mapped);
                }
            }
            case TRIM -> {
                String trimmed = text.strip();
                if (text == MemberText.OTHER || trimmed.equals(text) && !trimmed.isEmpty()) {
                    edit.discard();
                } else {
                    edit.isDrop = trimmed.isEmpty();
                    edit.value = JsonTree.write(trimmed);
                }
            }
            case BOOLEAN -> {
                Boolean spelled = spelled(kind, value);
                edit.value = spelled == null ? null : spelled.toString().getBytes(StandardCharsets.US_ASCII);
                if (spelled == null) {
                    edit.discard(); // the same row refuses it
                }
            }
            case SET -> {
                String set = JsonTree.text(rule.argument());
                if (kind != JsonKind.STRING && kind != JsonKind.NUMBER && set.equals(kind.words())) {
                    edit.discard(); // already has the value
                }
            }
            default -> { } // acts on any value
        }
    }

    /** Returns the {@code error.param} for a value, with indices filled in; null for the request as a whole. */
    static String param(Rule rule, String path, JsonScanner json) {
        if (rule.isAboutRequest()) {
            return null;
        }
        String template = rule.param() != null ? rule.param() : path.replace("*", "").replace("[]", ".{i}");
        if (!template.contains("{i}")) {
            return template;
        }
        StringBuilder param = new StringBuilder();
        int level = 1;
        int from = 0;
        for (int at = template.indexOf("{i}"); at >= 0; at = template.indexOf("{i}", from)) {
            while (level < json.depth() && !json.isArray(level)) {
                level++;
            }
            param.append(template, from, at).append(json.ordinal(level++));
            from = at + 3;
        }
        return param.append(template, from, template.length()).toString();
    }

    /** Returns the position, counted from 1, of the current element of the innermost array of a path. */
    static int position(String path, JsonScanner json) {
        int level = 0;
        for (int arrays = path.split("\\[]", -1).length - 1; arrays > 0; arrays--) {
            do {
                level++;
            } while (level < json.depth() && !json.isArray(level));
        }
        return json.ordinal(level) + 1;
    }

    static RelayException of(Rule rule, String param, String found) {
        String name = param != null ? param : rule.field() != null ? rule.field() : "body";
        return new RelayException(rule.code(), param, name + ": " + found + " (expected: " + expected(rule) + ")");
    }

    /** Returns the text that follows {@code expected:} in the refusal of a rule. */
    static String expected(Rule rule) {
        if (rule.expected() != null) {
            return rule.expected();
        }
        return switch (rule.action()) {
            case KINDS -> or(((Set<?>) rule.argument()).stream().map(kind -> ((JsonKind) kind).words()).toList());
            case VALUES -> "one of " + String.join(", ", texts(rule.argument()));
            case RANGE -> range((List<?>) rule.argument());
            case BOOLEAN -> "true or false";
            case REQUIRED -> "a value";
            case ONE_OF -> "exactly one of " + String.join(", ", texts(rule.argument()));
            case TOGETHER -> "at most one of " + String.join(", ", texts(rule.argument()));
            case APART -> "not together: " + ((List<?>) rule.argument()).stream()
                    .map(group -> String.join(", ", texts(group))).collect(Collectors.joining("; "));
            default -> "absent";
        };
    }

    private static List<String> texts(Object list) {
        return ((Collection<?>) list).stream().map(String::valueOf).toList();
    }

    private static String or(List<String> words) {
        return words.size() < 2 ? String.join("", words)
                : String.join(", ", words.subList(0, words.size() - 1)) + " or " + words.get(words.size() - 1);
    }

    private static String range(List<?> bounds) {
        String lowest = bounds.get(0) == null ? null : plain((Double) bounds.get(0));
        String highest = bounds.get(1) == null ? null : plain((Double) bounds.get(1));
        if (lowest == null || highest == null) {
            return lowest == null ? "at most " + highest : "at least " + lowest;
        }
        return lowest + " to " + highest;
    }

    private static String plain(double number) {
        return number == Math.rint(number) ? Long.toString((long) number) : Double.toString(number);
    }
}
