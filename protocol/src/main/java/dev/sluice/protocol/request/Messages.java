// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.json.JsonTree;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Conversions from chat messages to the instructions, input items and call outputs of the Responses API. */
final class Messages {
    private static final String FIELD = "messages";
    private static final Set<String> TEXT_TYPES = Set.of("text", "input_text", "output_text");

    /** Members that other APIs add to messages and that the Responses API does not define. */
    private static final Set<String> REASONING_KEYS = Set.of("reasoning_content", "reasoning_details", "tool_calls",
            "function_call");
    private static final Set<Object> REASONING_TYPES = Set.of("reasoning", "reasoning_content", "reasoning_details");

    private Messages() {
    }

    /**
     * Reads a value that is changed as a whole.
     *
     * @throws RelayException if it has more than {@link JsonTree#MAX_VALUES} values
     */
    static Object read(String field, byte[] json) {
        try {
            return JsonTree.read(json);
        } catch (IllegalArgumentException e) {
            throw new RelayException(ErrorCode.DOWNSTREAM_BODY_TOO_LARGE, field, field + ": over "
                    + JsonTree.MAX_VALUES + " values to hold in memory (expected: fewer)");
        }
    }

    /**
     * Converts chat messages to input items. The text of system and developer messages is added to
     * {@code instructions}.
     *
     * @throws RelayException if an element is not a message or has an invalid shape
     */
    static List<Object> convert(List<?> messages, List<String> instructions) {
        List<Object> input = new ArrayList<>();
        for (Object element : messages) {
            if (!(element instanceof Map<?, ?> message)) {
                throw wrong("an element that is not an object", "an array of objects");
            }
            if (!(message.get("role") instanceof String role)) {
                throw wrong("a message without a role", "a string role in each message");
            }
            switch (role) {
                case "system", "developer" -> instructions.add(instructionText(message.get("content")));
                case "user" -> input.add(item(role, userParts(message.get("content"))));
                case "assistant" -> addAssistant(message, input);
                case "tool" -> input.add(toolMessage(message));
                default -> throw wrong("an unknown role", "system, developer, user, assistant or tool");
            }
        }
        return input;
    }

    private static Map<String, Object> item(String role, List<Object> content) {
        Map<String, Object> item = new LinkedHashMap<>();
        item.put("role", role);
        item.put("content", content);
        return item;
    }

    private static List<?> parts(Object content) {
        return content instanceof List<?> list ? list : content == null || isNull(content) ? List.of()
                : List.of(content);
    }

    private static boolean isNull(Object value) {
        return JsonTree.Literal.NULL.equals(value);
    }

    private static String instructionText(Object content) {
        List<String> texts = new ArrayList<>();
        for (Object part : parts(content)) {
            String text = textOf(part, Set.of("text", "input_text"));
            if (text == null) {
                throw wrong("a system or developer message with a part that is not text", "text only");
            }
            if (!text.isEmpty()) {
                texts.add(text);
            }
        }
        return String.join("\n", texts);
    }

    /** Returns the text of a part, or null if it is not a text part. A part with text and no type is a text part. */
    private static String textOf(Object part, Set<String> types) {
        if (part instanceof String text) {
            return text;
        }
        if (part instanceof Map<?, ?> members && members.get("text") instanceof String text
                && (!members.containsKey("type") || types.contains(members.get("type")))) {
            return text;
        }
        return null;
    }

    private static Object textPart(String type, String text) {
        Map<String, Object> part = new LinkedHashMap<>();
        part.put("type", type);
        part.put("text", text);
        return part;
    }

    private static List<Object> userParts(Object content) {
        List<Object> parts = new ArrayList<>();
        for (Object part : parts(content)) {
            String text = textOf(part, TEXT_TYPES);
            parts.add(text != null ? textPart("input_text", text) : userPart(part));
        }
        return parts;
    }

    private static Object userPart(Object part) {
        if (!(part instanceof Map<?, ?> members) || !(members.get("type") instanceof String type)) {
            return part;
        }
        Map<String, Object> converted = new LinkedHashMap<>();
        switch (type) {
            case "image_url" -> {
                Object image = members.get("image_url");
                converted.put("type", "input_image");
                converted.put("image_url", image instanceof Map<?, ?> object ? object.get("url") : image);
                if (image instanceof Map<?, ?> object && object.containsKey("detail")) {
                    converted.put("detail", object.get("detail"));
                }
                return converted.get("image_url") instanceof String ? converted : part;
            }
            case "input_audio" -> {
                if (members.get("input_audio") instanceof Map<?, ?> audio && audio.get("data") instanceof String data
                        && audio.get("format") instanceof String format) {
                    converted.put("type", "input_file");
                    converted.put("file_url", dataUrl("audio/" + (format.equals("mp3") ? "mpeg" : format), data));
                    return converted;
                }
                return part;
            }
            case "file" -> {
                return members.get("file") instanceof Map<?, ?> file ? filePart(file) : part;
            }
            default -> {
                return part;
            }
        }
    }

    private static Object filePart(Map<?, ?> file) {
        Map<String, Object> converted = new LinkedHashMap<>();
        converted.put("type", "input_file");
        for (String reference : List.of("file_id", "file_url")) {
            if (file.get(reference) instanceof String value && !value.isEmpty()) {
                converted.put(reference, value);
                return converted;
            }
        }
        Object data = file.get("file_data") instanceof String ? file.get("file_data") : file.get("data");
        if (data instanceof String text) {
            Object type = file.get("mime_type") instanceof String ? file.get("mime_type") : file.get("content_type");
            converted.put("file_url", text.startsWith("data:") ? text
                    : dataUrl(type instanceof String name ? name : "application/octet-stream", text));
        }
        return converted;
    }

    private static String dataUrl(String type, String base64) {
        return "data:" + type + ";base64," + base64;
    }

    private static void addAssistant(Map<?, ?> message, List<Object> input) {
        List<Object> parts = new ArrayList<>();
        for (Object part : parts(message.get("content"))) {
            String text = textOf(part, TEXT_TYPES);
            if (text == null && part instanceof Map<?, ?> members && members.get("refusal") instanceof String refusal) {
                text = refusal;
            }
            parts.add(text == null ? part : textPart("output_text", text));
        }
        if (message.get("refusal") instanceof String refusal && !refusal.isEmpty()) {
            parts.add(textPart("output_text", refusal));
        }
        Object calls = message.get("tool_calls");
        boolean hasCalls = calls instanceof List<?> list && !list.isEmpty();
        if (!parts.isEmpty() || !hasCalls) {
            input.add(item("assistant", parts));
        }
        if (calls != null && !isNull(calls) && !(calls instanceof List)) {
            throw wrong("tool_calls that are not an array", "an array of calls");
        }
        if (hasCalls) {
            ((List<?>) calls).forEach(call -> input.add(functionCall(call)));
        }
    }

    private static Object functionCall(Object entry) {
        if (entry instanceof Map<?, ?> call && call.get("id") instanceof String id && !id.isEmpty()
                && call.get("function") instanceof Map<?, ?> function
                && function.get("name") instanceof String name && !name.isEmpty()
                && function.get("arguments") instanceof String arguments) {
            Map<String, Object> item = new LinkedHashMap<>();
            item.put("type", "function_call");
            item.put("call_id", id);
            item.put("name", name);
            item.put("arguments", arguments);
            return item;
        }
        throw wrong("a malformed tool_calls entry", "id, function.name and function.arguments, all strings");
    }

    private static Object toolMessage(Map<?, ?> message) {
        String callId = callId(message);
        if (callId == null) {
            throw wrong("a tool message without tool_call_id", "the id of its call");
        }
        Object content = message.get("content");
        List<?> parts = content instanceof List<?> list ? list : content instanceof String text ? List.of(text) : null;
        String output = parts == null ? null : joined(parts, Set.of("text", "input_text", "output_text", "refusal"));
        if (output == null || output.isEmpty() && content instanceof List<?> list && !list.isEmpty()) {
            throw wrong("a tool message without text", "text content");
        }
        return callOutput(callId, output);
    }

    private static String callId(Map<?, ?> item) {
        for (String name : List.of("tool_call_id", "toolCallId", "call_id")) {
            if (item.get(name) instanceof String id && !id.isEmpty()) {
                return id;
            }
        }
        return null;
    }

    private static Object callOutput(String callId, String output) {
        Map<String, Object> item = new LinkedHashMap<>();
        item.put("type", "function_call_output");
        item.put("call_id", callId);
        item.put("output", output);
        return item;
    }

    private static String joined(List<?> parts, Set<String> types) {
        StringBuilder joined = new StringBuilder();
        for (Object part : parts) {
            String text = textOf(part, types);
            joined.append(text == null ? "" : text);
        }
        return joined.toString();
    }

    /**
     * Converts an input item with role tool to the output of its call.
     *
     * @throws RelayException if it has no call id
     */
    static Object toolOutput(Object item) {
        Map<?, ?> members = (Map<?, ?>) item;
        String callId = callId(members);
        if (callId == null) {
            throw RelayException.refusedField("input",
                    "input: an item with role tool without an id (expected: tool_call_id, toolCallId or call_id)");
        }
        Object output = members.get("output") == null || isNull(members.get("output")) ? members.get("content")
                : members.get("output");
        if (output == null || isNull(output)) {
            return callOutput(callId, "");
        }
        if (output instanceof String text) {
            return callOutput(callId, text);
        }
        List<?> parts = output instanceof List<?> list ? list : List.of(output);
        boolean hasText = parts.stream().anyMatch(part -> outputText(part) != null);
        StringBuilder text = new StringBuilder();
        parts.forEach(part -> text.append(outputText(part) == null ? "" : outputText(part)));
        // An output without text, such as an image alone, becomes the text of its JSON, because an output is text.
        boolean isEmptyList = output instanceof List<?> list && list.isEmpty();
        return callOutput(callId, hasText || isEmptyList ? text.toString() : JsonTree.text(output));
    }

    private static String outputText(Object part) {
        String text = textOf(part, Set.of("text", "input_text", "output_text"));
        return text == null && part instanceof Map<?, ?> members && "refusal".equals(members.get("type"))
                && members.get("refusal") instanceof String refusal ? refusal : text;
    }

    /**
     * Moves the text of a system or developer item to the instructions.
     *
     * @param item         the item
     * @param instructions the list to which the text is added
     * @return an item with role user that has the remaining parts; null if none remain
     */
    static Object hoist(Object item, List<String> instructions) {
        Map<?, ?> members = (Map<?, ?>) item;
        List<String> texts = new ArrayList<>();
        List<Object> rest = new ArrayList<>();
        for (Object part : parts(members.get("content"))) {
            if (part instanceof Map<?, ?> object && REASONING_TYPES.contains(object.get("type"))) {
                continue;
            }
            String text = part instanceof Map<?, ?> object && object.get("text") instanceof String inside ? inside
                    : textOf(part, TEXT_TYPES);
            if (text == null) {
                rest.add(part instanceof Map<?, ?> object ? withoutReasoning(object) : part);
            } else if (!text.isEmpty()) {
                texts.add(text);
            }
        }
        instructions.add(String.join("\n", texts));
        if (rest.isEmpty()) {
            return null;
        }
        Map<Object, Object> kept = withoutReasoning(members);
        kept.put("role", "user");
        kept.put("content", rest);
        return kept;
    }

    private static Map<Object, Object> withoutReasoning(Map<?, ?> members) {
        Map<Object, Object> kept = new LinkedHashMap<>(members);
        kept.keySet().removeAll(REASONING_KEYS);
        return kept;
    }

    private static RelayException wrong(String found, String expected) {
        return RelayException.refusedField(FIELD, FIELD + ": " + found + " (expected: " + expected + ")");
    }
}
