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
import org.apache.commons.text.WordUtils;

/**
 * A description, in Markdown, of what profiles refuse and change. It is generated from their rules, so that it cannot
 * differ from them.
 */
final class ProfileText {
    private static final int MAX_SHOWN_VALUES = 8;
    private static final int MAX_COLUMNS = 116;

    private ProfileText() {
    }

    /**
     * Returns a section for each profile.
     *
     * @param profiles the profiles to describe
     * @param known    profiles by name, parents included
     */
    static String sections(Collection<Profile> profiles, Map<String, Profile> known) {
        return profiles.stream().map(profile -> "### `" + profile.name() + "`\n\n" + profile.summary() + "\n\n"
                + lists(profile, known, true) + '\n' + lists(profile, known, false)).collect(Collectors.joining("\n"));
    }

    private static String lists(Profile profile, Map<String, Profile> known, boolean isRefusal) {
        String verb = isRefusal ? "refuse" : "change";
        List<Statement> own = statements(profile, isRefusal);
        if (profile.parent() == null) {
            return own.isEmpty() ? "It " + verb + "s nothing else.\n" : "It " + verb + "s:\n\n" + list(own);
        }
        List<Statement> inherited = statements(known.get(profile.parent()), isRefusal);
        List<Statement> more = own.stream().filter(statement -> !inherited.contains(statement)).toList();
        List<Statement> less = inherited.stream().filter(statement -> !own.contains(statement)).toList();
        String parent = '`' + profile.parent() + '`';
        return "It " + verb + "s what " + parent + ' ' + verb + "s" + (less.isEmpty() ? "" : ", except for:\n\n"
                + list(less) + (more.isEmpty() ? "" : "\nIt also " + verb + "s:\n\n" + list(more)))
                + (!less.isEmpty() ? "" : more.isEmpty() ? ".\n" : ", and:\n\n" + list(more));
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

    /** Returns a list. Equal statements about several fields become one item. */
    private static String list(List<Statement> statements) {
        Map<String, List<String>> fields = new LinkedHashMap<>();
        statements.forEach(statement -> fields.computeIfAbsent(statement.form, form -> new ArrayList<>())
                .add(statement.field));
        return fields.entrySet().stream().map(entry -> WordUtils.wrap("- " + entry.getKey().replace("%",
                entry.getValue().stream().distinct().collect(Collectors.joining(", "))), MAX_COLUMNS, "\n  ", false)
                + '\n').collect(Collectors.joining());
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
            case KINDS -> "% unless it is " + ((Set<?>) rule.argument()).stream()
                    .map(kind -> ((JsonKind) kind).words()).collect(Collectors.joining(" or "));
            case VALUES -> "% other than " + shown((List<?>) rule.argument());
            case RANGE -> "% outside " + range((List<?>) rule.argument());
            case REFUSE -> "%" + (rule.is().isEmpty() ? "" : " " + shown(rule.is()));
            case REQUIRED -> "a request without %";
            case ONE_OF -> "a request without exactly one of " + shown((List<?>) rule.argument());
            case TOGETHER -> shown((List<?>) rule.argument()) + " together";
            case APART -> "more than one kind in %: " + ((List<?>) rule.argument()).stream()
                    .map(group -> shown((List<?>) group)).collect(Collectors.joining(" / "));
            case BOOLEAN -> "% unless it is a boolean or a spelling of one";
            case STRICT_SCHEMA -> "% that breaks strict mode" + ("closed".equals(rule.argument())
                    ? " or lacks `additionalProperties`" : "");
            case LAST -> "% " + shown((List<?>) rule.argument()) + " before the last item";
            case MESSAGES -> "% unless they are chat messages";
            case TOOL_OUTPUT -> "% without a call id";
            default -> null;
        };
    }

    private static String change(Rule rule) {
        return switch (rule.action()) {
            case BOOLEAN -> "turns other spellings of a boolean in % into that boolean";
            case DROP -> "removes %";
            case SET -> "sets % to `" + JsonTree.text(rule.argument()) + '`';
            case DEFAULT -> "adds % `" + JsonTree.text(rule.argument()) + '`';
            case MAP -> "replaces in %: " + ((Map<?, ?>) rule.argument()).entrySet().stream()
                    .map(e -> '`' + e.getKey().toString() + "` by `" + e.getValue() + '`')
                    .collect(Collectors.joining(", "));
            case TRIM -> "trims %";
            case RENAME -> "renames % to `" + rule.argument() + '`';
            case WRAP -> "turns " + rule.of().stream().map(JsonKind::words).collect(Collectors.joining())
                    + " in % into a list or a part";
            case MOVE -> "moves % to `" + ((Map<?, ?>) rule.argument()).get("to") + '`';
            case SUFFIXES -> "takes suffixes off %: " + shown(((Map<?, ?>) rule.argument()).keySet());
            case MODEL_NAME -> "spells % as in `" + ((Map<?, ?>) rule.argument()).get("prefix") + "gpt-5-1-codex`";
            case MESSAGES -> "converts % to `instructions` and `input`";
            case TOOL_OUTPUT -> "converts % to `function_call_output`";
            case HOIST -> "moves the text of % to `instructions`";
            default -> null;
        };
    }

    private static String condition(Rule rule) {
        List<String> conditions = new ArrayList<>();
        for (Condition condition : rule.where()) {
            String name = '`' + condition.path().substring(condition.path().lastIndexOf('.') + 1) + '`';
            String values = condition.values().size() > MAX_SHOWN_VALUES ? "a spelling of `"
                    + condition.values().get(0) + '`' : condition.values().stream().map(value -> value == null
                    ? "absent" : '`' + value + '`').collect(Collectors.joining(" or "));
            conditions.add(switch (condition.mode()) {
                case IN -> name + " is " + values;
                case NOT -> name + " is not " + values;
                case NONE -> "no `" + condition.path().replace("[]*", "[]") + "` is " + values;
                case ANY -> "some `" + condition.path().replace("[]*", "[]") + "` is " + values;
                default -> name + ' ' + condition.mode().name().toLowerCase(java.util.Locale.ROOT);
            });
        }
        return conditions.isEmpty() ? "" : " (where " + String.join(" and ", conditions) + ')';
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
