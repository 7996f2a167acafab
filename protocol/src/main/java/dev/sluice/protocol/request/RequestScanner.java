// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.json.JsonException;
import dev.sluice.protocol.json.JsonLimits;
import dev.sluice.protocol.json.JsonScanner;
import dev.sluice.protocol.json.JsonTree;
import dev.sluice.protocol.rewrite.BodyRewriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
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
public final class RequestScanner {
    /** Limit of a model name, in bytes as it is written between its quotes (escapes count as they stand). */
    public static final int MAX_MODEL_BYTES = 256;

    private final RuleTable table;
    private final JsonLimits limits;
    private final JsonScanner json;
    private final byte[] scratch;
    private final RequestFacts facts = new RequestFacts();
    private final Violations violations;
    private final RuleRun run;
    private boolean isRootChecked;

    /**
     * @param table   what requests may be and how they are changed
     * @param limits  what the JSON may be
     * @param scratch any array; may be shared by all scanners of one thread; its size is the step of the scan
     */
    public RequestScanner(RuleTable table, JsonLimits limits, byte[] scratch) {
        this(table, limits, scratch, new Violations(null));
    }

    private RequestScanner(RuleTable table, JsonLimits limits, byte[] scratch, Violations violations) {
        this.table = table;
        this.violations = violations;
        this.limits = limits;
        this.json = new JsonScanner(table.watches(), limits);
        this.scratch = scratch;
        run = new RuleRun(table, json, limits, facts, violations, this::normalized);
        reset(null);
    }

    /**
     * Makes ready for a new body.
     *
     * @param rewriter has the bytes that are fed, before they are fed; null where nothing is edited
     */
    public void reset(BodyRewriter rewriter) {
        json.reset(run);
        facts.clear();
        violations.clear();
        run.reset(rewriter);
        isRootChecked = false;
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
        facts.onEnd(violations);
        if (violations.first() != null) {
            throw violations.first();
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
        run.plan(upstreamModel);
    }

    /**
     * Hands the edits that are decided to the body's rewriter.
     *
     * @return the offset up to which the body may be sent
     */
    public long settle() {
        return run.settle();
    }

    /** Returns whether the length of the edited body is known before its end has come. */
    public boolean isLengthSettled() {
        return run.isRootClosed() || table.isReadOnly();
    }

    /** Applies the rules about input to input that was made from messages: it is a request's like any other. */
    private Object normalized(List<Object> input) {
        Map<String, Object> request = new LinkedHashMap<>();
        request.put("model", "m");
        request.put("input", input);
        BodyRewriter rewriter = new BodyRewriter();
        RequestScanner scanner = new RequestScanner(table, limits, scratch.clone(), new Violations(table));
        scanner.reset(rewriter);
        scanner.plan(null);
        ByteBuf text = Unpooled.wrappedBuffer(JsonTree.write(request));
        try {
            rewriter.append(text.retainedDuplicate());
            scanner.feed(text);
            RelayException refusal = scanner.violation();
            if (refusal != null) {
                violations.report(scanner.violations.rank(), refusal);
                return input;
            }
            scanner.settle();
            ByteArrayOutputStream out = new ByteArrayOutputStream(text.capacity());
            rewriter.drain(rewriter.receivedBytes(), bytes -> {
                out.writeBytes(ByteBufUtil.getBytes(bytes));
                bytes.release();
            });
            return ((Map<?, ?>) Messages.read("messages", out.toByteArray())).get("input");
        } finally {
            text.release();
            rewriter.release();
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
        return violations.first();
    }

    /** Returns what the body is scanned for. */
    public RuleTable table() {
        return table;
    }
}
