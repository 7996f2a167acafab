// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import java.util.List;
import java.util.Map;

/**
 * What requests of one kind may be and how they are normalised, as data. The same profile can be the face that
 * downstreams see and the dialect that an upstream needs.
 *
 * @param name     how routes and clusters name it
 * @param summary  one sentence for the documentation
 * @param parent   the name of the profile that it extends; null for none
 * @param paths    path prefixes at which it is the face, whatever the route says; such as {@code /api/v1}. Not
 *                 inherited, and no other profile of a relay may have the same
 * @param answers  what an upstream of this kind answers with
 * @param streamsByDefault whether, as a face, a request that says nothing of {@code stream} gets events
 * @param rules    rows, in the order in which violations are reported
 */
public record Profile(String name, String summary, String parent, List<String> paths, Answers answers,
        boolean streamsByDefault, List<Rule> rules) {
    public Profile {
        paths = List.copyOf(paths);
        rules = List.copyOf(rules);
    }

    /** What an upstream answers a request with. */
    public enum Answers {
        /** What the request asks for. */
        AS_ASKED,
        /** An event stream, whatever the request asks for. */
        EVENTS,
        /** One JSON document: events cannot be had. */
        JSON
    }

    /**
     * Reads a profile.
     *
     * @param fields what a profile's file has, as {@link dev.sluice.protocol.json.JsonTree} reads it
     * @param known  the profiles that it may extend
     * @throws IllegalArgumentException where it is not one
     */
    public static Profile read(String name, Map<String, Object> fields, Map<String, Profile> known) {
        return new ProfileReader(name, fields, known).read();
    }

    /**
     * Returns the name that a model has without the suffixes that stand for other fields.
     *
     * @param model as it was asked for
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
     * Returns a model's name as an upstream of this kind spells it.
     *
     * @param model its plain name, or already one of the upstream's with its vendor before a slash
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
