// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.json.JsonCapture;
import dev.sluice.protocol.json.JsonException;
import dev.sluice.protocol.json.JsonKind;
import dev.sluice.protocol.json.JsonLimits;
import dev.sluice.protocol.json.JsonListener;
import dev.sluice.protocol.json.JsonScanner;
import dev.sluice.protocol.json.JsonTree;
import dev.sluice.protocol.request.RuleTable.Field;
import dev.sluice.protocol.request.RuleTable.Row;
import dev.sluice.protocol.rewrite.BodyRewriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Scans one request body as it arrives: checks that it is one strict JSON object in which no top-level name occurs
 * twice, finds the fields that decide routing, and what a {@link RuleTable} refuses and changes.
 *
 * <p>A body that is not JSON is refused at once. A broken rule is remembered and reported at the end of the document,
 * so that the caller is told of the first rule in the order of the table ({@link #violation}); from the moment one is
 * known nothing more of the body may be forwarded.
 *
 * <p>Edits go to a {@link BodyRewriter} as soon as they, and all before them, are decided ({@link #settle}); an edit
 * whose condition is still to come holds the body from where it stands.
 *
 * <p><b>Threading:</b> confined to one event loop; reusable through {@link #reset}. <b>Ownership:</b> borrows what it
 * is fed.
 */
public final class RequestScanner implements JsonListener {
    /** Limit of a model name, in bytes as it is written between its quotes (escapes count as they stand). */
    public static final int MAX_MODEL_BYTES = 256;
    private static final int MODEL_RANK = -1;
    /** What has no members: a value that is no object. */
    private static final Frame NO_MEMBERS = Frame.closed();
    private static final Frame[] NO_FRAMES = {};

    private final RuleTable table;
    private final JsonLimits limits;
    private final JsonScanner json;
    private final byte[] scratch;
    private final Frame[] frames;
    private final RequestFacts facts = new RequestFacts();
    private final EditQueue edits = new EditQueue();
    private final List<Pending> open = new ArrayList<>();
    private final List<Pending> unfollowed = new ArrayList<>(2);
    private final int[] groups;
    private final RootFields root;
    private BodyRewriter body;
    private boolean isRootChecked;
    private boolean isRootClosed;
    private boolean isPlanned;
    private RelayException violation;
    private int violationRank;

    /**
     * @param table   what requests may be and how they are changed
     * @param limits  what the JSON may be
     * @param scratch any array; may be shared by all scanners of one thread; its size is the step of the scan
     */
    public RequestScanner(RuleTable table, JsonLimits limits, byte[] scratch) {
        this.table = table;
        this.limits = limits;
        this.json = new JsonScanner(table.watches(), limits);
        this.scratch = scratch;
        frames = new Frame[limits.maxDepth() + 2];
        groups = new int[table.rows().size()];
        root = new RootFields(table, edits);
        reset(null);
    }

    /**
     * Makes ready for a new body.
     *
     * @param rewriter has the bytes that are fed, before they are fed; null where nothing is edited
     */
    public void reset(BodyRewriter rewriter) {
        body = rewriter;
        json.reset(this);
        facts.clear();
        edits.clear();
        open.clear();
        unfollowed.clear();
        root.reset(rewriter);
        java.util.Arrays.fill(frames, null);
        java.util.Arrays.fill(groups, 0);
        isRootChecked = false;
        isRootClosed = false;
        isPlanned = false;
        violation = null;
        violationRank = Integer.MAX_VALUE;
    }

    /**
     * Scans on.
     *
     * @throws RelayException where the body is not a JSON object in UTF-8
     */
    public void feed(ByteBuf bytes) {
        feed(bytes, bytes.readerIndex(), bytes.writerIndex());
    }

    /**
     * Scans on, from one index to another.
     *
     * @throws RelayException where the body is not a JSON object in UTF-8
     */
    public void feed(ByteBuf bytes, int from, int to) {
        try {
            checkRoot(bytes, from, to);
            json.feed(bytes, from, to, scratch);
        } catch (JsonException e) {
            throw notJson(e);
        }
    }

    /**
     * Says that the body has ended.
     *
     * @throws RelayException where it is not a complete JSON object, or breaks a rule
     */
    public void end() {
        try {
            json.end();
        } catch (JsonException e) {
            throw notJson(e);
        }
        if (facts.model() == null) {
            report(MODEL_RANK, modelRefusal("missing")); // where it was there and wrong, that has been reported
        }
        if (violation != null) {
            throw violation;
        }
    }

    /** The root's kind is known from its first byte: a body that is not an object is refused there. */
    private void checkRoot(ByteBuf bytes, int from, int to) {
        for (int i = from; !isRootChecked && i < to; i++) {
            byte b = bytes.getByte(i);
            if (b != ' ' && b != '\n' && b != '\r' && b != '\t') {
                isRootChecked = true;
                if (b != '{') {
                    throw RelayException.invalidJson("body: not a JSON object (expected: a JSON object in UTF-8)");
                }
            }
        }
    }

    private static RelayException notJson(JsonException e) {
        return RelayException.invalidJson("body: " + e.getMessage());
    }

    /**
     * Fixes the model; edits may be handed on from here.
     *
     * @param upstreamModel the name to send; null to leave it as it is
     */
    public void plan(String upstreamModel) {
        isPlanned = true;
        if (upstreamModel != null && !upstreamModel.equals(facts.model())) {
            Pending edit = Pending.ofBytes(facts.modelStart());
            edit.replace(facts.modelStart(), facts.modelEnd(), JsonTree.write(upstreamModel));
            add(edit);
        }
    }

    /**
     * Hands the edits that are decided to the body's rewriter.
     *
     * @return the offset up to which the body may be sent
     */
    public long settle() {
        if (!isPlanned || table.holdsAll() && !isRootClosed) {
            return 0;
        }
        edits.settle(body);
        return edits.undecidedFrom(json.undecidedFrom());
    }

    /** Returns whether the length of the edited body is known before its end has come. */
    public boolean isLengthSettled() {
        return isRootClosed || table.isReadOnly();
    }

    @Override
    public void onValueStart(int watch, JsonKind kind, long start) {
        Field field = table.field(watch);
        int depth = json.depth();
        boolean isContainer = kind == JsonKind.OBJECT || kind == JsonKind.ARRAY;
        frames[depth + 1] = isContainer && field.isFramed ? new Frame(watch, field.slots) : null;
        root.onValueStart(field, kind, start, json, frames[depth]);
        for (Row row : field.edits) {
            if (row.takes(kind, depth) && canEdit(row, kind) && !isRuledOut(row)) {
                begin(row, start, depth);
            }
        }
    }

    private static boolean canEdit(Row row, JsonKind kind) {
        return switch (row.rule.action()) {
            case MAP, TRIM -> kind == JsonKind.STRING;
            case BOOLEAN -> kind == JsonKind.STRING || kind == JsonKind.NUMBER;
            case DEFAULT -> kind == JsonKind.NULL;
            case TOOL_OUTPUT, HOIST -> kind == JsonKind.OBJECT;
            case WRAP, RENAME, MOVE -> kind != JsonKind.NULL;
            case SUFFIXES, MODEL_NAME, MESSAGES -> false; // made by the plan, or by the root
            default -> true;
        };
    }

    private void begin(Row row, long start, int depth) {
        Action action = row.rule.action();
        boolean mayDrop = action == Action.DROP || action == Action.TRIM || action == Action.MOVE
                || action == Action.HOIST;
        Pending edit = Pending.at(row, json, start, frames[depth], mayDrop, action == Action.RENAME);
        if (action == Action.WRAP) {
            String before = (String) ((List<?>) row.rule.argument()).get(0);
            edit.value = before.getBytes(StandardCharsets.UTF_8);
            edit.valueEnd = start;
        } else if (action == Action.RENAME) {
            edit.valueEnd = start; // nothing of the value matters
        } else {
            open.add(edit);
        }
        add(edit);
        demand(edit);
        decide(edit);
    }

    private void add(Pending edit) {
        if (edits.isFull()) {
            settle(); // much of it may be decided: this read may be a long one
        }
        edits.add(edit);
    }

    /** Returns whether a member that has come already says that a row does not act. */
    private boolean isRuledOut(Row row) {
        for (RuleTable.Need need : row.needs) {
            String value = need.isOuter() ? null : innermost(need.container()).slot(need.slot());
            if (value != null && !need.isMetBy(value)) {
                return true;
            }
        }
        return false;
    }

    /** Finds the objects whose members decide about it. */
    private void demand(Pending pending) {
        RuleTable.Need[] all = pending.row.needs;
        if (pending.row.hasOuterNeed) {
            demandOuter(pending);
            return;
        }
        pending.needs = all;
        pending.frames = all.length == 0 ? NO_FRAMES : new Frame[all.length];
        for (int i = 0; i < all.length; i++) {
            pending.frames[i] = innermost(all[i].container());
        }
    }

    /** Returns the innermost object of a watch around the value, or the value; one without members where it is none. */
    private Frame innermost(int watch) {
        for (int i = json.depth() + 1; i > 0; i--) {
            if (frames[i] != null && frames[i].watch == watch) {
                return frames[i];
            }
        }
        return NO_MEMBERS;
    }

    /** The same, where also the objects around the innermost one have a say. */
    private void demandOuter(Pending pending) {
        List<Frame> around = new ArrayList<>(4);
        List<RuleTable.Need> needs = new ArrayList<>(4);
        for (RuleTable.Need need : pending.row.needs) {
            if (!need.isOuter()) {
                around.add(innermost(need.container()));
                needs.add(need);
                continue;
            }
            boolean isInnermost = true;
            for (int i = json.depth() + 1; i > 0; i--) {
                if (frames[i] != null && frames[i].watch == need.container()) {
                    if (!isInnermost) {
                        around.add(frames[i]);
                        needs.add(need);
                    }
                    isInnermost = false;
                }
            }
        }
        pending.frames = around.toArray(Frame[]::new);
        pending.needs = needs.toArray(RuleTable.Need[]::new);
    }

    private void decide(Pending pending) {
        if (pending.isDecided()) {
            return;
        }
        Frame unknown = null;
        for (int i = 0; i < pending.needs.length; i++) {
            String value = pending.frames[i].slot(pending.needs[i].slot());
            if (value == null) {
                unknown = unknown == null ? pending.frames[i] : unknown;
            } else if (!pending.needs[i].isMetBy(value)) {
                pending.discard();
                return;
            }
        }
        if (unknown == null) {
            pending.areConditionsMet = true;
            complete(pending);
        } else if (pending.found == null || unknown.awaitsFirst(pending.row)) {
            unknown.await(pending);
        }
    }

    /** Its conditions hold; acts if all of its value has come. */
    private void complete(Pending pending) {
        if (pending.isDecided() || !pending.areConditionsMet || pending.valueEnd == Pending.UNKNOWN) {
            return;
        }
        if (pending.row.rule.action().isRefusal() || pending.found != null) {
            pending.discard();
            refuse(pending);
            return;
        }
        Object argument = pending.row.rule.argument();
        switch (pending.row.rule.action()) {
            case WRAP -> pending.replace(pending.from, pending.from, pending.value);
            case RENAME -> {
                pending.replace(pending.nameStart, pending.nameEnd, JsonTree.write(argument));
                root.onRenamed(pending.row.rule);
            }
            case SET, DEFAULT -> pending.replace(pending.valueStart, pending.valueEnd, JsonTree.write(argument));
            case DROP, MOVE -> dropWhenFollowed(pending);
            case HOIST -> {
                if (pending.isNextKnown()) {
                    transform(pending);
                }
            }
            case TOOL_OUTPUT -> transform(pending);
            default -> { // MAP, TRIM, BOOLEAN: the new value is known
                if (pending.isDrop) {
                    dropWhenFollowed(pending);
                } else {
                    pending.replace(pending.valueStart, pending.valueEnd, pending.value);
                }
            }
        }
    }

    private static void dropWhenFollowed(Pending pending) {
        if (pending.isNextKnown()) {
            pending.drop();
        }
    }

    private void transform(Pending pending) {
        if (body == null) {
            pending.discard();
            return;
        }
        try {
            Object item = Messages.read("input", body.copyOf(pending.valueStart, pending.valueEnd));
            Object changed = pending.row.rule.action() == Action.HOIST ? Messages.hoist(item, root.instructions())
                    : Messages.toolOutput(item);
            if (changed == null) {
                pending.drop();
            } else {
                pending.replace(pending.valueStart, pending.valueEnd, JsonTree.write(changed));
            }
        } catch (RelayException refusal) {
            pending.discard();
            report(pending.row.rank, refusal);
        }
    }

    private void refuse(Pending pending) {
        Rule rule = pending.row.rule;
        if (rule.action() == Action.STRICT_SCHEMA) {
            String fault = pending.value == null ? "over " + RuleTable.SCHEMA_BYTES + " bytes (expected: at most that)"
                    : StrictSchema.fault(pending.value);
            if (fault != null) {
                report(pending.row.rank, new RelayException(rule.code(), pending.param, pending.param + ": " + fault));
            }
            return;
        }
        report(pending.row.rank, Refusals.of(rule, pending.param, pending.found));
    }

    /** Applies the rules about input to input that was made from messages: it is a request's like any other. */
    Object normalizedInput(List<Object> input) {
        Map<String, Object> request = new LinkedHashMap<>();
        request.put("model", "m");
        request.put("input", input);
        BodyRewriter rewriter = new BodyRewriter();
        RequestScanner scanner = new RequestScanner(table, limits, scratch.clone());
        scanner.reset(rewriter);
        ByteBuf text = Unpooled.wrappedBuffer(JsonTree.write(request));
        try {
            rewriter.append(text.retainedDuplicate());
            scanner.feed(text);
            RelayException refusal = scanner.violation();
            if (refusal != null && refusal.param() != null && refusal.param().startsWith("input")) {
                report(scanner.violationRank(), refusal);
                return input;
            }
            scanner.plan(null);
            scanner.settle();
            ByteArrayOutputStream out = new ByteArrayOutputStream(text.capacity());
            rewriter.drain(rewriter.receivedBytes(), bytes -> {
                out.writeBytes(ByteBufUtil.getBytes(bytes));
                bytes.release();
            });
            return ((Map<?, ?>) JsonTree.read(out.toByteArray())).get("input");
        } finally {
            text.release();
            rewriter.release();
        }
    }

    @Override
    public void onValueEnd(int watch, JsonKind kind, long start, long end, JsonCapture value) {
        Field field = table.field(watch);
        int depth = json.depth();
        if (kind == JsonKind.OBJECT || kind == JsonKind.ARRAY) {
            Frame closed = frames[depth + 1];
            if (closed != null) {
                closed.close();
                wake(closed);
            }
        }
        String text = textOf(kind, value);
        if (field.slot >= 0 && frames[depth] != null) {
            frames[depth].set(field.slot, text);
            wake(frames[depth]);
        }
        for (RuleTable.Sighting sighting : field.sightings) {
            if (sighting.isOf(text)) {
                frames[1].set(sighting.rootSlot(), text);
                wake(frames[1]);
            }
        }
        if (field.isModel) {
            onModel(kind, start, end, value);
        } else if (field.isStream) {
            facts.stream(Refusals.spelled(kind, value));
        }
        endEdits(field, kind, start, end, depth, value, text);
        check(field, kind, start, end, value, text);
        root.onValueEnd(field, kind, start, end, json, frames[depth + 1]);
        if (depth == 0) {
            isRootClosed = true;
            root.close(frames[1], json.children(), end - 1, facts.model(), this);
        }
    }

    private static String textOf(JsonKind kind, JsonCapture value) {
        return switch (kind) {
            case STRING -> {
                String text = value.asString();
                yield text == null ? Frame.OTHER : text;
            }
            case TRUE -> "true";
            case FALSE -> "false";
            case NULL -> Frame.NULL;
            default -> Frame.OTHER;
        };
    }

    private void wake(Frame frame) {
        for (Pending waiting : frame.takeWaiting()) {
            decide(waiting);
        }
    }

    private void endEdits(Field field, JsonKind kind, long start, long end, int depth, JsonCapture value,
            String text) {
        while (!open.isEmpty() && open.get(open.size() - 1).valueStart == start) {
            Pending edit = open.remove(open.size() - 1);
            edit.valueEnd = end;
            if (edit.isDecided()) {
                continue;
            }
            Refusals.evaluate(edit, kind, value, text);
            if (!edit.isDecided() && (edit.isDrop || mayDrop(edit.row.rule.action()))) {
                unfollowed.add(edit);
                json.wantNext();
            }
            complete(edit);
        }
        for (Row row : field.edits) {
            if (row.rule.action() == Action.WRAP && row.takes(kind, depth) && canEdit(row, kind)) {
                String after = (String) ((List<?>) row.rule.argument()).get(1);
                Pending edit = Pending.at(row, json, end, frames[depth], false, false);
                edit.value = after.getBytes(StandardCharsets.UTF_8);
                edit.valueEnd = end;
                add(edit);
                demand(edit);
                decide(edit);
            }
        }
    }

    private static boolean mayDrop(Action action) {
        return action == Action.DROP || action == Action.MOVE || action == Action.HOIST;
    }

    @Override
    public void onNext(long offset, boolean isLast) {
        for (Pending edit : unfollowed) {
            edit.followedBy(offset, isLast);
            complete(edit);
        }
        unfollowed.clear();
        root.onNext(offset, isLast);
    }

    private void check(Field field, JsonKind kind, long start, long end, JsonCapture value, String text) {
        for (Row row : field.checks) {
            if (!row.takes(kind, json.depth()) || !Refusals.isBroken(row, kind, value, text, field, groups)
                    || isRuledOut(row)) {
                continue;
            }
            Pending refusal = Pending.at(row, json, start, null, false, false);
            refusal.valueEnd = end;
            refusal.param = Refusals.param(row.rule, field.path, json);
            refusal.found = kind.words();
            demand(refusal);
            if (row.rule.action() == Action.STRICT_SCHEMA && !value.isTruncated()) {
                refusal.value = java.util.Arrays.copyOf(value.bytes(), value.length());
            }
            decide(refusal);
        }
    }

    private void onModel(JsonKind kind, long start, long end, JsonCapture value) {
        if (kind != JsonKind.STRING) {
            report(MODEL_RANK, modelRefusal(kind.words()));
            return;
        }
        String model = value.asString();
        if (value.isTruncated() || model.length() > MAX_MODEL_BYTES) {
            report(MODEL_RANK, modelRefusal("a string over " + MAX_MODEL_BYTES + " bytes"));
        } else if (model.isEmpty()) {
            report(MODEL_RANK, modelRefusal("an empty string"));
        } else if (model.codePoints().anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE)) {
            report(MODEL_RANK, modelRefusal("a string with a lone surrogate"));
        } else {
            facts.model(model, start, end);
        }
    }

    private static RelayException modelRefusal(String found) {
        return RelayException.refusedField("model", "model: " + found + " (expected: a non-empty string)");
    }

    /** Notes a broken rule; the first in the order of the table stays. */
    void report(int rank, RelayException refusal) {
        if (violation == null || rank < violationRank) {
            violation = refusal;
            violationRank = rank;
        }
    }

    /** Returns the fields found so far. */
    public RequestFacts facts() {
        return facts;
    }

    /** Returns how many bytes were scanned. */
    public long scannedBytes() {
        return json.position();
    }

    /** Returns the first rule, in the order of the table, that the body is known to break, or null. */
    public RelayException violation() {
        return violation;
    }

    /** Returns the rank of {@link #violation}. */
    int violationRank() {
        return violationRank;
    }

    /** Returns what the body is scanned for. */
    public RuleTable table() {
        return table;
    }
}
