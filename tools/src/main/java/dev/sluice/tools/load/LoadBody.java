// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.load;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Base64;
import java.util.Map;
import java.util.Random;

/** A request body like that of a coding agent: a transcript of tool outputs, an image, both, or a few words. */
final class LoadBody {
    private static final JsonFactory JSON = new JsonFactory();
    private static final int TURN_CHARS = 4000;
    /** Lines as in code and tool outputs: short, indented, some with quotes, some not ASCII. */
    private static final String[] LINES = {"    for (Path file : files) {\n", "        if (!seen.add(file)) {\n",
        "            throw new IllegalStateException(\"twice: \" + file);\n", "        }\n", "    }\n", "\n",
        "src/main/java/dev/example/Index.java:118:     * Returns the entries, newest first \u2013 at most 1,000.\n",
        "\t\"scripts\": {\"test\": \"node --test\", \"lint\": \"eslint .\"},\n",
        "+    private final Map<String, List<Entry>> byName = new HashMap<>();\n",
        "BUILD SUCCESS in 14.2 s, 318 tests, 0 failures, 0 errors, 2 skipped\n"};

    private LoadBody() {
    }

    /**
     * Returns a body, as JSON in UTF-8.
     *
     * @param mock            options of the mock's answer, sent as metadata
     * @param transcriptBytes approximate size of the transcript; 0 for none
     * @param imageBytes      approximate size of the image in base64; 0 for none
     */
    static byte[] of(String model, boolean stream, Map<String, String> mock, int transcriptBytes, int imageBytes)
            throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            json.writeStringField("model", model);
            json.writeBooleanField("stream", stream);
            json.writeObjectFieldStart("metadata");
            for (Map.Entry<String, String> entry : mock.entrySet()) {
                json.writeStringField(entry.getKey(), entry.getValue());
            }
            json.writeEndObject();
            if (transcriptBytes == 0 && imageBytes == 0) {
                json.writeStringField("input", "Say something.");
            } else {
                json.writeArrayFieldStart("input");
                writeTranscript(json, out, transcriptBytes);
                if (imageBytes > 0) {
                    writeImage(json, imageBytes);
                }
                json.writeEndArray();
            }
            json.writeEndObject();
        }
        return out.toByteArray();
    }

    private static void writeTranscript(JsonGenerator json, ByteArrayOutputStream out, int bytes) throws IOException {
        Random random = new Random(1); // a fixed seed, so that each run sends the same bytes
        for (int turn = 0; out.size() < bytes; turn++) {
            String id = "call_" + turn;
            json.writeStartObject();
            json.writeStringField("type", "function_call");
            json.writeStringField("name", "shell");
            json.writeStringField("arguments", "{\"command\":[\"bash\",\"-lc\",\"rg -n 'Index' src | head -40\"]}");
            json.writeStringField("call_id", id);
            json.writeEndObject();
            json.writeStartObject();
            json.writeStringField("type", "function_call_output");
            json.writeStringField("call_id", id);
            StringBuilder text = new StringBuilder();
            while (text.length() < Math.min(TURN_CHARS, bytes - out.size())) {
                text.append(LINES[random.nextInt(LINES.length)]);
            }
            json.writeStringField("output", text.toString());
            json.writeEndObject();
            json.flush();
        }
    }

    private static void writeImage(JsonGenerator json, int bytes) throws IOException {
        byte[] pixels = new byte[bytes / 4 * 3];
        new Random(1).nextBytes(pixels);
        json.writeStartObject();
        json.writeStringField("role", "user");
        json.writeArrayFieldStart("content");
        json.writeStartObject();
        json.writeStringField("type", "input_image");
        json.writeStringField("image_url", "data:image/png;base64," + Base64.getEncoder().encodeToString(pixels));
        json.writeEndObject();
        json.writeEndArray();
        json.writeEndObject();
    }
}
