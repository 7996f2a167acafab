// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.websocket;

import dev.sluice.engine.http.ResponseHead;
import dev.sluice.engine.http.ResponseSink;
import dev.sluice.engine.loop.CoalescingWriter;
import dev.sluice.protocol.event.EventDataReader;
import dev.sluice.protocol.event.EventType;
import dev.sluice.protocol.event.MessagePrefix;
import dev.sluice.protocol.framing.BodyPiece;
import dev.sluice.protocol.framing.BodyRuns;
import dev.sluice.protocol.json.JsonTree;
import dev.sluice.protocol.websocket.ErrorEvent;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * The sink of a response that leaves as messages. Messages pass as they are. Of an event stream, the data of each event
 * becomes one message: names, comments and data that is no JSON object are dropped, and in a named lane the lane is
 * added to the event. A document becomes an error event, or the events that it stands for.
 *
 * <p><b>Threading:</b> confined to the connection's loop. <b>Allocation per event:</b> none, apart from pooled buffers.
 */
final class MessageSink implements ResponseSink, EventDataReader.Listener {
    /** An event beyond this length leaves in fragments, as its bytes arrive. */
    private static final int FRAGMENT_BYTES = 64 * 1024;
    /** The bytes of a long event that are held back, because the lane is added before its last brace. */
    private static final int TAIL_BYTES = 1024;
    private static final int MAX_ERROR_BYTES = 16 * 1024;
    private static final int MAX_DOCUMENT_BYTES = 8 * 1024 * 1024;
    private static final int MAX_TEXT_CHARS = 200;
    private static final int SERVER_ERROR = 500;
    private static final byte[] ERROR = "\"error\"".getBytes(StandardCharsets.US_ASCII);
    private static final int LOOK_BYTES = 128;

    private final FrameOutput out;
    private final ByteBufAllocator allocator;
    private final byte[] scratch;
    private final String lane;
    private final byte[] laneMember;
    private final Listener listener;
    private final EventDataReader reader = new EventDataReader(this);

    private ResponseHead head;
    private boolean isDocument;
    private boolean isWithinMessage;
    private boolean hasWritten;
    private ByteBuf document;
    private ByteBuf event;
    private boolean isDropped;
    private boolean isFragmented;
    private OutputKeeper keeper;

    /**
     * @param lane    the name of the lane; null for the default lane
     * @param scratch a work array that no other thread uses
     */
    MessageSink(FrameOutput out, ByteBufAllocator allocator, byte[] scratch, String lane, Listener listener) {
        this.out = out;
        this.allocator = allocator;
        this.scratch = scratch;
        this.lane = lane;
        laneMember = lane == null ? null : (",\"stream_id\":\"" + lane + '"').getBytes(StandardCharsets.US_ASCII);
        this.listener = listener;
    }

    /** Keeps the output items of the response from now on. */
    void keep(OutputKeeper items) {
        keeper = items;
    }

    /** Returns whether a part of the response was received. */
    boolean hasBegun() {
        return head != null;
    }

    @Override
    public void sendContinue() {
        // the whole message has arrived
    }

    @Override
    public void writeHead(ResponseHead received) {
        head = received;
        String type = received.headers().get("content-type", "").toLowerCase(Locale.ROOT);
        isDocument = !received.isSuccess() || type.startsWith("application/json");
    }

    @Override
    public void relay(BodyPiece piece) {
        ByteBuf bytes = piece.bytes();
        BodyRuns runs = piece.runs();
        for (int i = 0; i < runs.count(); i++) {
            if (piece.isMessages()) {
                boolean isBegin = i > 0 || piece.isMessageBegun();
                boolean isEnd = i < runs.count() - 1 || piece.isMessageEnded();
                out.part(this, bytes, runs.start(i), runs.length(i), isBegin, isEnd);
                isWithinMessage = !isEnd;
                hasWritten = true;
            } else {
                add(bytes, runs.start(i), runs.end(i));
            }
        }
        bytes.release();
    }

    @Override
    public void append(ByteBuf bytes) {
        add(bytes, bytes.readerIndex(), bytes.writerIndex());
        bytes.release();
    }

    private void add(ByteBuf bytes, int from, int to) {
        if (!isDocument) {
            reader.read(bytes, from, to, scratch);
            return;
        }
        if (document == null) {
            document = allocator.buffer();
        }
        int room = (head.isSuccess() ? MAX_DOCUMENT_BYTES : MAX_ERROR_BYTES) - document.readableBytes();
        document.writeBytes(bytes, from, Math.min(room, to - from));
    }

    @Override
    public void onData(byte[] bytes, int from, int to) {
        if (isDropped) {
            return;
        }
        if (event == null) {
            event = allocator.directBuffer(Math.max(256, to - from));
        }
        event.writeBytes(bytes, from, to - from);
        if (event.readableBytes() > FRAGMENT_BYTES) {
            writeFragment();
        }
    }

    private void writeFragment() {
        if (!isFragmented && !isObject()) {
            isDropped = true;
            event.clear();
            return;
        }
        if (keeper != null && !isFragmented) {
            keeper.beginLong();
        }
        int length = event.readableBytes() - TAIL_BYTES;
        if (keeper != null) {
            keeper.addPart(event, event.readerIndex(), length);
        }
        out.part(this, event, event.readerIndex(), length, !isFragmented, false);
        isFragmented = true;
        ByteBuf written = event; // its bytes may be sent later, so it is not written to any more
        event = allocator.directBuffer(FRAGMENT_BYTES);
        event.writeBytes(written, written.readerIndex() + length, TAIL_BYTES);
        written.release();
    }

    @Override
    public void onEventEnd(EventType name) {
        if (!isDropped && event != null && event.isReadable() && (isFragmented || isObject())) {
            writeEvent(name);
        }
        isDropped = false;
        isFragmented = false;
        if (event != null && event.readableBytes() > CoalescingWriter.COPY_BYTES) {
            event.release(); // its bytes were not copied, and may be sent later
            event = null;
        } else if (event != null) {
            event.clear();
        }
    }

    private void writeEvent(EventType name) {
        hasWritten = true;
        int from = event.readerIndex();
        int length = event.readableBytes();
        if (keeper != null && isFragmented) {
            keeper.addPart(event, from, length);
            keeper.endLong();
        } else if (keeper != null) {
            keeper.onEvent(event, from, from + length);
        }
        if (!isFragmented && length <= MAX_ERROR_BYTES && (name == EventType.ERROR || mayBeError())) {
            byte[] wrapped = wrapped();
            if (wrapped != null) {
                out.message(this, wrapped);
                return;
            }
        }
        if (laneMember != null) {
            addLane();
            length = event.readableBytes();
        }
        out.part(this, event, from, length, !isFragmented, true);
    }

    /** Inserts the lane before the last brace. */
    private void addLane() {
        int brace = event.writerIndex() - 1;
        while (brace > event.readerIndex() && event.getByte(brace) != '}') {
            brace--;
        }
        if (event.getByte(brace) != '}') {
            return; // not the end of an object, which no client can read anyway
        }
        byte[] tail = new byte[event.writerIndex() - brace];
        event.getBytes(brace, tail);
        event.writerIndex(brace).writeBytes(laneMember).writeBytes(tail);
    }

    private boolean isObject() {
        for (int i = event.readerIndex(); i < event.writerIndex(); i++) {
            byte b = event.getByte(i);
            if (b != ' ' && b != '\t' && b != '\n' && b != '\r') {
                return b == '{';
            }
        }
        return false;
    }

    /** Returns whether an event may be an error: the word occurs at its beginning, in whatever place. */
    private boolean mayBeError() {
        int from = event.readerIndex();
        if (MessagePrefix.isPart(event, from, event.writerIndex())) {
            return false;
        }
        int last = Math.min(event.writerIndex(), from + LOOK_BYTES) - ERROR.length;
        for (int i = from; i <= last; i++) {
            int n = 0;
            while (n < ERROR.length && event.getByte(i + n) == ERROR[n]) {
                n++;
            }
            if (n == ERROR.length) {
                return true;
            }
        }
        return false;
    }

    private static boolean isError(Map<?, ?> members) {
        return "error".equals(members.get("type")) || !members.containsKey("type")
                && members.get("error") instanceof Map<?, ?>;
    }

    /** Returns an error event of a stream in the form that it has on a WebSocket; null if it has that form already. */
    private byte[] wrapped() {
        Object tree = tree(ByteBufUtil.getBytes(event));
        if (!(tree instanceof Map<?, ?> members) || !isError(members)
                || members.get("error") instanceof Map<?, ?> && members.get("status") instanceof JsonTree.Literal) {
            return null;
        }
        Map<?, ?> error = members.get("error") instanceof Map<?, ?> object ? object
                : ErrorEvent.object("server_error", text(members.get("code"), "server_error"),
                        text(members.get("message"), "The upstream reported an error"), null);
        return ErrorEvent.of(SERVER_ERROR, lane, Map.of(), error);
    }

    private static String text(Object value, String otherwise) {
        return value instanceof String string && !string.isEmpty() ? string : otherwise;
    }

    private static Object tree(byte[] json) {
        try {
            return JsonTree.read(json);
        } catch (IllegalArgumentException e) {
            return null; // not JSON: passed on as text
        }
    }

    @Override
    public boolean canAppend() {
        return !isWithinMessage && !isFragmented;
    }

    @Override
    public void flush() {
        if (event != null && !event.isReadable()) {
            event.release();
            event = null;
        }
        out.flush();
    }

    @Override
    public void end() {
        if (!isDocument) {
            writeUnended();
            if (isFragmented || isWithinMessage) {
                abort(); // within a message, whose rest is not known
                return;
            }
        }
        if (isDocument) {
            writeDocument();
        } else if (head != null && !hasWritten) {
            writeMalformed();
        }
        release();
        out.flush();
        listener.onResponseEnd();
    }

    /** Writes a last event that lacks only its blank line. */
    private void writeUnended() {
        int last = event == null ? -1 : event.writerIndex() - 1;
        while (last >= 0 && event.isReadable() && event.getByte(last) <= ' ') {
            last--;
        }
        if (last >= 0 && event.isReadable() && event.getByte(last) == '}'
                && (isFragmented || tree(ByteBufUtil.getBytes(event)) != null)) {
            onEventEnd(EventType.OTHER);
        }
    }

    private void writeDocument() {
        byte[] text = document == null ? new byte[0] : ByteBufUtil.getBytes(document);
        Object tree = tree(text);
        int status = head.status().code();
        if (!head.isSuccess()) {
            Map<?, ?> error = tree instanceof Map<?, ?> members && members.get("error") instanceof Map<?, ?> object
                    ? object : ErrorEvent.object("server_error", "upstream_error", shown(text, status), null);
            out.message(this, ErrorEvent.of(status, lane, told(), error));
        } else if (tree instanceof Map<?, ?> response) {
            writeResponse(response);
        } else {
            writeMalformed();
        }
    }

    private void writeMalformed() {
        out.message(this, ErrorEvent.of(502, lane, Map.of(), ErrorEvent.object("server_error", "upstream_malformed",
                "The upstream's answer is neither events nor one document", null)));
    }

    private static String shown(byte[] text, int status) {
        String shown = new String(text, StandardCharsets.UTF_8).strip();
        return shown.isEmpty() ? "The upstream answered with status " + status
                : shown.substring(0, Math.min(shown.length(), MAX_TEXT_CHARS));
    }

    /** Returns the headers of a refusal that a client may obey or show. */
    private Map<String, String> told() {
        Map<String, String> told = new TreeMap<>();
        head.headers().forEach(header -> {
            String name = header.getKey().toLowerCase(Locale.ROOT);
            if (name.equals("retry-after") || name.equals("x-request-id") || name.startsWith("x-ratelimit-")
                    || name.startsWith("x-codex-")) {
                told.put(name, header.getValue());
            }
        });
        return told;
    }

    /** Writes a document that answers the request as the events that a stream would have had for it. */
    private void writeResponse(Map<?, ?> response) {
        int index = 0;
        for (Object item : response.get("output") instanceof List<?> output ? output : List.of()) {
            Map<String, Object> done = new LinkedHashMap<>();
            done.put("type", "response.output_item.done");
            done.put("output_index", new JsonTree.Literal(Integer.toString(index++)));
            done.put("item", item);
            writeTree(done);
        }
        Map<String, Object> completed = new LinkedHashMap<>();
        completed.put("type", "failed".equals(response.get("status")) ? "response.failed"
                : "incomplete".equals(response.get("status")) ? "response.incomplete" : "response.completed");
        completed.put("response", response);
        writeTree(completed);
    }

    private void writeTree(Map<String, Object> made) {
        if (lane != null) {
            made.put("stream_id", lane);
        }
        byte[] json = JsonTree.write(made);
        if (keeper != null) {
            keeper.onEvent(Unpooled.wrappedBuffer(json), 0, json.length);
        }
        out.message(this, json);
    }

    @Override
    public void abort() {
        boolean isCut = out.giveUp(this);
        release();
        listener.onResponseLost(isCut, isWithinMessage || head != null && !isDocument);
    }

    @Override
    public boolean isWritable() {
        return out.isWritable(this);
    }

    @Override
    public long pendingBytes() {
        return out.pendingBytes();
    }

    /** Releases what was not written; idempotent. */
    void release() {
        if (event != null) {
            event.release();
            event = null;
        }
        if (document != null) {
            document.release();
            document = null;
        }
    }

    /** The receiver of the end of the response. */
    interface Listener {
        /** Reports that everything was written. */
        void onResponseEnd();

        /**
         * Reports that the response broke off.
         *
         * @param isCut      whether the break is within a message, after which no other one can be sent
         * @param hasStarted whether a part of the response was sent
         */
        void onResponseLost(boolean isCut, boolean hasStarted);
    }
}
