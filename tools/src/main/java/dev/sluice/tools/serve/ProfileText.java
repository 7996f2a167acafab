// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import dev.sluice.protocol.json.JsonKind;
import dev.sluice.protocol.json.JsonTree;
import dev.sluice.protocol.request.Action;
import dev.sluice.protocol.request.Condition;
import dev.sluice.protocol.request.Profile;
import dev.sluice.protocol.request.Rule;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A description, in Markdown, of what profiles refuse and change. It is generated from their rules, so that it cannot
 * differ from them.
 */
final class ProfileText {
    private static final int MAX_SHOWN_VALUES = 8;

    private ProfileText() {
    }

    /**
     * Returns a table of profiles.
     *
     * @param profiles the profiles to describe
     * @param known    profiles by name, parents included
     */
    static String table(Collection<Profile> profiles, Map<String, Profile> known) {
        StringBuilder out = new StringBuilder("| profile | refuses | changes |\n|---|---|---|\n");
        for (Profile profile : profiles) {
            out.append("| `").append(profile.name()).append("`: ").append(profile.summary()).append(" | ")
                    .append(cell(profile, known, true)).append(" | ").append(cell(profile, known, false))
                    .append(" |\n");
        }
        return out.toString();
    }

    private static String cell(Profile profile, Map<String, Profile> known, boolean isRefusal) {
        List<Statement> own = statements(profile, isRefusal);
        if (profile.parent() == null) {
            return own.isEmpty() ? "nothing else" : sentences(own);
        }
        List<Statement> inherited = statements(known.get(profile.parent()), isRefusal);
        String more = sentences(own.stream().filter(statement -> !inherited.contains(statement)).toList());
        String less = sentences(inherited.stream().filter(statement -> !own.contains(statement)).toList());
        return "as `" + profile.parent() + "`." + (less.isEmpty() ? "" : " **But not:** " + less + '.')
                + (more.isEmpty() ? "" : " **And:** " + more);
    }

    private static List<Statement> statements(Profile profile, boolean isRefusal) {
        List<Statement> statements = new ArrayList<>();
        for (Rule rule : profile.rules()) {
            String form = isRefusal ? refusal(rule) : change(rule);
            if (form != null) {
                statements.add(new Statement(form + condition(rule) + side(rule),
                        rule.field() == null ? "" : '`' + rule.field().replace("[]*", "[]") + '`'));
            }
        }
        return statements;
    }

    /** Joins statements. Equal statements about several fields become one sentence. */
    private static String sentences(List<Statement> statements) {
        Map<String, List<String>> fields = new LinkedHashMap<>();
        statements.forEach(statement -> fields.computeIfAbsent(statement.form, form -> new ArrayList<>())
                .add(statement.field));
        return fields.entrySet().stream().map(entry -> entry.getKey().replace("%", entry.getValue().stream().distinct()
                .collect(Collectors.joining(", ")))).collect(Collectors.joining("; "));
    }

    /**
     * A statement about one rule.
     *
     * @param form  the words, with {@code %} in place of the field
     * @param field the path of the field; empty if the rule has none
     */
    private record Statement(String form, String field) {
    }

    private static String refusal(Rule rule) {
        return switch (rule.action()) {
            case KINDS -> "% that is not " + ((Set<?>) rule.argument()).stream()
                    .map(kind -> ((JsonKind) kind).words()).collect(Collectors.joining(" or "));
            case VALUES -> "% other than " + shown((List<?>) rule.argument());
            case RANGE -> "% outside " + range((List<?>) rule.argument());
            case REFUSE -> "%" + (rule.is().isEmpty() ? "" : " " + shown(rule.is()));
            case REQUIRED -> "a request without %";
            case ONE_OF -> "not exactly one of " + shown((List<?>) rule.argument());
            case TOGETHER -> shown((List<?>) rule.argument()) + " together";
            case APART -> "more than one kind in %: " + ((List<?>) rule.argument()).stream()
                    .map(group -> shown((List<?>) group)).collect(Collectors.joining(" / "));
            case BOOLEAN -> "% that is no spelling of a boolean";
            case STRICT_SCHEMA -> "% that breaks strict mode" + ("closed".equals(rule.argument())
                    ? " or lacks `additionalProperties`" : "");
            case LAST -> "% " + shown((List<?>) rule.argument()) + " before the last item";
            case MESSAGES -> "% that are no chat messages";
            case TOOL_OUTPUT -> "% without a call id";
            default -> null;
        };
    }

    private static String change(Rule rule) {
        return switch (rule.action()) {
            case BOOLEAN -> "% spelled otherwise to a boolean";
            case DROP -> "removes %";
            case SET -> "sets % to `" + JsonTree.text(rule.argument()) + '`';
            case DEFAULT -> "adds % `" + JsonTree.text(rule.argument()) + '`';
            case MAP -> "% " + ((Map<?, ?>) rule.argument()).entrySet().stream()
                    .map(e -> '`' + e.getKey().toString() + "` to `" + e.getValue() + '`')
                    .collect(Collectors.joining(", "));
            case TRIM -> "trims %";
            case RENAME -> "renames % to `" + rule.argument() + '`';
            case WRAP -> "% " + rule.of().stream().map(JsonKind::words).collect(Collectors.joining())
                    + " to a list or a part";
            case MOVE -> "moves % to `" + ((Map<?, ?>) rule.argument()).get("to") + '`';
            case SUFFIXES -> "takes suffixes off %: " + shown(((Map<?, ?>) rule.argument()).keySet());
            case MODEL_NAME -> "spells % as in `" + ((Map<?, ?>) rule.argument()).get("prefix") + "gpt-5-1-codex`";
            case MESSAGES -> "% to `instructions` and `input`";
            case TOOL_OUTPUT -> "% to `function_call_output`";
            case HOIST -> "moves the text of % to `instructions`";
            default -> null;
        };
    }

    private static String condition(Rule rule) {
        List<String> conditions = new ArrayList<>();
        for (Condition condition : rule.where()) {
            String name = '`' + condition.path().substring(condition.path().lastIndexOf('.') + 1) + '`';
            String values = condition.values().size() > MAX_SHOWN_VALUES ? "however " + condition.values().get(0)
                    + " is spelled" : condition.values().stream().map(value -> value == null ? "absent" : value)
                    .collect(Collectors.joining("/"));
            conditions.add(switch (condition.mode()) {
                case IN -> name + ' ' + values;
                case NOT -> name + " not " + values;
                case NONE -> "no `" + condition.path().replace("[]*", "[]") + "` " + values;
                case ANY -> "some `" + condition.path().replace("[]*", "[]") + "` " + values;
                default -> name + ' ' + condition.mode().name().toLowerCase(java.util.Locale.ROOT);
            });
        }
        return conditions.isEmpty() ? "" : " (" + String.join(", ", conditions) + ')';
    }

    private static String side(Rule rule) {
        return rule.side() == Rule.Side.BOTH ? ""
                : " as " + rule.side().name().toLowerCase(java.util.Locale.ROOT);
    }

    private static String shown(Collection<?> values) {
        return values.size() > MAX_SHOWN_VALUES ? "one of " + values.size() + " known values"
                : values.stream().map(value -> '`' + String.valueOf(value) + '`').collect(Collectors.joining(", "));
    }

    private static String range(List<?> bounds) {
        return "[" + bound(bounds.get(0)) + ", " + bound(bounds.get(1)) + ']';
    }

    private static String bound(Object bound) {
        return bound == null ? "any" : Long.toString(Math.round((Double) bound));
    }

    /** Returns whether this class describes a rule, or the rule needs no description; for tests. */
    static boolean isDescribed(Rule rule) {
        return rule.action() == Action.KEEP || refusal(rule) != null || change(rule) != null;
    }
}
