// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.mock;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The Response object of one answer, with every field of the API reference. Its content depends on the request alone,
 * so that an answer through a relay can be compared with a direct one.
 */
final class ResponseObject {
    /** A mapper without a limit of strings, because an image may have any length. */
    static final ObjectMapper JSON = new ObjectMapper(JsonFactory.builder().streamReadConstraints(
            StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build()).build());
    private static final long CREATED_AT = 1_767_225_600L; // 2026-01-01, fixed so that answers are reproducible
    private static final int ID_CHARS = 32;
    private static final String[] ECHOED = {"instructions", "max_output_tokens", "previous_response_id", "tool_choice",
        "tools", "temperature", "top_p", "truncation", "parallel_tool_calls", "reasoning", "text", "metadata",
        "max_tool_calls", "presence_penalty", "frequency_penalty", "top_logprobs", "safety_identifier",
        "prompt_cache_key"};

    private final String id;
    private final JsonNode request;

    ResponseObject(byte[] body, JsonNode request) {
        this.request = request;
        id = hex(body).substring(0, ID_CHARS);
    }

    private static String hex(byte[] body) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(body));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256: missing (expected: part of every Java platform)", e);
        }
    }

    String id() {
        return "resp_" + id;
    }

    String itemId(String prefix) {
        return prefix + '_' + id;
    }

    /**
     * Returns the object in the given status.
     *
     * @param output null for an empty list
     * @param usage  null before the response is completed
     * @param error  null unless the response failed
     */
    ObjectNode in(String status, ArrayNode output, ObjectNode usage, ObjectNode error) {
        ObjectNode response = JSON.createObjectNode();
        response.put("id", id());
        response.put("object", "response");
        response.put("created_at", CREATED_AT);
        response.put("status", status);
        response.put("completed_at", status.equals("completed") ? CREATED_AT + 1L : null);
        response.put("background", false);
        response.set("error", error);
        response.putNull("incomplete_details");
        defaults(response);
        for (String field : ECHOED) {
            if (request.hasNonNull(field)) {
                response.set(field, request.get(field).deepCopy());
            }
        }
        for (JsonNode tool : response.path("tools")) {
            if (tool.path("type").asText().equals("function") && !tool.has("strict")) {
                ((ObjectNode) tool).put("strict", true); // the API's default
            }
        }
        response.put("model", request.path("model").asText());
        response.set("output", output == null ? JSON.createArrayNode() : output);
        response.put("store", request.path("store").asBoolean(true));
        response.set("usage", usage);
        response.putNull("user");
        return response;
    }

    private static void defaults(ObjectNode response) {
        response.putNull("instructions");
        response.putNull("max_output_tokens");
        response.put("parallel_tool_calls", true);
        response.putNull("previous_response_id");
        response.putObject("reasoning").putNull("effort").putNull("summary");
        response.put("service_tier", "default");
        response.put("temperature", 1.0);
        response.putObject("text").putObject("format").put("type", "text");
        response.put("tool_choice", "auto");
        response.putArray("tools");
        response.put("top_p", 1.0);
        response.put("truncation", "disabled");
        response.putObject("metadata");
        response.putNull("max_tool_calls");
        response.put("presence_penalty", 0);
        response.put("frequency_penalty", 0);
        response.put("top_logprobs", 0);
        response.putNull("safety_identifier");
        response.putNull("prompt_cache_key");
    }

    /** Returns the answer to a request to compact: the user's messages, and one item for everything else. */
    ObjectNode compacted() {
        ObjectNode answer = JSON.createObjectNode().put("id", id()).put("object", "response.compaction")
                .put("created_at", CREATED_AT);
        ArrayNode output = answer.putArray("output");
        for (JsonNode item : request.path("input")) {
            if (item.path("role").asText().equals("user")) {
                ObjectNode message = output.addObject().put("id", itemId("msg") + output.size()).put("type", "message")
                        .put("status", "completed").put("role", "user");
                if (item.path("content").isTextual()) {
                    message.putArray("content").addObject().put("type", "input_text")
                            .put("text", item.path("content").asText());
                } else {
                    message.set("content", item.get("content"));
                }
            }
        }
        output.addObject().put("type", "compaction").put("id", itemId("cmp")).put("encrypted_content", id);
        answer.set("usage", usage(1, 0));
        return answer;
    }

    /**
     * Returns the id of a call whose output is in the input, although the call is neither there nor known otherwise;
     * null for none.
     *
     * @param isKnown whether the response with an id can be continued, so that its call is known
     */
    String callWithoutRequest(Predicate<String> isKnown) {
        Set<String> calls = new HashSet<>();
        for (JsonNode item : request.path("input")) {
            String type = item.path("type").asText();
            String call = item.path("call_id").asText();
            if (type.endsWith("_call")) {
                calls.add(call);
            } else if (type.endsWith("_call_output") && !calls.contains(call)
                    && !isKnown.test(call.replaceFirst("^call_", "resp_"))) {
                return call;
            }
        }
        return null;
    }

    ObjectNode usage(int outputTokens, int reasoningTokens) {
        int inputTokens = Math.max(1, request.toString().getBytes(StandardCharsets.UTF_8).length / 4);
        ObjectNode usage = JSON.createObjectNode();
        usage.put("input_tokens", inputTokens);
        usage.putObject("input_tokens_details").put("cached_tokens", 0);
        usage.put("output_tokens", outputTokens);
        usage.putObject("output_tokens_details").put("reasoning_tokens", reasoningTokens);
        usage.put("total_tokens", inputTokens + outputTokens);
        return usage;
    }

    /** Returns whether the request's input contains a tool's output. */
    boolean hasToolOutput() {
        for (JsonNode item : request.path("input")) {
            if (item.path("type").asText().endsWith("_call_output")) {
                return true;
            }
        }
        return false;
    }

    boolean isCustomTool(String name) {
        JsonNode tool = find(name, request.path("tools"), null, new String[1]);
        return tool != null && tool.path("type").asText().equals("custom");
    }

    /** Returns the namespace of a tool in the request, or null if the tool is in none. */
    String namespaceOf(String name) {
        String[] namespace = new String[1];
        find(name, request.path("tools"), null, namespace);
        return namespace[0];
    }

    /**
     * Searches the request's tools, the tools in namespaces, and the tools in input items (additional_tools).
     *
     * @param found receives the namespace of the tool that was found
     */
    private JsonNode find(String name, JsonNode tools, String namespace, String[] found) {
        for (JsonNode tool : tools) {
            if (tool.path("name").asText().equals(name)) {
                found[0] = namespace;
                return tool;
            }
            JsonNode inner = find(name, tool.path("tools"), tool.path("name").asText(), found);
            if (inner != null) {
                return inner;
            }
        }
        if (tools == request.path("tools")) {
            for (JsonNode item : request.path("input")) {
                JsonNode inner = find(name, item.path("tools"), null, found);
                if (inner != null) {
                    return inner;
                }
            }
        }
        return null;
    }

    /** Returns the name of the request's first function tool, or {@code lookup} if it has none. */
    String functionName() {
        for (JsonNode tool : request.path("tools")) {
            if (tool.path("type").asText().equals("function")) {
                return tool.path("name").asText();
            }
        }
        return "lookup";
    }
}
