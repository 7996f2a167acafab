// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.websocket;

import dev.sluice.protocol.json.JsonKind;
import dev.sluice.protocol.websocket.ClientEvent;
import dev.sluice.protocol.websocket.ClientEvent.Member;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;

/**
 * The body of a POST that asks for the same response as a message. It lacks what only a message has, asks for a stream,
 * and has the items of a continued response in its input. All other bytes are those of the message.
 */
final class BridgedBody {
    private static final String USER_MESSAGE = "{\"type\":\"message\",\"role\":\"user\",\"content\":";

    private final ClientEvent event;
    private final ByteBuf text;
    private final int base;

    /**
     * @param text the message; borrowed
     */
    BridgedBody(ClientEvent event, ByteBuf text) {
        this.event = event;
        this.text = text;
        base = text.readerIndex();
    }

    /**
     * Writes the body.
     *
     * @param chain the items of the continued response; null if it is not continued here
     * @param out   takes each buffer
     */
    void write(Chain chain, Consumer<ByteBuf> out) {
        List<Cut> cuts = new ArrayList<>();
        boolean isFirstCut = false;
        for (Member member : event.ofTheMessage()) {
            isFirstCut |= remove(member, cuts);
        }
        if (chain != null) {
            isFirstCut |= remove(event.previous(), cuts);
            isFirstCut |= addChain(chain, cuts);
        }
        put("\"stream\":true", isFirstCut, cuts);
        write(cuts, out);
    }

    /**
     * Writes the message for an upstream on a WebSocket that does not know the continued response.
     *
     * @param chain the items of the continued response
     * @param out   takes each buffer
     */
    void writeContinued(Chain chain, Consumer<ByteBuf> out) {
        List<Cut> cuts = new ArrayList<>();
        boolean isFirstCut = remove(event.previous(), cuts) | addChain(chain, cuts);
        put("\"type\":\"" + ClientEvent.CREATE + '"', isFirstCut | remove(event.typeMember(), cuts), cuts);
        write(cuts, out);
    }

    /** Makes a member the first one of the object. */
    private void put(String member, boolean isFirstCut, List<Cut> cuts) {
        long begin = event.rootStart() + 1;
        cuts.add(new Cut(begin, begin, sink -> sink.accept(ascii(isFirstCut ? member : member + ','))));
    }

    private void write(List<Cut> cuts, Consumer<ByteBuf> out) {
        cuts.sort(Comparator.comparingLong(Cut::from).thenComparingLong(Cut::to));
        long at = 0;
        for (Cut cut : cuts) {
            pass(at, cut.from, out);
            cut.with.accept(out);
            at = cut.to;
        }
        pass(at, text.readableBytes(), out);
    }

    private void pass(long from, long to, Consumer<ByteBuf> out) {
        if (to > from) {
            out.accept(text.retainedSlice(base + (int) from, (int) (to - from)));
        }
    }

    private static boolean remove(Member member, List<Cut> cuts) {
        if (member == null) {
            return false;
        }
        cuts.add(new Cut(member.from(), member.end(), sink -> { }));
        return member.isFirst();
    }

    /** Puts the items of the chain before those of the input; returns whether that replaces the first member. */
    private boolean addChain(Chain chain, List<Cut> cuts) {
        Member input = event.input();
        if (input == null || event.inputKind() == JsonKind.NULL) {
            boolean isFirst = remove(input, cuts);
            long begin = event.rootStart() + 1;
            cuts.add(new Cut(begin, begin, sink -> {
                sink.accept(ascii("\"input\":["));
                writeItems(chain, sink, false);
                sink.accept(ascii("],"));
            }));
            return isFirst;
        }
        if (event.inputKind() == JsonKind.ARRAY) {
            long inside = input.start() + 1;
            cuts.add(new Cut(inside, inside, sink -> writeItems(chain, sink, hasItems())));
        } else if (event.inputKind() == JsonKind.STRING) {
            cuts.add(new Cut(input.start(), input.start(), sink -> {
                sink.accept(ascii("["));
                writeItems(chain, sink, true);
                sink.accept(ascii(USER_MESSAGE));
            }));
            cuts.add(new Cut(input.end(), input.end(), sink -> sink.accept(ascii("}]"))));
        }
        return false;
    }

    private static void writeItems(Chain chain, Consumer<ByteBuf> sink, boolean isMoreFollowing) {
        boolean[] isLater = new boolean[1];
        chain.forEach(items -> {
            if (isLater[0]) {
                sink.accept(ascii(","));
            }
            isLater[0] = true;
            sink.accept(items);
        });
        if (isMoreFollowing && isLater[0]) {
            sink.accept(ascii(","));
        }
    }

    private boolean hasItems() {
        Member input = event.input();
        for (long i = input.start() + 1; i < input.end() - 1; i++) {
            byte b = text.getByte(base + (int) i);
            if (b != ' ' && b != '\n' && b != '\r' && b != '\t') {
                return true;
            }
        }
        return false;
    }

    /**
     * Writes the items of the message's own input, separated by commas.
     *
     * @param out is written to; borrowed
     */
    void writeOwnItems(ByteBuf out) {
        Member input = event.input();
        if (input == null) {
            return;
        }
        if (event.inputKind() == JsonKind.STRING) {
            out.writeCharSequence(USER_MESSAGE, StandardCharsets.US_ASCII);
            out.writeBytes(text, base + (int) input.start(), (int) (input.end() - input.start()));
            out.writeByte('}');
        } else if (event.inputKind() == JsonKind.ARRAY && hasItems()) {
            out.writeBytes(text, base + (int) input.start() + 1, (int) (input.end() - input.start()) - 2);
        }
    }

    private static ByteBuf ascii(String added) {
        return Unpooled.wrappedBuffer(added.getBytes(StandardCharsets.US_ASCII));
    }

    /**
     * A range of the message and what takes its place.
     *
     * @param from offset of its first byte
     * @param to   offset after its last byte; equal to {@code from} for an insertion
     * @param with writes the replacement
     */
    private record Cut(long from, long to, Consumer<Consumer<ByteBuf>> with) {
    }
}
