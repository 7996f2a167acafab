// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.json.JsonKind;
import dev.sluice.protocol.json.JsonScanner;
import dev.sluice.protocol.json.JsonTree;
import dev.sluice.protocol.json.JsonTree.Literal;
import dev.sluice.protocol.rewrite.BodyRewriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The checks and edits that are possible only when the root object closes: missing fields, conflicting fields, added
 * fields and moved values. It also joins instructions from all their sources.
 */
final class RootFields {
    private final RuleTable table;
    private final Row[] rows;
    private final EditQueue edits;
    private final Violations violations;
    private final Normalizer normalizer;
    private final JsonKind[] kinds;
    private final long[] starts;
    private final long[] ends;
    private final int[] children;
    private final OpenObject[] objects;
    private final Set<String> renamed = new HashSet<>();
    private final int instructionsMark;
    private final int inputMark;
    private final int messagesMark;
    private final Row messagesRow;
    private final boolean hoists;
    private final List<String> instructions = new ArrayList<>();
    private final List<Pending> unfollowed = new ArrayList<>(2);
    private final Map<String, Map<String, String>> added = new LinkedHashMap<>();

    private BodyRewriter body;
    private Pending instructionsEdit;
    private Pending emptyInput;
    private Pending messagesEdit;
    private boolean isInputSeen;

    RootFields(RuleTable table, EditQueue edits, Violations violations, Normalizer normalizer) {
        this.table = table;
        this.edits = edits;
        this.violations = violations;
        this.normalizer = normalizer;
        kinds = new JsonKind[table.marks()];
        starts = new long[table.marks()];
        ends = new long[table.marks()];
        children = new int[table.marks()];
        objects = new OpenObject[table.marks()];
        rows = table.rows().toArray(Row[]::new);
        messagesRow = table.rows().stream().filter(row -> row.rule.action() == Action.MESSAGES).findFirst()
                .orElse(null);
        hoists = table.rows().stream().anyMatch(row -> row.rule.action() == Action.HOIST);
        boolean joins = messagesRow != null || hoists;
        instructionsMark = joins ? table.markOf("instructions") : Integer.MIN_VALUE;
        inputMark = joins ? table.markOf("input") : Integer.MIN_VALUE;
        messagesMark = joins ? table.markOf("messages") : Integer.MIN_VALUE;
    }

    void reset(BodyRewriter rewriter) {
        body = rewriter;
        java.util.Arrays.fill(kinds, null);
        java.util.Arrays.fill(objects, null);
        renamed.clear();
        instructions.clear();
        unfollowed.clear();
        added.clear();
        instructionsEdit = null;
        emptyInput = null;
        messagesEdit = null;
        isInputSeen = false;
    }

    /** A function that applies the rules about input to input that was made from messages. */
    interface Normalizer {
        Object normalized(List<Object> input);
    }

    /** Returns the mutable list of the texts to append to the instructions, in order. */
    List<String> instructions() {
        return instructions;
    }

    void onValueStart(Field field, JsonKind kind, long start, JsonScanner json, OpenObject container) {
        if (messagesMark == Integer.MIN_VALUE) {
            return;
        }
        if (field.mark == instructionsMark && (hoists || !isInputSeen)) {
            instructionsEdit = Pending.ofBytes(start);
            edits.add(instructionsEdit);
        } else if (field.mark == inputMark && (kind == JsonKind.ARRAY || kind == JsonKind.NULL)
                && messagesRow != null) {
            emptyInput = Pending.at(messagesRow, json, start, container, true, false);
            edits.add(emptyInput);
        } else if (field.mark == inputMark || field.isInputItem) {
            onInput();
        } else if (field.mark == messagesMark && kind == JsonKind.ARRAY && messagesRow != null) {
            messagesEdit = Pending.at(messagesRow, json, start, container, true, false);
            edits.add(messagesEdit);
        }
    }

    /** Discards the edits that messages would need, because messages add nothing to a request that has input. */
    private void onInput() {
        isInputSeen = true;
        if (emptyInput != null) {
            emptyInput.discard();
        }
        if (instructionsEdit != null && !hoists) {
            instructionsEdit.discard();
        }
    }

    /** Records that a top-level field is renamed, so that no field is added under its new name. */
    void onRenamed(Rule rule) {
        renamed.add((String) rule.argument());
    }

    void onValueEnd(Field field, JsonKind kind, long start, long end, JsonScanner json, OpenObject closed) {
        if (field.mark < 0) {
            return;
        }
        kinds[field.mark] = kind;
        starts[field.mark] = start;
        ends[field.mark] = end;
        objects[field.mark] = closed;
        children[field.mark] = kind == JsonKind.OBJECT || kind == JsonKind.ARRAY ? json.children() : 0;
        Pending mayGo = field.mark == inputMark ? emptyInput : field.mark == messagesMark ? messagesEdit : null;
        if (mayGo != null && !mayGo.isDecided()) {
            mayGo.valueEnd = end;
            unfollowed.add(mayGo);
            json.wantNext();
        }
    }

    void onNext(long offset, boolean isLast) {
        unfollowed.forEach(edit -> edit.followedBy(offset, isLast));
        unfollowed.clear();
    }

    /**
     * Runs the checks of the whole request and adds its last edits. Called when the root object closes.
     *
     * @param object      the root object
     * @param members     the number of its members as received
     * @param closeOffset the offset of its closing brace
     * @param model       the model, or null if it is missing or invalid
     */
    void close(OpenObject object, int members, long closeOffset, String model) {
        for (Row row : rows) {
            RelayException refusal = checkPresence(row);
            if (refusal != null) {
                violations.report(row.rank, refusal);
            }
        }
        if (body == null) {
            return;
        }
        if (messagesEdit != null) {
            convertMessages();
        } else if (emptyInput != null) {
            emptyInput.discard();
        }
        if (violations.first() != null) {
            return;
        }
        joinInstructions();
        for (Row row : rows) {
            switch (row.rule.action()) {
                case MOVE -> move(row);
                case SUFFIXES -> {
                    if (model != null) {
                        Suffixes.strip(row.rule, model).fields()
                                .forEach(field -> add(field.getKey(), JsonTree.text(field.getValue())));
                    }
                }
                default -> { } // acted when its value was scanned, or acts below
            }
        }
        for (Row row : rows) {
            boolean isAdded = row.rule.action() == Action.DEFAULT || row.rule.action() == Action.SET;
            if (isAdded && row.mark >= 0 && !row.rule.field().contains(".") && row.rule.isUnconditional()
                    && kinds[row.mark] == null && !renamed.contains(row.rule.field())) {
                added.putIfAbsent(row.rule.field(), Map.of("", JsonTree.text(row.rule.argument())));
            }
        }
        insertAdded(object, members, closeOffset);
    }

    private RelayException checkPresence(Row row) {
        Rule rule = row.rule;
        switch (rule.action()) {
            case REQUIRED -> {
                boolean isConverted = row.mark == inputMark && messagesMark >= 0 && isGiven(messagesMark);
                String param = rule.param() == null ? rule.field() : rule.param();
                return isGiven(row.mark) || isConverted ? null : Refusals.of(rule, param, "missing");
            }
            case TOGETHER -> {
                long given = paths(rule).stream().filter(path -> isGiven(table.markOf(path))
                        && !isEmptyString(table.markOf(path))).count();
                return given < 2 ? null : Refusals.of(rule, rule.param(), given + " of them");
            }
            case ONE_OF -> {
                long given = paths(rule).stream().filter(path -> isGiven(table.markOf(path))).count();
                // The first one may be an empty array beside another.
                long counted = given > 1 && isEmptyArray(table.markOf(paths(rule).get(0))) ? given - 1 : given;
                return counted == 1 ? null
                        : Refusals.of(rule, rule.param(), given == 0 ? "none of them" : given + " of them");
            }
            default -> {
                return null;
            }
        }
    }

    private static List<String> paths(Rule rule) {
        return ((List<?>) rule.argument()).stream().map(String.class::cast).toList();
    }

    private boolean isGiven(int mark) {
        return kinds[mark] != null && kinds[mark] != JsonKind.NULL;
    }

    private boolean isEmptyString(int mark) {
        return kinds[mark] == JsonKind.STRING && ends[mark] - starts[mark] == 2;
    }

    private boolean isEmptyArray(int mark) {
        return kinds[mark] == JsonKind.ARRAY && children[mark] == 0;
    }

    private void convertMessages() {
        if (isEmptyArray(messagesMark) && kinds[inputMark] == JsonKind.ARRAY) {
            messagesEdit.drop();
            emptyInput.discard();
            return;
        }
        if (isInputSeen) {
            messagesEdit.discard(); // a row may refuse messages beside input
            return;
        }
        try {
            Object messages = Messages.read("messages", body.copyOf(starts[messagesMark], ends[messagesMark]));
            List<Object> input = Messages.convert((List<?>) messages, instructions);
            messagesEdit.replace(messagesEdit.nameStart, messagesEdit.valueEnd,
                    bytes("\"input\":" + JsonTree.text(normalizer.normalized(input))));
        } catch (RelayException refusal) {
            messagesEdit.discard();
            violations.report(messagesRow.rank, refusal);
        }
        if (emptyInput != null && !emptyInput.isDecided()) {
            emptyInput.drop();
        }
    }

    private void joinInstructions() {
        instructions.removeIf(String::isEmpty);
        if (instructions.isEmpty()) {
            if (instructionsEdit != null) {
                instructionsEdit.discard();
            }
            return;
        }
        String text = String.join("\n", instructions);
        JsonKind kind = kinds[instructionsMark];
        if (kind == null) {
            added.put("instructions", Map.of("", JsonTree.text(text)));
        } else if (kind == JsonKind.STRING) {
            boolean isEmpty = ends[instructionsMark] - starts[instructionsMark] == 2;
            long quote = ends[instructionsMark] - 1;
            instructionsEdit.replace(quote, quote, bytes((isEmpty ? "" : "\\n") + JsonTree.escape(text)));
        } else {
            instructionsEdit.replace(starts[instructionsMark], ends[instructionsMark], JsonTree.write(text));
        }
    }

    private void move(Row row) {
        JsonKind kind = kinds[row.mark];
        if (kind == null || kind == JsonKind.NULL || !row.takes(kind)) {
            return;
        }
        Map<?, ?> argument = (Map<?, ?>) row.rule.argument();
        String target = (String) argument.get("to");
        boolean isContainer = kind == JsonKind.OBJECT || kind == JsonKind.ARRAY;
        boolean isMapped = argument.containsKey("map");
        if (isMapped && isContainer) {
            return; // a map never matches a container
        }
        byte[] value = body.copyOf(starts[row.mark], ends[row.mark]);
        if (!(argument.get("map") instanceof Map<?, ?> map)) {
            add(target, new String(value, StandardCharsets.UTF_8));
            return;
        }
        Object read = JsonTree.read(value);
        Object mapped = map.get(read instanceof String text ? text.strip().toLowerCase(java.util.Locale.ROOT)
                : read instanceof Literal literal ? literal.text() : null);
        if (mapped != null) {
            add(target, JsonTree.text(mapped));
        }
    }

    /** Adds a field if it is absent. The first value added for a path wins. */
    private void add(String path, String json) {
        int mark = table.markOf(path);
        if (mark >= 0 && isGiven(mark)) {
            return;
        }
        int dot = path.indexOf('.');
        String top = dot < 0 ? path : path.substring(0, dot);
        added.computeIfAbsent(top, name -> new LinkedHashMap<>()).putIfAbsent(dot < 0 ? "" : path.substring(dot + 1),
                json);
    }

    private void insertAdded(OpenObject object, int members, long closeOffset) {
        List<String> appended = new ArrayList<>();
        added.forEach((name, fields) -> {
            int mark = table.markOf(name);
            JsonKind kind = mark < 0 ? null : kinds[mark];
            String value = fields.containsKey("") ? fields.get("") : '{' + join(fields) + '}';
            if (kind == null && !renamed.contains(name)) {
                appended.add(JsonTree.text(name) + ':' + value);
            } else if (kind == JsonKind.NULL) {
                insert(starts[mark], ends[mark], value);
            } else if (kind == JsonKind.OBJECT && !fields.containsKey("")) {
                insertInto(mark, fields, name);
            }
        });
        if (!appended.isEmpty()) {
            append(closeOffset, members, object, String.join(",", appended));
        }
    }

    /**
     * Appends members to an object. Their leading comma is needed only if a member before them is kept, which is known
     * only after all earlier edits have been handed over.
     */
    private void append(long closeOffset, int members, OpenObject object, String text) {
        Pending end = Pending.ofBytes(closeOffset);
        end.insertLate(closeOffset, () -> bytes(members > (object == null ? 0 : object.dropped()) ? ',' + text : text));
        edits.add(end);
    }

    /** Adds members to an object in the body. A null member is replaced; others go before its closing brace. */
    private void insertInto(int mark, Map<String, String> fields, String name) {
        Map<String, String> fresh = new LinkedHashMap<>();
        fields.forEach((member, value) -> {
            int at = table.markOf(name + '.' + member);
            if (at >= 0 && kinds[at] == JsonKind.NULL) {
                insert(starts[at], ends[at], value);
            } else {
                fresh.put(member, value);
            }
        });
        if (!fresh.isEmpty()) {
            append(ends[mark] - 1, children[mark], objects[mark], join(fresh));
        }
    }

    private void insert(long start, long end, String json) {
        Pending edit = Pending.ofBytes(start);
        edit.replace(start, end, bytes(json));
        edits.add(edit);
    }

    private static String join(Map<String, String> members) {
        List<String> texts = new ArrayList<>();
        members.forEach((name, value) -> texts.add(JsonTree.text(name) + ':' + value));
        return String.join(",", texts);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
