// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Suffixes of model names that stand for other fields, such as {@code {"high": {"reasoning.effort": "high"}}}. */
final class Suffixes {
    private Suffixes() {
    }

    /**
     * A model name split into its base and the meaning of its suffixes.
     *
     * @param model  the name without the suffixes
     * @param fields the fields that the suffixes stand for, with their values
     */
    record Stripped(String model, List<Map.Entry<String, Object>> fields) {
    }

    /** Removes known suffixes from the end of a name and stops at the first unknown one. */
    static Stripped strip(Rule rule, String model) {
        Map<?, ?> known = (Map<?, ?>) rule.argument();
        List<Map.Entry<String, Object>> fields = new ArrayList<>();
        String rest = model;
        for (int dash = rest.lastIndexOf('-'); dash > 0; dash = rest.lastIndexOf('-')) {
            if (!(known.get(rest.substring(dash + 1)) instanceof Map<?, ?> meaning)) {
                break;
            }
            meaning.forEach((field, value) -> fields.add(Map.entry((String) field, value)));
            rest = rest.substring(0, dash);
        }
        return new Stripped(rest, fields);
    }
}
