// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.engine.Relay;
import dev.sluice.engine.config.AdminConfig;
import dev.sluice.engine.config.BudgetConfig;
import dev.sluice.engine.config.BudgetWindow;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.KeyConfig;
import dev.sluice.engine.config.PriceConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.UsageLimits;
import dev.sluice.tools.mock.RelayProbe;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What was used, through a relay with budgets: 32 output tokens and 12 input tokens a request. */
class UsageCommandIT {
    @TempDir
    private Path folder;
    private final RelayProbe probe = new RelayProbe();
    private Relay relay;

    @BeforeEach
    void launch() {
        UsageLimits limits = UsageLimits.NONE.withBudgets(new BudgetConfig(BudgetWindow.DAY, 0, 120));
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0).admin(new AdminConfig("127.0.0.1", 0))
                .cluster(ClusterConfig.of("up", EndpointConfig.of(probe.url(), null)))
                .route(RouteConfig.of("gpt-*", "up")).key(KeyConfig.ofSecret("alice", "sk-a").withLimits(limits))
                .key(KeyConfig.ofSecret("bob", "sk-b"))
                .price(new PriceConfig("gpt-5*", null, new BigDecimal("1.25"), BigDecimal.ZERO, BigDecimal.TEN))
                .build());
    }

    @AfterEach
    void stop() {
        relay.close();
        probe.close();
    }

    private String run(String... arguments) {
        StringWriter out = new StringWriter();
        CommandLine command = new CommandLine(new UsageCommand()).setOut(new PrintWriter(out))
                .setErr(new PrintWriter(out)).setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler((failure, line, parsed) -> {
                    out.write(failure.getMessage());
                    return 1;
                });
        int status = command.execute(arguments);
        return status + " " + out;
    }

    @Test
    void shouldPrintWhatWasUsedUntilTheBudgetIsSpent() throws Exception {
        int input = 0;
        for (int i = 0; i < 3; i++) {
            HttpResponse<byte[]> answer = probe.ask(relay.port(), "sk-a");
            assertEquals(200, answer.statusCode());
            input = new ObjectMapper().readTree(lastEvent(answer)).at("/response/usage/input_tokens").asInt();
        }
        HttpResponse<byte[]> refused = probe.ask(relay.port(), "sk-a");
        assertEquals(429, refused.statusCode());
        String text = new String(refused.body());
        assertTrue(text.contains("\"insufficient_quota\"") && text.contains("This API key has used "
                + 3 * (input + 32) + " of 120 tokens of its budget for the day"), text);
        assertTrue(Long.parseLong(refused.headers().firstValue("retry-after").orElseThrow()) <= 86_400);
        probe.requireEveryByte(relay.port(), "sk-b");
        String admin = "127.0.0.1:" + relay.adminPort();

        String keys = run("--admin", admin);
        JsonNode models = new ObjectMapper().readTree(run("--admin", admin, "--by", "model", "--window", "month",
                "--json").substring(2));

        BigDecimal one = new BigDecimal(Math.round(1.25 * input) + 320).movePointLeft(6);
        assertTrue(keys.matches("(?s)0 day, .*\nalice +3 +0 +" + 3 * input + " +0 +96 +" + one.multiply(
                BigDecimal.valueOf(3)) + "\\R.*"), keys);
        assertTrue(keys.matches("(?s).*\nbob +1 .*\n\\(all\\) +4 .*"), keys);
        assertEquals(1, models.size());
        assertEquals("gpt-5.2", models.get(0).path("name").asText());
        assertEquals(4, models.get(0).path("requests").asInt());
        assertTrue(run("--admin", admin, "--by", "group").startsWith("0 nothing was used by any group"));
    }

    private static String lastEvent(HttpResponse<byte[]> answer) {
        String body = new String(answer.body());
        int at = body.lastIndexOf("data: {");
        return body.substring(at + 6, body.indexOf('\n', at));
    }

    @Test
    void shouldFindTheRelayByItsConfiguration() throws Exception {
        Path file = Files.writeString(folder.resolve("sluice.yaml"), """
                listeners: [{address: 127.0.0.1:0}]
                admin: {address: 127.0.0.1:%d}
                clusters: {a: {endpoints: [{url: "http://b", api_key: "${NOT_SET_ANYWHERE}"}]}}
                routes: [{model: m, cluster: a}]
                """.formatted(relay.adminPort()));
        Path without = Files.writeString(folder.resolve("without.yaml"), Files.readString(file).replaceAll("admin.*\n",
                ""));

        assertTrue(run("-c", file.toString()).startsWith("0 nothing was used by any key in this window (day)"));
        assertTrue(run("-c", without.toString()).contains("no admin listener with a port (expected: "));
        assertTrue(run("--admin", "127.0.0.1:1").startsWith("1 127.0.0.1:1: no admin listener there"));
        assertTrue(run().startsWith("2 "));
    }
}
