// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.json.JsonCapture;
import dev.sluice.protocol.json.JsonKind;
import dev.sluice.protocol.json.JsonLimits;
import dev.sluice.protocol.json.JsonListener;
import dev.sluice.protocol.json.JsonScanner;
import dev.sluice.protocol.json.JsonTree;
import dev.sluice.protocol.rewrite.BodyRewriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The application of a table's rows to the values of one body, as they arrive. An edit or refusal is pending from the
 * offset of its value on. It is decided once the members that its conditions depend on, its value and, for a removal,
 * the next comma or closing bracket have arrived.
 */
final class RuleRun implements JsonListener {
    private final RuleTable table;
    private final JsonScanner json;
    private final RequestFacts facts;
    private final Violations violations;
    private final OpenObjects objects;
    private final EditQueue edits = new EditQueue();
    private final List<Pending> open = new ArrayList<>();
    private final List<Pending> unfollowed = new ArrayList<>(2);
    private final int[] groups;
    private final RootFields root;
    private BodyRewriter body;
    private boolean isRootClosed;
    private boolean isPlanned;
    /** The name that replaces that of the model once it arrives; null to keep that. */
    private String awaitedModel;
    private int waitingRefusals;

    RuleRun(RuleTable table, JsonScanner json, JsonLimits limits, RequestFacts facts, Violations violations,
            RootFields.Normalizer normalizer) {
        this.table = table;
        this.json = json;
        this.facts = facts;
        this.violations = violations;
        objects = new OpenObjects(json, limits.maxDepth());
        groups = new int[table.rows().size()];
        root = new RootFields(table, edits, violations, normalizer);
    }

    void reset(BodyRewriter rewriter) {
        body = rewriter;
        objects.clear();
        edits.clear();
        open.clear();
        unfollowed.clear();
        root.reset(rewriter);
        Arrays.fill(groups, 0);
        isRootClosed = false;
        isPlanned = false;
        awaitedModel = null;
        waitingRefusals = 0;
    }

    /** Allows edits to be handed over, because the route is known, and adds an edit if the model name changes. */
    void plan(String upstreamModel) {
        isPlanned = true;
        if (facts.model() == null) {
            awaitedModel = upstreamModel; // planned by other means than the body, whose model has not arrived
        } else {
            rename(upstreamModel);
        }
    }

    private void rename(String upstreamModel) {
        if (upstreamModel != null && !upstreamModel.equals(facts.model())) {
            Pending edit = Pending.ofBytes(facts.modelStart());
            edit.replace(facts.modelStart(), facts.modelEnd(), JsonTree.write(upstreamModel));
            edits.add(edit);
        }
    }

    /** Hands decided edits to the rewriter. Returns the offset up to which the body may be sent. */
    long settle() {
        if (!isPlanned || table.holdsAll() && !isRootClosed) {
            return 0;
        }
        edits.settle(body);
        return edits.undecidedFrom(json.undecidedFrom());
    }

    boolean isRootClosed() {
        return isRootClosed;
    }

    @Override
    public void onValueStart(int watch, JsonKind kind, long start) {
        Field field = table.field(watch);
        int depth = json.depth();
        boolean isContainer = kind == JsonKind.OBJECT || kind == JsonKind.ARRAY;
        objects.enter(isContainer && field.isTracked ? new OpenObject(watch, field.slots) : null);
        if (edits.isNearlyFull()) {
            settle(); // one long read may have decided many edits
            edits.compact();
        }
        root.onValueStart(field, kind, start, json, objects.around());
        for (int i = 0; i < field.edits.size(); i++) {
            Row row = field.edits.get(i);
            if (row.takes(kind, depth) && canEdit(row, kind) && !objects.isRuledOut(row)) {
                begin(row, start);
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
            case SUFFIXES, MODEL_NAME, MESSAGES -> false; // applied by the plan or by RootFields
            default -> true;
        };
    }

    private void begin(Row row, long start) {
        Action action = row.rule.action();
        boolean mayDrop = action == Action.DROP || action == Action.TRIM || action == Action.MOVE
                || action == Action.HOIST;
        Pending edit = Pending.at(row, json, start, objects.around(), mayDrop, action == Action.RENAME);
        if (action == Action.WRAP) {
            String before = (String) ((List<?>) row.rule.argument()).get(0);
            edit.value = before.getBytes(StandardCharsets.UTF_8);
            edit.valueEnd = start;
        } else if (action == Action.RENAME) {
            edit.valueEnd = start; // the value does not matter
        } else {
            open.add(edit);
        }
        edits.add(edit);
        objects.demand(edit);
        decide(edit);
    }

    private void decide(Pending pending) {
        if (pending.isDecided()) {
            return;
        }
        OpenObject unknown = null;
        boolean isOnlyUnknown = true;
        for (int i = 0; i < pending.needs.length; i++) {
            String value = pending.objects[i].slot(pending.needs[i].slot());
            if (value == null) {
                isOnlyUnknown &= unknown == null || unknown == pending.objects[i];
                unknown = unknown == null ? pending.objects[i] : unknown;
            } else if (!pending.needs[i].isMetBy(value)) {
                pending.discard();
                return;
            }
        }
        if (unknown == null) {
            pending.areConditionsMet = true;
            complete(pending);
        } else if (pending.found == null || !isOnlyUnknown || unknown.awaitsFirst(pending.row)) {
            // Of several refusals by one row that depend on this object alone, one is enough.
            unknown.await(pending);
        } else {
            pending.discard();
        }
    }

    /** Applies an edit or refusal if its conditions hold and its value is complete. */
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
                if (pending.row.isTopLevel()) {
                    root.onRenamed(pending.row.rule);
                }
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
            violations.report(pending.row.rank, refusal);
        }
    }

    private void refuse(Pending pending) {
        Rule rule = pending.row.rule;
        if (rule.action() == Action.STRICT_SCHEMA) {
            violations.report(pending.row.rank, new RelayException(rule.code(), pending.param,
                    pending.param + ": " + pending.found));
            return;
        }
        violations.report(pending.row.rank, Refusals.of(rule, pending.param, pending.found));
    }

    @Override
    public void onValueEnd(int watch, JsonKind kind, long start, long end, JsonCapture value) {
        Field field = table.field(watch);
        OpenObject inside = objects.inside();
        if (inside != null) {
            inside.close();
            wake(inside);
        }
        String text = field.isSlotOnly() ? field.known(kind, value) : MemberText.of(kind, value);
        OpenObject around = objects.around();
        if (field.slot >= 0 && around != null) {
            around.set(field.slot, text);
            wake(around);
        }
        for (int i = 0; i < field.sightings.size(); i++) {
            Sighting sighting = field.sightings.get(i);
            if (sighting.isOf(text)) {
                objects.root().set(sighting.rootSlot(), text);
                wake(objects.root());
            }
        }
        if (field.isModel) {
            facts.onModel(kind, start, end, value, violations);
            if (facts.model() != null) {
                rename(awaitedModel);
                awaitedModel = null;
            }
        } else if (field.isStream) {
            facts.stream(Refusals.spelled(kind, value));
        } else if (field.owner != null) {
            facts.onOwner(field.owner, kind, value);
        }
        for (int i = 0; i < field.lasts.size(); i++) {
            Row row = field.lasts.get(i);
            if (groups[row.rank] != 0 && groups[row.rank] != json.children()) {
                violations.report(row.rank, Refusals.of(row.rule, row.rule.param(), "a " + row.rule.argument()
                        + " item that is not the last one"));
            }
        }
        endEdits(field, kind, start, end, value, text);
        check(field, kind, start, end, value, text);
        root.onValueEnd(field, kind, start, end, json, inside);
        if (json.depth() == 0) {
            isRootClosed = true;
            root.close(inside, json.children(), end - 1, facts.model());
        }
    }


    private void wake(OpenObject object) {
        Pending waiting = object.takeWaiting();
        while (waiting != null) {
            Pending next = waiting.nextWaiting; // decide may let it wait again
            decide(waiting);
            waitingRefusals -= waiting.found != null && waiting.isDecided() ? 1 : 0;
            waiting = next;
        }
    }

    private void endEdits(Field field, JsonKind kind, long start, long end, JsonCapture value, String text) {
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
        for (int i = 0; i < field.edits.size(); i++) {
            Row row = field.edits.get(i);
            if (row.rule.action() == Action.WRAP && row.takes(kind, json.depth()) && canEdit(row, kind)) {
                String after = (String) ((List<?>) row.rule.argument()).get(1);
                Pending edit = Pending.at(row, json, end, objects.around(), false, false);
                edit.value = after.getBytes(StandardCharsets.UTF_8);
                edit.valueEnd = end;
                edits.add(edit);
                objects.demand(edit);
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
        for (int i = 0; i < field.checks.size(); i++) {
            Row row = field.checks.get(i);
            if (!row.takes(kind, json.depth()) || !Refusals.isBroken(row, kind, value, text, field, groups)
                    || objects.isRuledOut(row)) {
                continue;
            }
            if (row.rule.action() == Action.LAST && groups[row.rank] == 0) {
                groups[row.rank] = Refusals.position(row.rule.field(), json);
                continue; // the end of the array tells whether it is the last one
            }
            boolean isSchema = row.rule.action() == Action.STRICT_SCHEMA;
            String fault = isSchema ? StrictSchema.fault(value, "closed".equals(row.rule.argument())) : null;
            if (isSchema && fault == null) {
                continue;
            }
            Pending refusal = Pending.at(row, json, start, null, false, false);
            refusal.valueEnd = end;
            refusal.param = Refusals.param(row.rule, field.path, json);
            refusal.found = isSchema ? fault : kind.words();
            objects.demand(refusal);
            decide(refusal);
            if (!refusal.isDecided() && ++waitingRefusals > EditQueue.MAX_PENDING) {
                throw EditQueue.tooMany();
            }
        }
    }
}
