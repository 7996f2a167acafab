// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** P13: request bodies in the shapes and field order of real clients. Nothing of a body is lost. */
class ClientShapesIT extends RelayFixture {
    private static final String PAD = "The quick brown fox jumps over the lazy dog.\\n".repeat(2500);
    private static final String TOOLS = """
            [{"type":"function","name":"shell","strict":false,"parameters":{"type":"object","properties":{
            "command":{"type":"array","items":{"type":"string"}}}}},
            {"type":"namespace","name":"mcp","tools":[{"type":"web_search_preview"}]},
            {"type":"web_search_preview","external_web_access":true}]""";
    private static final String MESSAGE = """
            {"type":"message","role":"user","content":[{"type":"input_text","text":"PAD"}]}""";

    private final BlockingQueue<String> requests = new LinkedBlockingQueue<>();

    private static String shape(String client) {
        String shape = switch (client) {
            case "codex" -> """
                    {"model":"gpt-5.5","stream":true,"input":[MESSAGE,
                    {"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"gAAA"},
                    {"type":"function_call","name":"shell","arguments":"{}","call_id":"c"},
                    {"type":"function_call_output","call_id":"c","output":"ok"}],"instructions":"PAD","tools":TOOLS,
                    "tool_choice":"auto","parallel_tool_calls":false,"reasoning":{"effort":"high"},"store":false,
                    "include":["reasoning.encrypted_content"],"prompt_cache_key":"k","text":{"verbosity":"low"},
                    "client_metadata":{"x":"y"}}""";
            case "codex-lite" -> """
                    {"model":"gpt-5.6-sol","stream":true,"input":[
                    {"type":"additional_tools","role":"developer","tools":TOOLS},
                    {"type":"message","role":"developer","content":[{"type":"input_text","text":"D"}]},MESSAGE],
                    "instructions":"","store":false,"include":[],"internal_chat_message_metadata_passthrough":{}}""";
            case "openai-java" -> """
                    {"include":[],"input":[{"content":"PAD","role":"user"},
                    {"content":[{"text":"t","type":"output_text"}],"role":"assistant","type":"message"}],
                    "instructions":"I","model":"gpt-5.2","store":false,"stream":true,"tools":TOOLS}""";
            case "openai-node" -> """
                    {"model":"gpt-5.2","input":[{"role":"user","content":"PAD"}],"instructions":"I","include":[],
                    "store":false,"tools":TOOLS,"stream":true}""";
            default -> """
                    {"model":"gpt-5.2","input":[{"role":"user","content":[{"type":"input_text","text":"PAD"},
                    {"type":"input_image","image_url":"data:image/png;base64,AAAA"}]}],"store":false,
                    "instructions":"","include":[],"tools":TOOLS,"tool_choice":"auto","stream":true}""";
        };
        return shape.replace("MESSAGE", MESSAGE).replace("TOOLS", TOOLS).replace("PAD", PAD);
    }

    @ParameterizedTest
    @CsvSource({"codex,openai", "codex,codex-lb", "codex,codex-lb-lenient", "codex-lite,openai", "codex-lite,codex-lb",
        "codex-lite,codex-lb-lenient", "openai-java,openai", "openai-java,codex-lb", "openai-java,codex-lb-lenient",
        "openai-node,openai", "openai-node,codex-lb", "ai-sdk,openai", "ai-sdk,codex-lb", "ai-sdk,codex-lb-lenient"})
    void shouldPassTheShapesOfRealClients(String client, String profile) throws Exception {
        launch(route -> route.withProfile(profile), builder -> builder);
        upstream.always(peer -> {
            while (true) {
                requests.add(peer.readMessage().text());
                peer.write(ScriptedUpstream.eventStreamHead() + ScriptedUpstream.chunk(CREATED + COMPLETED)
                        + "0\r\n\r\n");
            }
        });
        String body = shape(client);
        String expected = profile.equals("openai") ? body : body.replace("web_search_preview", "web_search");

        try (RawPeer peer = connect()) {
            RawPeer.Message answer = peer.write(post(body)).readMessage();
            assertTrue(answer.head().startsWith("HTTP/1.1 200 "), answer.head() + answer.text());
        }

        assertEquals(expected, requests.poll(20, TimeUnit.SECONDS));
    }
}
