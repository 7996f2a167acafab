// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.event;

import dev.sluice.protocol.framing.BodyRuns;
import dev.sluice.protocol.json.JsonException;
import dev.sluice.protocol.json.JsonScanner;
import io.netty.buffer.ByteBuf;

/**
 * Looks at a response that is one JSON document after it was relayed, and keeps its id, status and usage.
 *
 * <p><b>Threading:</b> confined to one event loop. <b>Ownership:</b> borrows what it is shown.
 */
public final class DocumentObserver {
    private final ResponseFacts facts = ResponseFacts.ofDocument();
    private final ScannerPool pool;
    private JsonScanner json;
    private boolean isComplete;
    private boolean hasGivenUp;

    /** Creates an observer of one document. */
    public DocumentObserver() {
        this(new ScannerPool());
    }

    /**
     * Creates an observer of one document.
     *
     * @param pool where {@link #release} gives back what it needs
     */
    public DocumentObserver(ScannerPool pool) {
        this.pool = pool;
        json = pool.take(facts, false);
        json.reset(facts);
    }

    /** Gives back what it needs to look at more; what it knows stays. Idempotent. */
    public void release() {
        if (json != null) {
            isComplete = json.isComplete();
            pool.giveBack(json, false);
            json = null;
        }
    }

    /** Looks at the body bytes of one received buffer; parameters as in {@link ResponseObserver#observe}. */
    public void observe(ByteBuf bytes, BodyRuns runs, byte[] scratch) {
        for (int i = 0; i < runs.count() && !hasGivenUp; i++) {
            try {
                json.feed(bytes, runs.start(i), runs.end(i), scratch);
            } catch (JsonException ignored) {
                hasGivenUp = true; // not JSON after all: nothing to know, and the bytes are gone already
            }
        }
    }

    /** Returns whether the document has ended. */
    public boolean isComplete() {
        return json == null ? isComplete : json.isComplete();
    }

    /** Returns the usage, or null where unknown; marked as truncated unless the document is complete. */
    public Usage usage() {
        Usage usage = facts.usage();
        return usage == null || isComplete() ? usage : usage.truncated();
    }

    /** Returns the response's id, or null where unknown. */
    public String responseId() {
        return facts.responseId();
    }

    /** Returns the response's status, or null where unknown. */
    public String responseStatus() {
        return facts.responseStatus();
    }

    /** Returns the error's code, or null where there is none. */
    public String errorCode() {
        return facts.error();
    }
}
