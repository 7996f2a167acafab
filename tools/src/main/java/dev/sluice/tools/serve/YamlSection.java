// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import dev.sluice.engine.config.ConfigException;
import dev.sluice.protocol.json.JsonTree;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.commons.text.StringSubstitutor;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/** One mapping of a YAML file, read setting by setting. Every error message names the line. */
final class YamlSection {
    private static final Pattern DURATION = Pattern.compile("(\\d+)(ms|s|m|h)");
    private static final Pattern BYTES = Pattern.compile("(\\d+) ?(KiB|MiB|GiB|B)?");
    private static final Pattern INDEX = Pattern.compile("^\\[\\d{1,6}\\]");
    private static final Pattern UNSET = Pattern.compile("variable '([A-Za-z0-9_]{1,64})'");
    private static final String MERGE = "<<";

    private final String file;
    private final String path;
    private final Node node;
    private final Map<String, Node> keys = new LinkedHashMap<>();
    private final Map<String, Node> settings = new LinkedHashMap<>();
    private final Function<String, String> environment;

    YamlSection(String file, String path, Node node, Function<String, String> environment) {
        this.file = file;
        this.path = path;
        this.node = node;
        this.environment = environment;
        if (!(node instanceof MappingNode mapping)) {
            throw wrong(node, path.isEmpty() ? "the file" : path, kind(node), "settings as 'name: value'");
        }
        for (NodeTuple tuple : tuples(mapping)) {
            String name = name(tuple);
            keys.put(name, tuple.getKeyNode());
            settings.put(name, tuple.getValueNode());
        }
    }

    /**
     * Returns the members of a mapping, each name once. Those of {@code <<}, the merge key of YAML 1.1, come last and
     * only if the mapping does not set them itself.
     */
    private List<NodeTuple> tuples(MappingNode mapping) {
        Map<String, NodeTuple> tuples = new LinkedHashMap<>();
        List<MappingNode> merged = new ArrayList<>();
        for (NodeTuple tuple : mapping.getValue()) {
            if (name(tuple).equals(MERGE)) {
                merged(tuple.getValueNode(), merged);
            } else if (tuples.put(name(tuple), tuple) != null) {
                throw wrong(tuple.getKeyNode(), at(name(tuple)), "set twice", "once");
            }
        }
        for (MappingNode other : merged) {
            tuples(other).forEach(tuple -> tuples.putIfAbsent(name(tuple), tuple));
        }
        return List.copyOf(tuples.values());
    }

    private void merged(Node value, List<MappingNode> into) {
        if (value instanceof SequenceNode sequence) {
            sequence.getValue().forEach(element -> merged(element, into));
        } else if (value instanceof MappingNode mapping) {
            into.add(mapping);
        } else {
            throw wrong(value, at(MERGE), kind(value), "settings, or a list of them");
        }
    }

    private String name(NodeTuple tuple) {
        if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
            throw wrong(tuple.getKeyNode(), path.isEmpty() ? "the file" : path, "a name that is no text", "a text");
        }
        return key.getValue();
    }

    /**
     * Rejects every setting that does not belong into this section. Names that begin with {@code x-} are allowed
     * anywhere: they hold what other settings refer to by a YAML alias.
     *
     * @param section name of this section in {@link Settings}
     * @return this section
     * @throws SettingException if there is an unknown setting
     */
    YamlSection only(String section) {
        for (String name : settings.keySet()) {
            if (!name.startsWith("x-") && !Settings.names(section).contains(name)) {
                throw new SettingException(where(keys.get(name)), at(name) + ": unknown setting "
                        + Settings.expected(section, name));
            }
        }
        return this;
    }

    /** Returns the position of a setting below this section, or of the innermost section on the way to it. */
    String locate(String setting) {
        return where(find(node, setting));
    }

    private Node find(Node from, String setting) {
        if (from instanceof SequenceNode sequence && INDEX.matcher(setting).find()) {
            int end = setting.indexOf(']');
            int index = Integer.parseInt(setting.substring(1, end));
            return index >= sequence.getValue().size() ? from
                    : find(sequence.getValue().get(index), withoutDot(setting.substring(end + 1)));
        }
        if (from instanceof MappingNode mapping) {
            List<NodeTuple> longestFirst = new ArrayList<>(tuples(mapping)); // the name of a cluster may have a dot
            longestFirst.sort(Comparator.comparing(tuple -> -name(tuple).length()));
            for (NodeTuple tuple : longestFirst) {
                String name = name(tuple);
                String rest = setting.startsWith(name) ? setting.substring(name.length()) : "-";
                if (rest.isEmpty()) {
                    return tuple.getKeyNode();
                }
                if (rest.startsWith(".") || rest.startsWith("[")) {
                    Node found = find(tuple.getValueNode(), withoutDot(rest));
                    return found == tuple.getValueNode() ? tuple.getKeyNode() : found;
                }
            }
        }
        return from;
    }

    private static String withoutDot(String setting) {
        return setting.startsWith(".") ? setting.substring(1) : setting;
    }

    boolean has(String name) {
        return settings.containsKey(name);
    }

    Set<String> names() {
        return settings.keySet();
    }

    YamlSection section(String name) {
        if (!has(name)) {
            throw wrong(node, at(name), "missing", "settings");
        }
        return new YamlSection(file, at(name), settings.get(name), environment);
    }

    List<YamlSection> sections(String name) {
        List<YamlSection> sections = new ArrayList<>();
        int i = 0;
        for (Node element : elements(name)) {
            sections.add(new YamlSection(file, at(name) + '[' + i++ + ']', element, environment));
        }
        return sections;
    }

    List<String> texts(String name) {
        if (!has(name)) {
            return List.of();
        }
        return elements(name).stream().map(element -> scalar(name, element)).toList();
    }

    /** Returns a list of whole numbers; empty if it is not set. */
    List<Integer> integers(String name) {
        List<Integer> numbers = new ArrayList<>();
        for (String text : texts(name)) {
            try {
                numbers.add(Integer.valueOf(text));
            } catch (NumberFormatException e) {
                throw wrong(settings.get(name), at(name), quoted(text), "whole numbers");
            }
        }
        return numbers;
    }

    private List<Node> elements(String name) {
        Node list = settings.get(name);
        if (list == null) {
            throw wrong(node, at(name), "missing", "a list");
        }
        if (!(list instanceof SequenceNode sequence)) {
            throw wrong(list, at(name), kind(list), "a list");
        }
        return sequence.getValue();
    }

    String text(String name) {
        if (!has(name)) {
            throw wrong(node, at(name), "missing", "a value");
        }
        return scalar(name, settings.get(name));
    }

    String text(String name, String otherwise) {
        return has(name) ? text(name) : otherwise;
    }

    Path path(String name) {
        return has(name) ? Path.of(text(name)) : null;
    }

    private String scalar(String name, Node value) {
        if (!(value instanceof ScalarNode scalar) || scalar.getTag().equals(Tag.NULL)) {
            throw wrong(value, at(name), kind(value), "a value");
        }
        checkVariables(name, scalar);
        StringSubstitutor substitutor = new StringSubstitutor(environment::apply)
                .setEnableUndefinedVariableException(true);
        try {
            return substitutor.replace(scalar.getValue());
        } catch (IllegalArgumentException e) {
            Matcher unset = UNSET.matcher(String.valueOf(e.getMessage()));
            throw wrong(value, at(name), "the environment variable " + (unset.find() ? unset.group(1) + ' ' : "")
                    + "is not set", "set it, or give a default as ${NAME:-default}");
        }
    }

    /** Refuses what looks like a variable but is none, because it might be sent as a key. */
    private void checkVariables(String name, ScalarNode value) {
        String text = value.getValue();
        int open = text.lastIndexOf("${");
        if (text.matches("\\$[A-Za-z_][A-Za-z0-9_]*") || open >= 0 && text.indexOf('}', open) < 0) {
            throw wrong(value, at(name), "a variable in another form", "${NAME}, or ${NAME:-default}");
        }
    }

    void ifDuration(String name, Consumer<Duration> setter) {
        if (!has(name)) {
            return;
        }
        String text = text(name);
        Matcher matcher = DURATION.matcher(text);
        if (!matcher.matches() && !text.equals("0")) {
            throw wrong(settings.get(name), at(name), quoted(text), "a duration such as 250ms, 10s, 5m, 1h or 0");
        }
        setter.accept(text.equals("0") ? Duration.ZERO : number(name, () -> duration(matcher)));
    }

    /** Returns a duration, or {@code byDefault} if it is not set. */
    Duration duration(String name, Duration byDefault) {
        Duration[] found = {byDefault};
        ifDuration(name, value -> found[0] = value);
        return found[0];
    }

    private static Duration duration(Matcher matcher) {
        long amount = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(amount);
            case "s" -> Duration.ofSeconds(amount);
            case "m" -> Duration.ofMinutes(amount);
            default -> Duration.ofHours(amount);
        };
    }

    long bytes(String name, long otherwise) {
        if (!has(name)) {
            return otherwise;
        }
        String text = text(name);
        Matcher matcher = BYTES.matcher(text);
        if (!matcher.matches()) {
            throw wrong(settings.get(name), at(name), quoted(text), "a size such as 65536, 64KiB or 8MiB");
        }
        String unit = matcher.group(2) == null ? "B" : matcher.group(2);
        int shift = switch (unit) {
            case "KiB" -> 10;
            case "MiB" -> 20;
            case "GiB" -> 30;
            default -> 0;
        };
        return number(name, () -> Math.multiplyExact(Long.parseLong(matcher.group(1)), 1L << shift));
    }

    int integer(String name, int otherwise) {
        return has(name) ? number(name, () -> Integer.parseInt(text(name))) : otherwise;
    }

    long longInteger(String name, long otherwise) {
        return has(name) ? number(name, () -> Long.parseLong(text(name))) : otherwise;
    }

    double decimal(String name, double otherwise) {
        return has(name) ? number(name, () -> Double.parseDouble(text(name))) : otherwise;
    }

    /** Returns an exact decimal number. */
    BigDecimal exact(String name, BigDecimal otherwise) {
        return has(name) ? number(name, () -> new BigDecimal(text(name))) : otherwise;
    }

    private <T> T number(String name, Supplier<T> parse) {
        try {
            return parse.get();
        } catch (ArithmeticException | NumberFormatException e) {
            throw wrong(settings.get(name), at(name), quoted(text(name)), "a number in range");
        }
    }

    boolean flag(String name, boolean otherwise) {
        return choice(name, Boolean.toString(otherwise), "true", "false").equals("true");
    }

    String choice(String name, String otherwise, String... choices) {
        if (!has(name)) {
            return otherwise;
        }
        String text = text(name).toLowerCase(Locale.ROOT);
        if (!List.of(choices).contains(text)) {
            throw wrong(settings.get(name), at(name), quoted(text), String.join(", ", choices));
        }
        return text;
    }

    Instant instant(String name) {
        if (!has(name)) {
            return null;
        }
        try {
            return Instant.parse(text(name));
        } catch (DateTimeParseException e) {
            throw wrong(settings.get(name), at(name), quoted(text(name)), "a time such as 2027-01-31T00:00:00Z");
        }
    }

    /** Returns the whole section in the form that {@link JsonTree} reads from JSON. */
    Map<String, Object> tree() {
        Map<String, Object> tree = new LinkedHashMap<>();
        settings.forEach((name, value) -> tree.put(name, tree(value)));
        return tree;
    }

    private Object tree(Node value) {
        if (value instanceof SequenceNode sequence) {
            return sequence.getValue().stream().map(this::tree).toList();
        }
        if (value instanceof MappingNode mapping) {
            Map<String, Object> members = new LinkedHashMap<>();
            tuples(mapping).forEach(tuple -> members.put(name(tuple), tree(tuple.getValueNode())));
            return members;
        }
        if (!(value instanceof ScalarNode scalar)) {
            throw wrong(value, path, "an alias", "the value itself");
        }
        Tag tag = scalar.getTag();
        if (tag.equals(Tag.NULL)) {
            return JsonTree.Literal.NULL;
        }
        boolean isLiteral = tag.equals(Tag.BOOL) || tag.equals(Tag.INT) || tag.equals(Tag.FLOAT);
        return isLiteral ? new JsonTree.Literal(scalar.getValue()) : scalar.getValue();
    }

    /**
     * Creates a record from this section.
     *
     * @throws SettingException if the record's constructor rejects a value; the message names the line of that setting,
     *                          or of this section
     */
    <T> T make(Supplier<T> constructor) {
        try {
            return constructor.get();
        } catch (ConfigException e) {
            throw new SettingException(locate(e.path()), e.getMessage());
        } catch (IllegalArgumentException e) {
            throw new SettingException(where(node), e.getMessage());
        }
    }

    private String at(String name) {
        return path.isEmpty() ? name : path + '.' + name;
    }

    private static String quoted(String text) {
        return text.length() > 64 ? "a text of " + text.length() + " characters" : '\'' + text + '\'';
    }

    private static String kind(Node value) {
        if (value instanceof SequenceNode) {
            return "a list";
        }
        if (value instanceof MappingNode) {
            return "settings";
        }
        return value instanceof ScalarNode scalar && !scalar.getTag().equals(Tag.NULL) ? "a value" : "an empty value";
    }

    private SettingException wrong(Node at, String setting, String found, String expected) {
        return new SettingException(where(at), setting + ": " + found + " (expected: " + expected + ")");
    }

    private String where(Node at) {
        return file + at.getStartMark().map(mark -> ", line " + (mark.getLine() + 1)).orElse("");
    }
}
