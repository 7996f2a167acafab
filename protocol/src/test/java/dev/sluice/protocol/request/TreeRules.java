// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.protocol.json.JsonKind;
import dev.sluice.protocol.json.JsonTree;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A reference implementation that applies the rules of a profile to a jackson-databind tree. The edits of the bytes
 * must give the same result.
 */
final class TreeRules {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final ObjectNode request;
    private final Map<String, JsonNode> drops = new HashMap<>();
    private final Map<String, JsonNode> values = new LinkedHashMap<>();
    private final Map<String, List<?>> wraps = new HashMap<>();
    private final Map<String, String> renames = new HashMap<>();

    private TreeRules(ObjectNode request) {
        this.request = request;
    }

    static JsonNode apply(Profile profile, ObjectNode request) {
        TreeRules rules = new TreeRules(request);
        profile.rules().forEach(rules::find);
        ObjectNode edited = (ObjectNode) rules.build(request, "");
        for (Rule rule : profile.rules()) {
            boolean isAdded = rule.action() == Action.DEFAULT || rule.action() == Action.SET;
            if (isAdded && !edited.has(rule.field())) {
                edited.set(rule.field(), tree(JsonTree.text(rule.argument())));
            }
        }
        return edited;
    }

    private static JsonNode tree(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new AssertionError(text, e);
        }
    }

    /**
     * A value in the tree.
     *
     * @param at     the path from the root, with a slash before each name or index
     * @param node   the value
     * @param around the values on the way to it, by the path of a rule; outermost first, the value itself included
     */
    private record Place(String at, JsonNode node, Map<String, List<JsonNode>> around) {
    }

    private void find(Rule rule) {
        for (Place place : places(rule.field())) {
            boolean isGiven = !place.node.isNull();
            if (!isOf(rule, place.node) || !areMet(rule, place)) {
                continue;
            }
            switch (rule.action()) {
                case DROP -> drops.put(place.at, place.node);
                case SET -> values.putIfAbsent(place.at, tree(JsonTree.text(rule.argument())));
                case DEFAULT -> {
                    if (!isGiven) {
                        values.putIfAbsent(place.at, tree(JsonTree.text(rule.argument())));
                    }
                }
                case MAP -> map(rule, place);
                case TRIM -> trim(place);
                case BOOLEAN -> {
                    Boolean spelled = spelled(place.node);
                    if (spelled != null && !place.node.isBoolean()) {
                        values.putIfAbsent(place.at, JSON.getNodeFactory().booleanNode(spelled));
                    }
                }
                case WRAP -> {
                    if (isGiven) {
                        wraps.putIfAbsent(place.at, (List<?>) rule.argument());
                    }
                }
                case RENAME -> rename(rule, place);
                default -> throw new AssertionError(rule.action());
            }
        }
    }

    private void map(Rule rule, Place place) {
        if (place.node.isTextual()) {
            String text = place.node.textValue();
            Object mapped = ((Map<?, ?>) rule.argument()).get(rule.isLoose()
                    ? text.strip().toLowerCase(java.util.Locale.ROOT) : text);
            if (mapped != null) {
                values.putIfAbsent(place.at, JSON.getNodeFactory().textNode((String) mapped));
            }
        }
    }

    private void trim(Place place) {
        if (place.node.isTextual()) {
            String trimmed = place.node.textValue().strip();
            if (trimmed.isEmpty()) {
                drops.put(place.at, place.node);
            } else if (!trimmed.equals(place.node.textValue())) {
                values.putIfAbsent(place.at, JSON.getNodeFactory().textNode(trimmed));
            }
        }
    }

    private void rename(Rule rule, Place place) {
        String parentPath = rule.field().substring(0, Math.max(0, rule.field().lastIndexOf('.')));
        List<JsonNode> parents = place.around.get(parentPath);
        JsonNode parent = parents.get(parents.size() - 1);
        JsonNode other = parent.get((String) rule.argument());
        if (place.node.isNull()) {
            return;
        }
        if (other == null || other.isNull()) {
            renames.put(place.at, (String) rule.argument());
            if (other != null) {
                drops.put(place.at.substring(0, place.at.lastIndexOf('/') + 1) + rule.argument(), other);
            }
        } else {
            drops.put(place.at, place.node);
        }
    }

    private static Boolean spelled(JsonNode node) {
        return switch (node.asText().strip().toLowerCase(java.util.Locale.ROOT)) {
            case "true", "t", "yes", "y", "on", "1" -> Boolean.TRUE;
            case "false", "f", "no", "n", "off", "0" -> Boolean.FALSE;
            default -> null;
        };
    }

    private static boolean isOf(Rule rule, JsonNode node) {
        JsonKind kind = switch (node.getNodeType()) {
            case OBJECT -> JsonKind.OBJECT;
            case ARRAY -> JsonKind.ARRAY;
            case STRING -> JsonKind.STRING;
            case NUMBER -> JsonKind.NUMBER;
            case BOOLEAN -> node.booleanValue() ? JsonKind.TRUE : JsonKind.FALSE;
            default -> JsonKind.NULL;
        };
        return rule.of().isEmpty() || rule.of().contains(kind);
    }

    private boolean areMet(Rule rule, Place place) {
        for (Condition condition : rule.where()) {
            Set<String> wanted = new java.util.HashSet<>(condition.values());
            boolean isMet = switch (condition.mode()) {
                case ANY, NONE -> places(condition.path()).stream().anyMatch(p -> wanted.contains(text(p.node)))
                        == (condition.mode() == Condition.Mode.ANY);
                default -> {
                    int dot = condition.path().lastIndexOf('.');
                    List<JsonNode> objects = place.around.get(condition.path().substring(0, Math.max(0, dot)));
                    JsonNode value = objects.get(objects.size() - 1).get(condition.path().substring(dot + 1));
                    yield wanted.contains(text(value)) == (condition.mode() == Condition.Mode.IN);
                }
            };
            if (!isMet) {
                return false;
            }
        }
        if (!rule.within().isEmpty()) {
            List<JsonNode> objects = place.around.get(rule.field().substring(0, rule.field().lastIndexOf('*') + 1));
            return objects.subList(0, objects.size() - 1).stream()
                    .allMatch(o -> rule.within().contains(text(o.get("type"))));
        }
        return true;
    }

    /**
     * Returns the text that a condition compares. An absent value equals null. A container or a number gives a text
     * that no condition contains.
     */
    private static String text(JsonNode value) {
        return value == null || value.isNull() ? null : value.isTextual() || value.isBoolean() ? value.asText()
                : "\u0000";
    }

    private List<Place> places(String path) {
        List<Place> places = List.of(new Place("", request, Map.of("", List.of(request))));
        String walked = "";
        for (String step : path.split("\\.")) {
            String name = step.replace("[]", "").replace("*", "");
            walked = walked.isEmpty() ? name : walked + '.' + name;
            places = members(places, name, walked);
            if (step.contains("[]")) {
                walked += step.endsWith("*") ? "[]*" : "[]";
                places = elements(places, walked);
                for (List<Place> inner = places; step.endsWith("*") && !inner.isEmpty();) {
                    inner = elements(members(inner, name, null), walked);
                    places = new ArrayList<>(places);
                    places.addAll(inner);
                }
            }
        }
        return places;
    }

    private static List<Place> members(List<Place> places, String name, String path) {
        List<Place> found = new ArrayList<>();
        for (Place place : places) {
            JsonNode member = place.node.isObject() ? place.node.get(name) : null;
            if (member != null) {
                found.add(inside(place, place.at + '/' + name, member, path));
            }
        }
        return found;
    }

    private static List<Place> elements(List<Place> places, String path) {
        List<Place> found = new ArrayList<>();
        for (Place place : places) {
            for (int i = 0; place.node.isArray() && i < place.node.size(); i++) {
                found.add(inside(place, place.at + '/' + i, place.node.get(i), path));
            }
        }
        return found;
    }

    private static Place inside(Place outer, String at, JsonNode node, String path) {
        Map<String, List<JsonNode>> around = new HashMap<>(outer.around);
        if (path != null) {
            List<JsonNode> objects = new ArrayList<>(around.getOrDefault(path, List.of()));
            objects.add(node);
            around.put(path, objects);
        }
        return new Place(at, node, around);
    }

    private JsonNode build(JsonNode node, String at) {
        JsonNode built = values.containsKey(at) ? values.get(at) : children(node, at);
        if (wraps.containsKey(at)) {
            return tree(wraps.get(at).get(0) + built.toString() + wraps.get(at).get(1));
        }
        return built;
    }

    private JsonNode children(JsonNode node, String at) {
        if (node.isObject()) {
            ObjectNode object = JSON.createObjectNode();
            node.properties().forEach(member -> {
                String place = at + '/' + member.getKey();
                if (!drops.containsKey(place)) {
                    object.set(renames.getOrDefault(place, member.getKey()), build(member.getValue(), place));
                }
            });
            return object;
        }
        if (node.isArray()) {
            ArrayNode array = JSON.createArrayNode();
            for (int i = 0; i < node.size(); i++) {
                if (!drops.containsKey(at + '/' + i)) {
                    array.add(build(node.get(i), at + '/' + i));
                }
            }
            return array;
        }
        return node;
    }
}
