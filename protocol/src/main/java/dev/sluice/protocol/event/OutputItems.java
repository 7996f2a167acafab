// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.event;

import dev.sluice.protocol.json.JsonTree;
import dev.sluice.protocol.json.JsonTree.Literal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The output of a collected response, from the events of its parts: each item from its
 * {@code response.output_item.done}, or, where a stream has none, from {@code response.output_item.added} and the
 * deltas of its texts or its arguments.
 */
final class OutputItems {
    /** The bytes that an entry counts for besides its text, so that empty ones are bounded too. */
    private static final int PART_BYTES = 256;
    private final TreeMap<Long, byte[]> done = new TreeMap<>();
    private final TreeMap<Long, Parts> open = new TreeMap<>();
    private long keptBytes;

    /** Returns the number of bytes that are kept. */
    long keptBytes() {
        return keptBytes;
    }

    /** Takes an event, if it is about a part of the output. */
    void add(String type, Map<?, ?> event) {
        long index = event.containsKey("output_index") ? index(event.get("output_index")) : 0;
        if (index < 0) {
            return;
        }
        switch (type) {
            case "response.output_item.added" -> {
                if (event.get("item") instanceof Map<?, ?> item) {
                    Parts parts = parts(index);
                    long before = parts.itemBytes;
                    parts.itemBytes = JsonTree.write(item).length;
                    parts.item = item;
                    keptBytes += parts.itemBytes - before;
                }
            }
            case "response.output_item.done" -> {
                if (event.get("item") instanceof Map<?, ?> item && event.containsKey("output_index")) {
                    byte[] text = JsonTree.write(item);
                    byte[] before = done.put(index, text);
                    keptBytes += before == null ? PART_BYTES + text.length : text.length - before.length;
                    Parts replaced = open.remove(index);
                    keptBytes -= replaced == null ? 0 : replaced.bytes();
                }
            }
            case "response.output_text.delta" -> append(text(index, event), event.get("delta"));
            case "response.output_text.done" -> replace(text(index, event), event.get("text"));
            case "response.function_call_arguments.delta", "response.custom_tool_call_input.delta" ->
                append(parts(index).arguments, event.get("delta"));
            case "response.function_call_arguments.done" -> replace(parts(index).arguments, event.get("arguments"));
            case "response.custom_tool_call_input.done" -> replace(parts(index).arguments, event.get("input"));
            default -> { } // contributes nothing that an item could not do without
        }
        if (event.get("item_id") instanceof String id && open.containsKey(index)) {
            Parts parts = open.get(index);
            keptBytes += id.length() - (parts.id == null ? 0 : parts.id.length());
            parts.id = id;
        }
    }

    private Parts parts(long index) {
        return open.computeIfAbsent(index, each -> {
            keptBytes += PART_BYTES;
            return new Parts();
        });
    }

    private StringBuilder text(long index, Map<?, ?> event) {
        return parts(index).texts.computeIfAbsent(contentIndex(event), each -> {
            keptBytes += PART_BYTES;
            return new StringBuilder();
        });
    }

    private static long contentIndex(Map<?, ?> event) {
        return Math.max(0, index(event.get("content_index")));
    }

    /** Returns an index, or -1 if the value is none. */
    private static long index(Object value) {
        return value instanceof Literal literal && literal.text().matches("\\d{1,9}") ? Long.parseLong(literal.text())
                : -1;
    }

    private void append(StringBuilder text, Object more) {
        if (more instanceof String string) {
            text.append(string);
            keptBytes += string.length();
        }
    }

    private void replace(StringBuilder text, Object whole) {
        if (whole instanceof String string) {
            keptBytes += string.length() - text.length();
            text.setLength(0);
            text.append(string);
        }
    }

    /**
     * Returns the items in the order of their indices, as values of a {@link JsonTree}; empty if there are none.
     *
     * @param isCut whether the response is incomplete, so that an item that was not reported as done is too
     */
    List<Object> items(boolean isCut) {
        TreeMap<Long, Object> all = new TreeMap<>();
        open.forEach((index, parts) -> {
            Map<Object, Object> built = parts.build(isCut);
            if (built != null) {
                all.put(index, built);
            }
        });
        // A literal holds JSON text, and each finished item is JSON text already.
        done.forEach((index, item) -> all.put(index, new Literal(new String(item, StandardCharsets.UTF_8))));
        return new ArrayList<>(all.values());
    }

    /** The known parts of an item that has not been reported as done. */
    private static final class Parts {
        private final TreeMap<Long, StringBuilder> texts = new TreeMap<>();
        private final StringBuilder arguments = new StringBuilder();
        private Map<?, ?> item;
        private long itemBytes;
        private String id;

        /** Returns the bytes that these parts count for. */
        long bytes() {
            long bytes = PART_BYTES + itemBytes + arguments.length() + (id == null ? 0 : id.length());
            for (StringBuilder text : texts.values()) {
                bytes += PART_BYTES + text.length();
            }
            return bytes;
        }

        /** Returns the item, or null if nothing of it has arrived. */
        Map<Object, Object> build(boolean isCut) {
            Map<Object, Object> built = new LinkedHashMap<>();
            if (item != null) {
                built.putAll(item);
            } else if (id != null) {
                built.put("id", id);
            }
            if (!texts.isEmpty()) {
                built.putIfAbsent("type", "message");
                built.putIfAbsent("role", "assistant");
                List<Object> content = new ArrayList<>();
                texts.values().forEach(text -> content.add(Map.of("type", "output_text", "text", text.toString(),
                        "annotations", List.of())));
                built.put("content", content);
            } else if (arguments.length() > 0 && item != null) {
                built.put("custom_tool_call".equals(item.get("type")) ? "input" : "arguments", arguments.toString());
            } else {
                return null;
            }
            built.put("status", isCut ? "incomplete" : "completed");
            return built;
        }
    }
}
