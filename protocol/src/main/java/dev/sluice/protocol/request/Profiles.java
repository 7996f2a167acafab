// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import dev.sluice.protocol.json.JsonTree;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The built-in profiles, read from {@code profiles.json} beside this class. The first one is the default. */
public final class Profiles {
    private static final Map<String, Profile> BUILT_IN = load();

    private Profiles() {
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Profile> load() {
        Map<String, Profile> profiles = new LinkedHashMap<>();
        try (InputStream file = Profiles.class.getResourceAsStream("profiles.json")) {
            for (Object profile : (List<Object>) JsonTree.read(file.readAllBytes())) {
                Map<String, Object> fields = new LinkedHashMap<>((Map<String, Object>) profile);
                String name = (String) fields.remove("name");
                profiles.put(name, Profile.read(name, fields, profiles));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return java.util.Collections.unmodifiableMap(profiles);
    }

    /** {@return the built-in profiles by name, in the order of their file; unmodifiable} */
    public static Map<String, Profile> builtIn() {
        return BUILT_IN;
    }

    /** {@return the default profile, for routes that name none} */
    public static Profile standard() {
        return BUILT_IN.values().iterator().next();
    }
}
