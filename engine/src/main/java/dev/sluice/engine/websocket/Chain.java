// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.websocket;

import dev.sluice.engine.loop.MemoryBudget;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;

/**
 * The input items that a continued response stands for: those of the responses before it, its own input, and its
 * output. A chain is shared by the responses that continue it, and counts its users.
 *
 * <p><b>Threading:</b> confined to one event loop. <b>Ownership:</b> owns its bytes and a use of its parent until it
 * has no user left.
 */
final class Chain {
    private final Chain parent;
    private final ByteBuf items;
    private final long ownBytes;
    private final long bytes;
    private final int depth;
    private final MemoryBudget budget;
    private int users = 1;

    /**
     * @param parent the chain that this one continues, of which a use is taken over; null for none
     * @param items  the items after the parent's, separated by commas; taken; null for none
     * @param budget has reserved the bytes of the items, and gets them back
     */
    Chain(Chain parent, ByteBuf items, MemoryBudget budget) {
        this.parent = parent;
        this.items = items;
        this.budget = budget;
        ownBytes = items == null ? 0 : items.readableBytes();
        bytes = ownBytes + (parent == null ? 0 : parent.bytes);
        depth = parent == null ? 1 : parent.depth + 1;
    }

    /** {@return the number of bytes of all items} */
    long bytes() {
        return bytes;
    }

    /** {@return the number of links} */
    int depth() {
        return depth;
    }

    /** Adds a user; returns this chain. */
    Chain use() {
        users++;
        return this;
    }

    /** Removes a user; the last one releases the bytes, and then those of the parents that have no other user. */
    void leave() {
        Chain link = this;
        while (link != null && --link.users == 0) {
            if (link.items != null) {
                link.items.release();
            }
            link.budget.release(link.ownBytes);
            link = link.parent;
        }
    }

    /**
     * Passes the items of all links in order.
     *
     * @param out takes each buffer, which holds at least one item
     */
    void forEach(Consumer<ByteBuf> out) {
        Deque<Chain> links = new ArrayDeque<>();
        for (Chain link = this; link != null; link = link.parent) {
            links.push(link);
        }
        links.forEach(link -> {
            if (link.items != null) {
                out.accept(link.items.retainedDuplicate());
            }
        });
    }
}
