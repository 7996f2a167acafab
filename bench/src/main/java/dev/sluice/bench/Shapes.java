// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.bench;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.util.Base64;
import java.util.SplittableRandom;

/**
 * Events and request bodies in the shapes of the API: the members, their order and the length of the ids follow the
 * API reference and its clients. The text of models, tools and users is made up here and is the same for every run:
 * words, source code with its escapes, compiler output. Nothing repeats exactly, because the processor would learn to
 * predict it.
 */
public final class Shapes {
    private static final String[] WORDS = {"the", "index", "is", "rebuilt", "when", "a", "file", "changes", "so",
        "each", "reader", "sees", "either", "old", "or", "new", "entries", "never", "both", "cache", "of", "paths",
        "keeps", "its", "order", "and", "tests", "cover", "that", "\u00fcber", "\u2013", "\u4e2d\u6587"};
    private static final String[] NAMES = {"index", "reader", "pathCache", "entry", "loader", "buffer", "limit",
        "request", "segment", "offset", "visitor", "config", "worker", "queue", "snapshot", "digest"};
    private static final String[] LINES = {
        "    for (%1$s %2$s : %3$ss) {\n", "        if (!%1$s.add(%2$s)) {\n", "        }\n", "    }\n", "\n",
        "            throw new IllegalStateException(\"twice: \" + %1$s + \" in \" + %2$s);\n",
        "src/main/java/dev/example/%1$s/%2$s.java:%4$d:     * Returns the %3$s, newest first \u2013 at most %4$d.\n",
        "\t\"%1$s\": {\"test\": \"node --test\", \"%2$s\": \"^%4$d.1.0\"},\n",
        "+    private final Map<String, List<Entry>> %1$s = new HashMap<>();\n",
        "-        return %1$s.get(%2$s).stream().filter(%3$s::isOpen).toList();\n",
        "drwxr-xr-x 2 dev dev %4$d Nov 12 09:14 %1$s\n",
        "[INFO] Tests run: %4$d, Failures: 0, Errors: 0, Skipped: 2\n"};
    private static final String MESSAGE = "msg_0e6c9a51b2f84d7c006916f3a7c1d88191b3c9d20e4f5a6b7c";
    private static final String CALL = "fc_0e6c9a51b2f84d7c006916f3a8d0f48191a4d5e6f708192a3b";

    private Shapes() {
    }

    /** Returns a text delta event, as a model sends it: about 300 bytes. */
    public static String textDelta(int number) {
        return event("response.output_text.delta", "\"sequence_number\":" + number + ",\"item_id\":\"" + MESSAGE
                + "\",\"output_index\":1,\"content_index\":0,\"delta\":\" " + WORDS[number * 7 % WORDS.length]
                + "\",\"logprobs\":[],\"obfuscation\":\"" + letters(number, 1 + number * 5 % 15) + "\"");
    }

    /** Returns a delta event of a function call's arguments, JSON within JSON: about 250 bytes. */
    public static String argumentsDelta(int number) {
        return event("response.function_call_arguments.delta", "\"sequence_number\":" + number + ",\"item_id\":\""
                + CALL + "\",\"output_index\":1,\"delta\":\""
                + (number % 3 == 0 ? "\\\"" : NAMES[number % NAMES.length])
                + "\",\"obfuscation\":\"" + letters(number, 1 + number * 5 % 15) + "\"");
    }

    /** Returns a delta event of a custom tool call's input, a patch of source code: about 2,000 bytes. */
    public static String patchDelta(int number) {
        return event("response.custom_tool_call_input.delta", "\"sequence_number\":" + number + ",\"item_id\":\"" + CALL
                + "\",\"output_index\":1,\"delta\":\"" + code(1800, number) + "\"");
    }

    /** Returns a whole stream of {@code events} events, at least 9: a beginning, deltas, and an end with the usage. */
    public static String[] turn(int events) {
        String[] all = new String[events];
        String part = "\"item_id\":\"" + MESSAGE + "\",\"output_index\":0,\"content_index\":0";
        all[0] = state("response.created", 0, "in_progress", "null");
        all[1] = state("response.in_progress", 1, "in_progress", "null");
        all[2] = event("response.output_item.added", "\"sequence_number\":2,\"output_index\":0,\"item\":{\"id\":\""
                + MESSAGE + "\",\"type\":\"message\",\"status\":\"in_progress\",\"content\":[],"
                + "\"role\":\"assistant\"}");
        all[3] = event("response.content_part.added", "\"sequence_number\":3," + part + ",\"part\":{\"type\":"
                + "\"output_text\",\"annotations\":[],\"logprobs\":[],\"text\":\"\"}");
        StringBuilder text = new StringBuilder();
        for (int i = 4; i < events - 4; i++) {
            all[i] = textDelta(i);
            text.append(' ').append(WORDS[i * 7 % WORDS.length]);
        }
        String item = "{\"id\":\"" + MESSAGE + "\",\"type\":\"message\",\"status\":\"completed\",\"content\":[{"
                + "\"type\":\"output_text\",\"annotations\":[],\"logprobs\":[],\"text\":\"" + text
                + "\"}],\"role\":\"assistant\"}";
        all[events - 4] = event("response.output_text.done", "\"sequence_number\":" + (events - 4) + "," + part
                + ",\"text\":\"" + text + "\",\"logprobs\":[]");
        all[events - 3] = event("response.content_part.done", "\"sequence_number\":" + (events - 3) + "," + part
                + ",\"part\":{\"type\":\"output_text\",\"annotations\":[],\"logprobs\":[],\"text\":\"" + text + "\"}");
        all[events - 2] = event("response.output_item.done", "\"sequence_number\":" + (events - 2)
                + ",\"output_index\":0,\"item\":" + item);
        all[events - 1] = state("response.completed", events - 1, "completed", "{\"input_tokens\":11873,"
                + "\"input_tokens_details\":{\"cached_tokens\":11264},\"output_tokens\":" + events
                + ",\"output_tokens_details\":{\"reasoning_tokens\":0},\"total_tokens\":" + (11873 + events) + "}")
                .replace("\"output\":[]", "\"output\":[" + item + "]");
        return all;
    }

    /**
     * Returns the request body of a coding agent's turn, about {@code bytes} bytes long: instructions, tools with their
     * schemas, and a history of messages, encrypted reasoning, calls and the output of the calls.
     *
     * @param isModelLast whether the model is the last member instead of the first
     */
    public static String agentRequest(int bytes, boolean isModelLast) {
        SplittableRandom random = new SplittableRandom(bytes);
        String model = "\"model\":\"gpt-5.2-codex\"";
        StringBuilder body = new StringBuilder("{").append(isModelLast ? "" : model + ',').append("\"instructions\":\"")
                .append(prose(bytes / 6, random)).append("\",\"tools\":[");
        for (int i = 0; i < Math.min(12, bytes / 4000); i++) {
            body.append(i == 0 ? "" : ",").append("{\"type\":\"function\",\"name\":\"").append(NAMES[i])
                    .append("\",\"description\":\"").append(prose(200, random)).append("\",\"strict\":false,"
                    + "\"parameters\":{\"type\":\"object\",\"properties\":{\"command\":{\"type\":\"array\",\"items\":{"
                    + "\"type\":\"string\"},\"description\":\"The command to run.\"},\"workdir\":{\"type\":\"string\"},"
                    + "\"timeout_ms\":{\"type\":\"number\"}},\"required\":[\"command\"],"
                    + "\"additionalProperties\":false}}");
        }
        body.append("],\"tool_choice\":\"auto\",\"parallel_tool_calls\":false,\"reasoning\":{\"effort\":\"medium\","
                + "\"summary\":\"auto\"},\"store\":false,\"stream\":true,\"include\":[\"reasoning.encrypted_content\"],"
                + "\"prompt_cache_key\":\"019a7c3e-58b1-7d20-9c41-6f0e2a9b7c45\",\"input\":[{\"type\":\"message\","
                + "\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"")
                .append(prose(300, random)).append("\"}]}");
        for (int i = 0; body.length() < bytes; i++) {
            String call = "\"call_id\":\"call_" + letters(i, 24) + '"';
            body.append(",{\"type\":\"reasoning\",\"summary\":[],\"content\":null,\"encrypted_content\":\"")
                    .append(base64(Math.min(1200, bytes / 20), random))
                    .append("\"},{\"type\":\"function_call\",\"name\":\"").append(NAMES[i % 12])
                    .append("\",\"arguments\":\"{\\\"command\\\":[\\\"bash\\\",\\\"-lc\\\",\\\"rg -n '")
                    .append(NAMES[random.nextInt(NAMES.length)])
                    .append("' src | head -40\\\"],\\\"workdir\\\":\\\".\\\"}\",").append(call)
                    .append("},{\"type\":\"function_call_output\",").append(call).append(",\"output\":\"")
                    .append(code(Math.min(4000, bytes / 8), random.nextInt())).append("\"}");
        }
        return body.append(isModelLast ? "]," + model + '}' : "]}").toString();
    }

    /** Returns about {@code bytes} bytes of source code and tool output, escaped for use inside a JSON string. */
    public static String code(int bytes, int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        StringBuilder text = new StringBuilder();
        while (text.length() < bytes * 14 / 15) { // escaping adds the rest
            text.append(String.format(LINES[random.nextInt(LINES.length)], name(random), name(random), name(random),
                    random.nextInt(5000)));
        }
        return escaped(text);
    }

    private static String name(SplittableRandom random) {
        return NAMES[random.nextInt(NAMES.length)];
    }

    private static String prose(int bytes, SplittableRandom random) {
        StringBuilder text = new StringBuilder();
        while (text.length() < bytes) {
            text.append(WORDS[random.nextInt(WORDS.length)]).append(random.nextInt(12) == 0 ? ".\n" : " ");
        }
        return escaped(text);
    }

    private static String escaped(CharSequence text) {
        return new String(JsonStringEncoder.getInstance().quoteAsString(text));
    }

    /** Returns about {@code characters} characters of base64. */
    public static String base64(int characters, SplittableRandom random) {
        byte[] bytes = new byte[characters / 4 * 3];
        random.nextBytes(bytes);
        return Base64.getEncoder().encodeToString(bytes);
    }

    private static String letters(int seed, int count) {
        StringBuilder text = new StringBuilder();
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < count; i++) {
            text.append("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789".charAt(random.nextInt(62)));
        }
        return text.toString();
    }

    private static String state(String type, int number, String status, String usage) {
        return event(type, "\"sequence_number\":" + number + ",\"response\":{\"id\":"
                + "\"resp_0e6c9a51b2f84d7c006916f3a6b5c08191c2d3e4f506172839\",\"object\":\"response\",\"created_at\":"
                + "1763111846,\"status\":\"" + status + "\",\"background\":false,\"error\":null,"
                + "\"incomplete_details\":null,\"instructions\":\"" + prose(3000, new SplittableRandom(1))
                + "\",\"max_output_tokens\":null,"
                + "\"max_tool_calls\":null,\"model\":\"gpt-5.2-codex\",\"output\":[],\"parallel_tool_calls\":false,"
                + "\"previous_response_id\":null,\"prompt_cache_key\":\"019a7c3e-58b1-7d20-9c41-6f0e2a9b7c45\","
                + "\"reasoning\":{\"effort\":\"medium\",\"summary\":\"detailed\"},\"safety_identifier\":null,"
                + "\"service_tier\":\"auto\",\"store\":false,\"temperature\":1.0,\"text\":{\"format\":{"
                + "\"type\":\"text\"},\"verbosity\":\"medium\"},\"tool_choice\":\"auto\",\"tools\":[],"
                + "\"top_logprobs\":0,\"top_p\":1.0,"
                + "\"truncation\":\"disabled\",\"usage\":" + usage + ",\"user\":null,\"metadata\":{}}");
    }

    private static String event(String type, String members) {
        return "event: " + type + "\ndata: {\"type\":\"" + type + "\"," + members + "}\n\n";
    }
}
