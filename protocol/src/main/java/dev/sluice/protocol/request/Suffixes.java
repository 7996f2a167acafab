// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Suffixes of a model's name that stand for other fields: {@code {"high": {"reasoning.effort": "high"}}}. */
final class Suffixes {
    private Suffixes() {
    }

    /**
     * A name taken apart.
     *
     * @param model  what is left of it
     * @param fields the fields that its suffixes stand for, with their values
     */
    record Stripped(String model, List<Map.Entry<String, Object>> fields) {
    }

    /** Takes off suffixes from the end as long as they are known; an unknown one leaves what is before it alone. */
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
