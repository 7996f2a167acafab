// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.Relay;
import dev.sluice.engine.config.AdminConfig;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.TlsConfig;
import dev.sluice.engine.spi.Extensions;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands about the keys of a running relay. */
class KeysAtRunTimeIT {
    private static final String ALICE = "{\"label\": \"alice\", \"sha256\": \"" + "a".repeat(64) + "\"}";
    private static final String BOB = "{\"label\": \"bob\", \"sha256\": \"" + "b".repeat(64)
            + "\", \"tokens_per_minute\": 9, \"budgets\": [{\"window\": \"7d\", \"tokens\": 5}]}";

    @TempDir
    private Path folder;
    private Path keys;
    private Path token;
    private Relay relay;

    @BeforeEach
    void create() throws Exception {
        keys = Files.writeString(folder.resolve("keys.jsonl"), ALICE + '\n' + BOB + '\n');
        token = Files.writeString(folder.resolve("admin.token"), "the-token-of-the-operator\n");
    }

    @AfterEach
    void close() {
        relay.close();
    }

    private void launch(TlsConfig tls) {
        relay = Relay.launch(RelayConfig.builder().admin(new AdminConfig("127.0.0.1", 0, tls, token, List.of(), true))
                .cluster(ClusterConfig.of("a", EndpointConfig.of("http://b", null))).route(RouteConfig.of("*", "a"))
                .keyFile(keys).build(), Extensions.NONE);
    }

    private static String run(String... arguments) {
        StringWriter out = new StringWriter();
        int status = Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(out)).execute(arguments);
        return status + " " + out;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldListLimitAndRevoke(boolean isTls) throws Exception {
        String tls = "";
        if (isTls) {
            X509Bundle own = new CertificateBuilder().subject("CN=127.0.0.1").addSanIpAddress("127.0.0.1")
                    .setIsCertificateAuthority(true).buildSelfSigned();
            Path certificate = own.toTempCertChainPem().toPath();
            Path key = own.toTempPrivateKeyPem().toPath();
            launch(new TlsConfig(certificate, key));
            tls = ", tls: {certificate: " + certificate + ", key: " + key + '}';
        } else {
            launch(null);
        }
        String file = Files.writeString(folder.resolve("sluice.yaml"), """
                listeners: [{address: 127.0.0.1:0}]
                admin: {address: "127.0.0.1:%d", token_file: %s%s}
                clusters: {a: {endpoints: [{url: "http://b"}]}}
                routes: [{model: m, cluster: a}]
                key_file: %s
                """.formatted(relay.adminPort(), token, tls, keys)).toString();

        String list = run("keys", "list", "-c", file);
        assertTrue(list.matches("(?s)0 label +group +in flight +requests +tokens +budgets +expires\\R"
                + "alice +- +- +- +- +- +-\\Rbob +- +- +- +9 +5 tokens/7d +-\\R"), list);
        assertEquals("0 alice: changed requests_per_minute, budgets of 1 key" + System.lineSeparator(), run("keys",
                "limit", "alice", "-c", file, "--requests-per-minute", "600", "--budget", "day=50",
                "--budget", "month=400.5"));
        assertEquals("0 bob: changed tokens_per_minute, budgets of 1 key" + System.lineSeparator(), run("keys",
                "limit", "bob", "-c", file, "--tokens-per-minute", "0", "--no-budgets"));
        list = run("keys", "list", "-c", file);
        assertTrue(list.matches("(?s).*alice +- +- +600 +- +\\$50/day, \\$400.5/month +-\\Rbob +- +- +- +- +- +-\\R"),
                list);
        assertEquals("0 alice: 1 key revoked" + System.lineSeparator(), run("keys", "revoke", "alice", "-c", file));
        assertEquals("{\"label\":\"bob\",\"sha256\":\"" + "b".repeat(64) + "\"}", Files.readString(keys).strip());
        assertTrue(run("keys", "list", "--json", "-c", file).contains("\"source\" : \"key_file\""));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "keys revoke nobody|1 .*status 404, key nobody: unknown \\(expected: a label of the key file\\)",
        "keys limit alice|2 .*no limit is named \\(expected: at least one, such as --requests-per-minute 600\\)",
        "keys limit alice --budget day=x|2 .*cannot convert 'x' to BigDecimal.*",
        "keys limit alice --budget decade=5|1 .*status 400, .*window.*"
    })
    void shouldSayWhatIsWrong(String row) throws Exception {
        launch(null);
        String[] parts = row.split("\\|");
        String output = run((parts[0] + " --admin 127.0.0.1:" + relay.adminPort() + " --token-file " + token)
                .split(" "));

        assertTrue(output.lines().findFirst().orElseThrow().matches(parts[1]), output);
        assertEquals(ALICE + '\n' + BOB + '\n', Files.readString(keys));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " --token-file TOKEN"})
    void shouldNeedTheToken(String option) throws Exception {
        launch(null);
        Path wrong = Files.writeString(folder.resolve("wrong"), "another-token-of-another");

        String output = run(("keys list --admin 127.0.0.1:" + relay.adminPort() + option.replace("TOKEN",
                wrong.toString())).split(" "));

        assertTrue(output.contains("status 401, authorization: missing, or another token (expected: "), output);
    }
}
