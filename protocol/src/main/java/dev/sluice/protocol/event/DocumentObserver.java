// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.event;

import dev.sluice.protocol.framing.BodyRuns;
import dev.sluice.protocol.json.JsonException;
import dev.sluice.protocol.json.JsonScanner;
import io.netty.buffer.ByteBuf;

/**
 * An observer of a response that is one JSON document. It reads the bytes after they were relayed and keeps the
 * response's id, status, usage and error code.
 *
 * <p><b>Threading:</b> confined to one event loop. <b>Ownership:</b> borrows the observed buffers.
 */
public final class DocumentObserver {
    private final ResponseFacts facts = ResponseFacts.ofDocument();
    private final ScannerPool pool;
    private JsonScanner json;
    private boolean isComplete;
    private boolean hasGivenUp;

    /** Creates an observer of one document, with a pool of its own. */
    public DocumentObserver() {
        this(new ScannerPool());
    }

    /**
     * Creates an observer of one document.
     *
     * @param pool the pool from which the scanner is taken and to which {@link #release} returns it
     */
    public DocumentObserver(ScannerPool pool) {
        this.pool = pool;
        json = pool.take(facts, false);
        json.reset(facts);
    }

    /** Returns the scanner to the pool, after which no bytes may be observed. The facts are kept. Idempotent. */
    public void release() {
        if (json != null) {
            isComplete = json.isComplete();
            pool.giveBack(json, false);
            json = null;
        }
    }

    /**
     * Observes the body bytes of one received buffer.
     *
     * @param bytes   borrowed; its indices do not change
     * @param runs    the ranges of the body's bytes in the buffer
     * @param scratch a work array of at least 1 byte; may be shared by all observers of one thread. Its length is the
     *                number of bytes per step
     */
    @SuppressWarnings("exports") // for the engine
    public void observe(ByteBuf bytes, BodyRuns runs, byte[] scratch) {
        for (int i = 0; i < runs.count() && !hasGivenUp; i++) {
            try {
                json.feed(bytes, runs.start(i), runs.end(i), scratch);
            } catch (JsonException ignored) {
                hasGivenUp = true; // not JSON: there are no facts, and the bytes were relayed already
            }
        }
    }

    /** {@return whether the document is complete} */
    public boolean isComplete() {
        return json == null ? isComplete : json.isComplete();
    }

    /** {@return the usage, marked as truncated unless the document is complete; null if unknown} */
    public Usage usage() {
        Usage usage = facts.usage();
        return usage == null || isComplete() ? usage : usage.truncated();
    }

    /** {@return the response's id, or null if unknown} */
    public String responseId() {
        return facts.responseId();
    }

    /** {@return the response's status, or null if unknown} */
    public String responseStatus() {
        return facts.responseStatus();
    }

    /** {@return the response's model, or null if unknown} */
    public String responseModel() {
        return facts.responseModel();
    }

    /** {@return the service tier that served the response, or null if unknown} */
    public String serviceTier() {
        return facts.serviceTier();
    }

    /** {@return whether the document reports a failure: an error, or a response that has failed} */
    public boolean hasFailed() {
        return facts.hasError() || "failed".equals(facts.responseStatus());
    }

    /** {@return the code of the response's error, or null if there is none} */
    public String errorCode() {
        return facts.error();
    }
}
