// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import java.util.List;
import java.util.Map;

/**
 * The requests that one kind of API accepts and their normalization, as data. The same profile can be the face that
 * downstreams see and the dialect that an upstream needs.
 *
 * @param name     the name by which routes and clusters refer to the profile
 * @param summary  one sentence for the documentation; may be empty
 * @param parent   the name of the profile that this one extends; null for none
 * @param paths    URL path prefixes under which the profile is the face regardless of the route, such as
 *                 {@code /api/v1}. They are not inherited, and no two profiles of a relay may share one
 * @param answers  the kind of response that an API of this kind sends
 * @param streamsByDefault whether a request without {@code stream} is answered with events if the profile is its face
 * @param truncatedCode the error code of the event that ends a stream whose upstream was lost; null for the usual one
 * @param rules    the rules, in the order of precedence of their violations
 */
public record Profile(String name, String summary, String parent, List<String> paths, Answers answers,
        boolean streamsByDefault, String truncatedCode, List<Rule> rules) {
    public Profile {
        paths = List.copyOf(paths);
        rules = List.copyOf(rules);
    }

    /** The kind of response that an API sends. */
    public enum Answers {
        /** The kind that the request asks for. */
        AS_ASKED,
        /** An event stream, regardless of the request. */
        EVENTS,
        /** One JSON document; events are not available. */
        JSON
    }

    /**
     * Reads a profile from the tree of its file.
     *
     * @param name   the name of the profile
     * @param fields the members of the file's root object, as {@link dev.sluice.protocol.json.JsonTree} reads them
     * @param known  the profiles that it may extend, by name
     * @return the profile, with the inherited rules merged in
     * @throws IllegalArgumentException if the fields do not form a valid profile
     */
    public static Profile read(String name, Map<String, Object> fields, Map<String, Profile> known) {
        return new ProfileReader(name, fields, known).read();
    }

    /**
     * Returns a model name without the suffixes that stand for other fields.
     *
     * @param model the name in the request
     * @return the rest of the name; {@code model} itself if the profile, as a face, defines no suffixes
     */
    public String canonicalModel(String model) {
        for (Rule rule : rules) {
            if (rule.action() == Action.SUFFIXES && rule.side() != Rule.Side.DIALECT) {
                return Suffixes.strip(rule, model).model();
            }
        }
        return model;
    }

    /**
     * Returns a model name in the spelling of an upstream with this dialect.
     *
     * @param model the plain name, or a name in the upstream's spelling, with its vendor before a slash
     * @return the upstream's spelling; {@code model} itself if it has a slash or the profile defines no spelling
     */
    public String upstreamModel(String model) {
        for (Rule rule : rules) {
            if (rule.action() == Action.MODEL_NAME && rule.side() != Rule.Side.FACE && model.indexOf('/') < 0) {
                return ModelName.of(rule).spell(model);
            }
        }
        return model;
    }
}
