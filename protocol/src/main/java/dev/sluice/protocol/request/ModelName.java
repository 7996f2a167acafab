// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import java.util.Map;

/** The spelling of model names at an upstream, such as {@code {"prefix": "vendor/", "replace": {".": "-"}}}. */
record ModelName(String prefix, Map<?, ?> replace) {

    static ModelName of(Rule rule) {
        Map<?, ?> argument = (Map<?, ?>) rule.argument();
        Object prefix = argument.get("prefix");
        Object replace = argument.get("replace");
        return new ModelName(prefix == null ? "" : (String) prefix, replace == null ? Map.of() : (Map<?, ?>) replace);
    }

    String spell(String model) {
        String spelled = model;
        for (Map.Entry<?, ?> pair : replace.entrySet()) {
            spelled = spelled.replace((String) pair.getKey(), (String) pair.getValue());
        }
        return prefix + spelled;
    }
}
