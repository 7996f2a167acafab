// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.mock;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.Function;
import java.util.function.Supplier;

/** The complete sequence of events of one streamed answer, in order. Each event is built when it is requested. */
final class EventSequence implements Iterator<byte[]> {
    private static final String[] WORDS = {"The", " quick", " brown", " fox", " jumps", " over", " the", " lazy",
        " dog", ".", " \u00c9t\u00e9", " \u4e2d\u6587", " \ud83d\ude80", "\n"};

    /** Placeholder for the hash in the last event while the hash is computed. */
    private static final String NO_HASH = "0".repeat(64);

    private final ResponseObject response;
    private final MockOptions options;
    private final ArrayDeque<Supplier<byte[]>> parts = new ArrayDeque<>();
    private final ArrayNode output = ResponseObject.JSON.createArrayNode();
    private long sequence;
    private int deltasLeft;
    private int deltasSent;
    private Supplier<byte[]> delta;
    private Function<byte[], String> hash;
    private final StringBuilder text = new StringBuilder();

    EventSequence(ResponseObject response, MockOptions options) {
        this.response = response;
        this.options = options;
        parts.add(() -> state("response.created", "in_progress"));
        parts.add(() -> state("response.in_progress", "in_progress"));
        switch (options.kind) {
            case TEXT -> addMessage(options.events);
            case REASONING -> {
                addReasoning(Math.max(1, options.events / 2));
                addMessage(options.events);
            }
            case FUNCTION_CALL -> addFunctionCall();
            case TOOL_TURN -> {
                if (response.hasToolOutput()) {
                    addMessage(options.events);
                } else {
                    addToolCall();
                }
            }
            default -> throw new AssertionError(options.kind);
        }
        parts.add(this::completed);
        if (options.isDoneSent) {
            parts.add(() -> "data: [DONE]\n\n".getBytes(StandardCharsets.UTF_8));
        }
    }

    @Override
    public boolean hasNext() {
        return deltasLeft > 0 || !parts.isEmpty();
    }

    @Override
    public byte[] next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        if (deltasLeft > 0) {
            deltasLeft--;
            return delta.get();
        }
        return parts.remove().get();
    }

    /** Returns the event that ends a failed stream. */
    byte[] failed() {
        ObjectNode error = ResponseObject.JSON.createObjectNode().put("code", "server_error")
                .put("message", "The mock was told to fail.");
        return event("response.failed", node -> node.set("response", response.in("failed", null, null, error)));
    }

    private byte[] state(String type, String status) {
        return event(type, node -> node.set("response", response.in(status, null, null, null)));
    }

    /**
     * Sets the function that computes the hash in the last event. The mock uses it only if it stamps events.
     *
     * @param hashWithLast returns, in hexadecimal, the hash of all bytes sent so far followed by the given last event
     */
    void hashedBy(Function<byte[], String> hashWithLast) {
        hash = hashWithLast;
    }

    private byte[] completed() {
        int reasoning = options.kind == MockOptions.Kind.REASONING ? options.events / 2 : 0;
        ObjectNode done = response.in("completed", output, response.usage(options.events + reasoning, reasoning), null);
        if (hash == null || !options.isStamped) {
            return event("response.completed", node -> node.set("response", done));
        }
        byte[] event = event("response.completed", node -> node.put("mock_sha256", NO_HASH).set("response", done));
        byte[] digits = hash.apply(event).getBytes(StandardCharsets.US_ASCII);
        int at = new String(event, StandardCharsets.ISO_8859_1).indexOf(NO_HASH);
        System.arraycopy(digits, 0, event, at, digits.length);
        return event;
    }

    private void addMessage(int deltas) {
        String item = response.itemId("msg");
        parts.add(() -> {
            text.setLength(0);
            return itemEvent("response.output_item.added", message(item, "in_progress", null));
        });
        parts.add(() -> contentPart("response.content_part.added", item, ""));
        addDeltas(deltas, "response.output_text.delta", item, ",\"content_index\":0", ",\"logprobs\":[]");
        parts.add(() -> event("response.output_text.done", node -> position(node, item).put("content_index", 0)
                .put("text", text.toString()).putArray("logprobs")));
        parts.add(() -> contentPart("response.content_part.done", item, text.toString()));
        parts.add(() -> {
            ObjectNode done = message(item, "completed", text.toString());
            byte[] event = itemEvent("response.output_item.done", done);
            output.add(done);
            return event;
        });
    }

    private void addReasoning(int deltas) {
        String item = response.itemId("rs");
        parts.add(() -> {
            text.setLength(0);
            return itemEvent("response.output_item.added", reasoning(item, null));
        });
        parts.add(() -> event("response.reasoning_summary_part.added", node -> summaryPart(node, item, "")));
        addDeltas(deltas, "response.reasoning_summary_text.delta", item, ",\"summary_index\":0", "");
        parts.add(() -> event("response.reasoning_summary_text.done", node -> position(node, item)
                .put("summary_index", 0).put("text", text.toString())));
        parts.add(() -> event("response.reasoning_summary_part.done",
                node -> summaryPart(node, item, text.toString())));
        parts.add(() -> {
            ObjectNode done = reasoning(item, text.toString());
            byte[] event = itemEvent("response.output_item.done", done);
            output.add(done);
            return event;
        });
    }

    private void addFunctionCall() {
        String item = response.itemId("fc");
        parts.add(() -> {
            text.setLength(0);
            return itemEvent("response.output_item.added", functionCall(item, "in_progress", ""));
        });
        parts.add(() -> {
            text.append("{\"query\":\"");
            return deltaEvent("response.function_call_arguments.delta", item, "", "", "{\"query\":\"");
        });
        addDeltas(options.events, "response.function_call_arguments.delta", item, "", "");
        parts.add(() -> {
            text.append("\"}");
            return deltaEvent("response.function_call_arguments.delta", item, "", "", "\"}");
        });
        parts.add(() -> event("response.function_call_arguments.done", node -> position(node, item)
                .put("name", response.functionName()).put("arguments", arguments())));
        parts.add(() -> {
            ObjectNode done = functionCall(item, "completed", arguments());
            byte[] event = itemEvent("response.output_item.done", done);
            output.add(done);
            return event;
        });
    }

    /** Adds a call of a function or a custom tool, with the whole input in one delta. */
    private void addToolCall() {
        boolean isCustom = response.isCustomTool(options.tool);
        String kind = isCustom ? "response.custom_tool_call_input" : "response.function_call_arguments";
        String item = response.itemId(isCustom ? "ctc" : "fc");
        parts.add(() -> itemEvent("response.output_item.added", toolCall(item, "in_progress", "", isCustom)));
        parts.add(() -> deltaEvent(kind + ".delta", item, "", "", options.toolInput));
        parts.add(() -> event(kind + ".done", node -> position(node, item).put(isCustom ? "input" : "arguments",
                options.toolInput)));
        parts.add(() -> {
            ObjectNode done = toolCall(item, "completed", options.toolInput, isCustom);
            byte[] event = itemEvent("response.output_item.done", done);
            output.add(done);
            return event;
        });
    }

    private ObjectNode toolCall(String id, String status, String input, boolean isCustom) {
        ObjectNode call = ResponseObject.JSON.createObjectNode().put("id", id)
                .put("type", isCustom ? "custom_tool_call" : "function_call").put("status", status)
                .put("call_id", response.itemId("call")).put("name", options.tool)
                .put(isCustom ? "input" : "arguments", input);
        String namespace = response.namespaceOf(options.tool);
        return namespace == null ? call : call.put("namespace", namespace);
    }

    /** Returns the arguments with line feeds escaped, because a JSON string must not contain a raw line feed. */
    private String arguments() {
        return text.toString().replace("\n", "\\n");
    }

    private void addDeltas(int count, String type, String item, String before, String after) {
        parts.add(() -> {
            deltasLeft = count - 1;
            deltasSent = 0;
            delta = () -> {
                String word = word(deltasSent++);
                text.append(word);
                return deltaEvent(type, item, before, after, word);
            };
            return delta.get();
        });
    }

    private String word(int index) {
        if (options.deltaBytes == 0) {
            String word = WORDS[index % WORDS.length];
            return options.kind == MockOptions.Kind.FUNCTION_CALL && word.equals("\n") ? " " : word;
        }
        return "x".repeat(options.deltaBytes);
    }

    /** Builds the JSON text by hand, because a fast mock spends nearly all of its time on deltas. */
    private byte[] deltaEvent(String type, String item, String before, String after, String word) {
        String stamp = options.isStamped ? ",\"stamp\":\"" + System.nanoTime() + '"' : "";
        return ("event: " + type + "\ndata: {\"type\":\"" + type + "\",\"sequence_number\":" + sequence++ + stamp
                + ",\"item_id\":\"" + item + "\",\"output_index\":" + output.size() + before + ",\"delta\":"
                + quoted(word) + after + "}\n\n").getBytes(StandardCharsets.UTF_8);
    }

    private static String quoted(String word) {
        return '"' + word.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
    }

    private byte[] itemEvent(String type, ObjectNode item) {
        return event(type, node -> node.put("output_index", output.size()).set("item", item));
    }

    private byte[] contentPart(String type, String item, String content) {
        return event(type, node -> position(node, item).put("content_index", 0).set("part", textPart(content)));
    }

    private ObjectNode position(ObjectNode node, String item) {
        return node.put("item_id", item).put("output_index", output.size());
    }

    private void summaryPart(ObjectNode node, String item, String summary) {
        position(node, item).put("summary_index", 0).putObject("part").put("type", "summary_text")
                .put("text", summary);
    }

    private static ObjectNode textPart(String content) {
        ObjectNode part = ResponseObject.JSON.createObjectNode().put("type", "output_text").put("text", content);
        part.putArray("annotations");
        part.putArray("logprobs");
        return part;
    }

    private static ObjectNode message(String id, String status, String content) {
        ObjectNode item = ResponseObject.JSON.createObjectNode().put("id", id).put("type", "message")
                .put("status", status).put("role", "assistant");
        ArrayNode parts = item.putArray("content");
        if (content != null) {
            parts.add(textPart(content));
        }
        return item;
    }

    private static ObjectNode reasoning(String id, String summary) {
        ObjectNode item = ResponseObject.JSON.createObjectNode().put("id", id).put("type", "reasoning");
        ArrayNode parts = item.putArray("summary");
        if (summary != null) {
            parts.addObject().put("type", "summary_text").put("text", summary);
        }
        return item;
    }

    private ObjectNode functionCall(String id, String status, String arguments) {
        return ResponseObject.JSON.createObjectNode().put("id", id).put("type", "function_call").put("status", status)
                .put("call_id", response.itemId("call")).put("name", response.functionName())
                .put("arguments", arguments);
    }

    private byte[] event(String type, java.util.function.Consumer<ObjectNode> fill) {
        ObjectNode node = ResponseObject.JSON.createObjectNode().put("type", type).put("sequence_number", sequence++);
        fill.accept(node);
        try {
            return ("event: " + type + "\ndata: " + ResponseObject.JSON.writeValueAsString(node) + "\n\n")
                    .getBytes(StandardCharsets.UTF_8);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("event: not serialized (expected: every tree can be)", e);
        }
    }
}
