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
 * An incremental scanner of one request body. It checks that the body is one strict JSON object without duplicate
 * top-level names, finds the fields that decide routing, and applies the refusals and edits of a {@link RuleTable}.
 *
 * <p>A body that is not JSON is refused at once. A broken rule is recorded and reported at the end of the document, so
 * that the caller receives the first violation in the order of the table ({@link #violation}). As soon as a violation
 * is known, no more of the body may be forwarded.
 *
 * <p>Edits go to a {@link BodyRewriter} as soon as they and all edits before them are decided ({@link #settle}). An
 * edit whose condition is not decided yet holds the body from the offset of the edit.
 *
 * <p><b>Threading:</b> confined to one event loop; reusable through {@link #reset}.
 *
 * <p><b>Ownership:</b> borrows the buffers that it scans.
 */
public final class RequestScanner {

    private final RuleTable table;
    private final JsonLimits limits;
    private final JsonScanner json;
    private final byte[] scratch;
    private final RequestFacts facts = new RequestFacts();
    private final Violations violations;
    private final RuleRun run;
    private boolean isRootChecked;

    /**
     * Creates a scanner without a rewriter.
     *
     * @param table   the compiled rules to apply
     * @param limits  the limits of the JSON text
     * @param scratch a work array of at least 1 byte; may be shared by all scanners of one thread. Its length is the
     *                number of bytes per step of the scan
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
     * Prepares the scanner for a new body.
     *
     * @param rewriter the rewriter of the body, which must receive all bytes before they are fed here; null if the body
     *                 is not edited
     */
    @SuppressWarnings("exports") // for the engine
    public void reset(BodyRewriter rewriter) {
        json.reset(run);
        facts.clear();
        violations.clear();
        run.reset(rewriter);
        isRootChecked = false;
    }

    /**
     * Scans the next bytes of the body.
     *
     * @param bytes borrowed; all its readable bytes are scanned, and its indices do not change
     * @throws RelayException if the body is not a JSON object in UTF-8, or exceeds a limit
     */
    public void feed(ByteBuf bytes) {
        feed(bytes, bytes.readerIndex(), bytes.writerIndex());
    }

    /**
     * Scans the next bytes of the body, which are a range of a buffer.
     *
     * @param bytes borrowed; its indices do not change
     * @param from  index of the first byte to scan
     * @param to    index after the last byte to scan
     * @throws RelayException if the body is not a JSON object in UTF-8, or exceeds a limit
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
     * Marks the body as ended.
     *
     * @throws RelayException if the body is not a complete JSON object, or breaks a rule
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

    /** Refuses a body that is not an object at its first byte, which reveals the kind of the root. */
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
     * Fixes the model name. From here on edits may be handed to the rewriter.
     *
     * @param upstreamModel the name to send; null to keep the name in the request
     */
    public void plan(String upstreamModel) {
        run.plan(upstreamModel);
    }

    /**
     * Hands the decided edits to the rewriter of the body.
     *
     * @return the offset up to which the body may be sent; 0 before {@link #plan} or while the whole body must be held
     */
    public long settle() {
        return run.settle();
    }

    /**
     * Returns whether the length of the edited body is known although the body may not have ended.
     *
     * @return whether the root object has closed, or the rules make no edits
     */
    public boolean isLengthSettled() {
        return run.isRootClosed() || table.isReadOnly();
    }

    /** Applies the rules about input to input that was made from messages, as to any other input. */
    private Object normalized(List<Object> input) {
        Map<String, Object> request = new LinkedHashMap<>();
        request.put("model", "m");
        request.put("input", input);
        BodyRewriter rewriter = new BodyRewriter();
        RequestScanner scanner = new RequestScanner(table, limits, scratch.clone(), new Violations(table.rows()));
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

    /** {@return the routing fields found so far; the same object for every body} */
    public RequestFacts facts() {
        return facts;
    }

    /** {@return the number of bytes scanned since the last reset} */
    public long scannedBytes() {
        return json.position();
    }

    /** {@return the first violation known so far, in the order of the table; null for none} */
    public RelayException violation() {
        return violations.first();
    }

    /** {@return the compiled rules of this scanner} */
    public RuleTable table() {
        return table;
    }
}
