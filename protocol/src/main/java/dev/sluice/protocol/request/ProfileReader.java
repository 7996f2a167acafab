// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import dev.sluice.protocol.json.JsonTree.Literal;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A reader that builds a profile from the tree of its file, or reports the first mistake in it. */
final class ProfileReader {
    private final String name;
    private final TreeReader tree;
    private final RuleReader rows;
    private final Map<String, Object> fields;
    private final Map<String, Profile> known;

    ProfileReader(String name, Map<String, Object> fields, Map<String, Profile> known) {
        this.name = name;
        tree = new TreeReader(name);
        rows = new RuleReader(tree);
        this.fields = fields;
        this.known = known;
    }

    Profile read() {
        tree.only(fields, Set.of("summary", "extends", "paths", "answers", "streams_by_default",
                "truncated_code", "rules"), "");
        String parent = fields.containsKey("extends") ? tree.text(fields.get("extends"), "extends") : null;
        Profile base = parent == null ? null : known.get(parent);
        if (parent != null && base == null) {
            throw tree.wrong("extends", "'" + parent + "', not a known profile", "one of " + known.keySet());
        }
        List<Rule> rules = new ArrayList<>(base == null ? List.of() : base.rules());
        int row = 0;
        List<Rule> own = new ArrayList<>();
        for (Object rule : tree.list(fields.get("rules"), "rules")) {
            own.addAll(rows.rules(tree.map(rule, "rules[" + row + ']'), "rules[" + row + "]."));
            row++;
        }
        Profile profile = new Profile(name, tree.text(fields.getOrDefault("summary", ""), "summary"), parent,
                paths(), answers(base),
                fields.containsKey("streams_by_default") ? Literal.TRUE.equals(fields.get("streams_by_default"))
                        : base != null && base.streamsByDefault(), fields.containsKey("truncated_code")
                        ? tree.text(fields.get("truncated_code"), "truncated_code")
                        : base == null ? null : base.truncatedCode(), merge(rules, own));
        try {
            RuleCompiler.compile(profile, profile);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("profile " + name + ": " + e.getMessage(), e);
        }
        return profile;
    }

    private Profile.Answers answers(Profile base) {
        if (!fields.containsKey("answers")) {
            return base == null ? Profile.Answers.AS_ASKED : base.answers();
        }
        return tree.constant(Profile.Answers.class, fields.get("answers"), "answers");
    }

    private List<String> paths() {
        List<String> paths = tree.texts(fields.get("paths"), "paths");
        for (String path : paths) {
            if (path == null || !path.matches("(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")) {
                throw tree.wrong("paths", "'" + path + "'", "a prefix such as /api/v1");
            }
        }
        return paths;
    }

    /** Merges two lists of rules. The own rules of a field replace all inherited rules of that field. */
    private static List<Rule> merge(List<Rule> inherited, List<Rule> own) {
        List<Rule> merged = new ArrayList<>();
        Set<String> replaced = new LinkedHashSet<>();
        for (Rule rule : inherited) {
            List<Rule> instead = rule.field() == null ? List.of()
                    : own.stream().filter(o -> rule.field().equals(o.field())).toList();
            if (instead.isEmpty()) {
                merged.add(rule);
            } else if (replaced.add(rule.field())) {
                merged.addAll(instead);
            }
        }
        own.stream().filter(rule -> rule.field() == null || !replaced.contains(rule.field())).forEach(merged::add);
        merged.removeIf(rule -> rule.action() == Action.KEEP);
        return merged;
    }
}
