// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.RelayConfig;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.json.JsonLimits;
import dev.sluice.protocol.request.Profile;
import dev.sluice.protocol.request.Profiles;
import dev.sluice.protocol.request.RequestScanner;
import dev.sluice.protocol.request.RuleCompiler;
import dev.sluice.protocol.rewrite.BodyRewriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Profiles are data: an operator's profile can do as much as a built-in one, and the documentation is generated from
 * the rules.
 */
class ProfilesTest {
    private static final String FILE = """
            listeners: [{address: '127.0.0.1:0'}]
            clusters: {up: {endpoints: [{url: 'http://localhost:1/v1'}], dialect: acme}}
            routes: [{model: '*', cluster: up, profile: acme-face}]
            profiles:
              acme:
                summary: An upstream for tests.
                answers: events
                rules:
                  - {field: service_tier, values: [default, flex]}
                  - {field: temperature, range: [0, 1]}
                  - {fields: [user, metadata], drop: true}
                  - {field: max_tokens, rename: max_output_tokens}
                  - {field: store, set: false}
                  - {field: 'tools[]*.type', is: [code_interpreter], refuse: a tool that is served here, param: tools}
                  - {field: 'input[].content[].type', where: {'input[].role': [user]}, map: {text: input_text}}
              acme-face:
                extends: codex-lb
                rules:
                  - {field: temperature, keep: true}
                  - {field: background, refuse: false or absent, is: [true]}
            """;

    private static Profile profile(String name) {
        return new ConfigLoader(variable -> null).parse("f.yaml", FILE).config().profiles().get(name);
    }

    private static String edit(Profile profile, String body) {
        BodyRewriter rewriter = new BodyRewriter();
        RequestScanner scanner = new RequestScanner(RuleCompiler.compile(profile, profile), JsonLimits.DEFAULT,
                new byte[64]);
        scanner.reset(rewriter);
        ByteBuf bytes = Unpooled.copiedBuffer(body, StandardCharsets.UTF_8);
        rewriter.append(bytes.retainedDuplicate());
        scanner.feed(bytes);
        bytes.release();
        scanner.plan(null);
        try {
            scanner.end();
            scanner.settle();
            StringBuilder out = new StringBuilder();
            rewriter.drain(rewriter.receivedBytes(), piece -> {
                out.append(piece.toString(StandardCharsets.UTF_8));
                piece.release();
            });
            return out.toString();
        } finally {
            rewriter.release();
        }
    }

    @Test
    void shouldEditByAProfileThatIsWrittenInYamlOnly() {
        assertEquals("{\"model\":\"m\",\"max_output_tokens\":5,\"store\":false,\"input\":[{\"role\":\"user\","
                + "\"content\":[{\"type\":\"input_text\",\"text\":\"x\"}]}]}",
                edit(profile("acme"), "{\"user\":\"u\",\"model\":\"m\",\"max_tokens\":5,\"store\":true,\"input\":[{"
                        + "\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"metadata\":{}}"));
        assertEquals("{\"model\":\"m\",\"max_output_tokens\":1,\"store\":false}",
                edit(profile("acme"), "{\"model\":\"m\",\"max_tokens\":5,\"max_output_tokens\":1}"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
        "acme|\"service_tier\":\"priority\"|service_tier", "acme|\"temperature\":1.5|temperature",
        "acme|\"tools\":[{\"type\":\"namespace\",\"tools\":[{\"type\":\"code_interpreter\"}]}]|tools",
        "acme-face|\"input\":[],\"background\":true|background", "acme-face|\"input\":4|input"})
    void shouldRefuseByAProfileThatIsWrittenInYamlOnly(String name, String field, String param) {
        RelayException refusal = assertThrows(RelayException.class,
                () -> edit(profile(name), "{\"model\":\"m\"," + field + '}'));

        assertEquals(param, refusal.param());
    }

    @Test
    void shouldLetAnExtendedProfileTakeRowsBack() {
        String kept = edit(profile("acme-face"),
                "{\"model\":\"m\",\"input\":[],\"temperature\":1,\"safety_identifier\":1}");

        assertTrue(kept.contains("\"temperature\":1") && !kept.contains("safety_identifier"), kept);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
        "{field: a, dorp: true}|unknown", "{field: a}|0 actions", "{field: a, drop: true, set: 1}|2 actions",
        "{field: a..b, drop: true}|a..b", "{drop: true}|field", "{field: a, drop: 1}|expected: true",
        "{field: a, kinds: [thing]}|thing", "{field: a, range: [x, 1]}|not a number",
        "{field: 'a[].b', drop: true, where: {'c[].d': [x]}}|c[].d", "{field: a.b, default: 1}|top-level",
        "{field: a, refuse: x, code: nonsense}|nonsense", "{one_of: [a, b], field: c}|names its fields"})
    void shouldCheckProfilesAtTheStart(String row, String complaint) {
        String file = FILE.substring(0, FILE.indexOf("profiles:")).replace("acme-face", "x").replace("acme", "x")
                + "profiles:\n  x:\n    rules:\n      - " + row + '\n';

        SettingException wrong = assertThrows(SettingException.class, () -> {
            RelayConfig config = new ConfigLoader(variable -> null).parse("f.yaml", file).config();
            dev.sluice.engine.Relay.check(config, dev.sluice.engine.spi.Extensions.NONE);
        });

        assertTrue(wrong.getMessage().contains(complaint), wrong.getMessage());
    }

    @Test
    void shouldRefuseUnknownAndBuiltInNames() {
        for (String[] change : new String[][] {{"dialect: acme", "dialect: nobody"}, {"  acme:", "  openai:"},
            {"extends: codex-lb", "extends: nobody"}}) {
            assertThrows(SettingException.class, () -> new ConfigLoader(variable -> null).parse("f.yaml",
                    FILE.replace(change[0], change[1])), change[1]);
        }
    }

    @Test
    void shouldDescribeEveryRow() {
        Profiles.builtIn().values().forEach(profile -> profile.rules().forEach(rule ->
                assertTrue(ProfileText.isDescribed(rule), rule.toString())));
    }

    /** The sections in the documentation are the output of {@code sluice profiles}. */
    @Test
    void shouldBeInTheDocumentation() throws IOException {
        String page = Files.readString(Path.of("..", "docs", "profiles.md"));

        String sections = ProfileText.sections(Profiles.builtIn().values(), Profiles.builtIn());

        assertTrue(page.endsWith(sections), () -> "docs/profiles.md: other text (expected: that of 'sluice profiles')"
                + "\n" + sections);
    }

    /** A new provider needs a new table only, because no code refers to a provider by name. */
    @Test
    void shouldBeNamedInNoCode() throws IOException {
        for (String module : new String[] {"protocol", "engine", "tools"}) {
            try (Stream<Path> files = Files.walk(Path.of("..", module, "src", "main", "java"))) {
                for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
                    String code = Files.readString(file);
                    for (String name : Profiles.builtIn().keySet()) {
                        assertTrue(!code.contains('"' + name + '"'), () -> file + " names " + name);
                    }
                }
            }
        }
    }
}
