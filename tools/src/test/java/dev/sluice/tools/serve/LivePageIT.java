// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.Relay;
import dev.sluice.engine.config.AdminConfig;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.KeyConfig;
import dev.sluice.engine.config.LimitConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.UsageLimits;
import dev.sluice.engine.spi.Extensions;
import dev.sluice.tools.Browser;
import dev.sluice.tools.mock.MockOptions;
import dev.sluice.tools.mock.MockUpstream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.openqa.selenium.Keys;

/** The page of the admin listener in a real browser; its pictures are in {@code target/pages}. */
class LivePageIT {
    private static final String HOSTILE_MODEL = "<img src=x onerror=\\\"document.title='hacked'\\\">";
    /** What is beyond waits in the relay, which takes no descriptors upstream. */
    private static final int MAX_IN_FLIGHT = 100;
    private static Browser browser;

    private final List<AutoCloseable> open = new ArrayList<>();
    private final HttpClient client = HttpClient.newHttpClient();
    private Relay relay;

    @BeforeAll
    static void startBrowser() {
        browser = Browser.start();
    }

    @AfterAll
    static void stopBrowser() {
        if (browser != null) {
            browser.close();
        }
    }

    @AfterEach
    void close() throws Exception {
        browser.leave();
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
    }

    /** Starts a relay with an endpoint that answers, one that has reached a rate limit, and one that is not there. */
    private void launch(MockOptions options) {
        String main = startMock(options);
        String limited = startMock(new MockOptions().set("status", "429"));
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0).admin(new AdminConfig("127.0.0.1", 0))
                .cluster(ClusterConfig.of("main", EndpointConfig.of(main, null))
                        .toBuilder().maxInFlight(MAX_IN_FLIGHT).build())
                .cluster(ClusterConfig.of("limited", EndpointConfig.of(limited, null)))
                .cluster(ClusterConfig.of("gone", EndpointConfig.of("http://127.0.0.1:1/v1", null)))
                .route(RouteConfig.of("gpt-*", "main")).route(RouteConfig.of("limited", "limited"))
                .route(RouteConfig.of("*", "gone"))
                .key(KeyConfig.ofSecret("alice", "sk-a"))
                .key(KeyConfig.ofSecret("bob", "sk-b").withLimits(new UsageLimits(0, 10, 0)))
                .limits(LimitConfig.DEFAULT.toBuilder().maxQueued(20_000)
                        .maxQueueTime(Duration.ofMinutes(10)).build())
                .build(), Extensions.NONE);
        open.add(relay);
    }

    private String startMock(MockOptions options) {
        MockUpstream mock = new MockUpstream("127.0.0.1", 0, options, report -> { });
        open.add(mock);
        return "http://127.0.0.1:" + mock.port() + "/v1";
    }

    private CompletableFuture<HttpResponse<String>> ask(String key, String model) {
        return client.sendAsync(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + relay.port()
                + "/v1/responses")).header("authorization", "Bearer " + key).header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"model\":\"" + model + "\",\"input\":\"x\","
                        + "\"stream\":true}")).build(), HttpResponse.BodyHandlers.ofString());
    }

    private void view(int width, int height, String scheme) {
        browser.open("http://127.0.0.1:" + relay.adminPort() + "/", width, height, scheme);
        browser.await("#ready", "ready");
    }

    @ParameterizedTest
    @CsvSource({"1400, 900, light", "1400, 900, dark", "390, 800, light", "390, 800, dark"})
    void shouldShowWhatIsWrongAndWhy(int width, int height, String scheme) throws Exception {
        launch(new MockOptions());
        view(width, height, scheme);
        for (int i = 0; i < 9; i++) {
            assertEquals(200, ask("sk-b", "gpt-5.2").join().statusCode());
        }
        assertEquals(429, ask("sk-a", "limited").join().statusCode());
        for (int i = 0; i < 6; i++) {
            ask("sk-a", "o4-mini").join();
        }
        assertEquals(401, ask("sk-x", "gpt-5.2").join().statusCode());

        browser.await("#endpoints", "rate limit of limited");
        browser.await("#endpoints", "it failed too often");
        browser.await("#limits", "near its limit");
        browser.await("#refusals", "invalid_api_key");
        browser.await("#recent", "gpt-5.2");
        assertTrue(browser.text("#limits tr").startsWith("bob"), browser.text("#limits"));
        assertTrue(browser.text("#endpoints").contains("available"), browser.text("#endpoints"));
        assertTrue(browser.text("#plotText").startsWith("Half of all reads left within"), browser.text("#plotText"));
        browser.picture(scheme + '-' + width);
        browser.requireNoSidewaysScroll();
        assertEquals(List.of(), browser.complaints());
    }

    @Test
    void shouldShowARelayThatHasNothingToDo() throws Exception {
        launch(new MockOptions());
        view(1400, 900, "light");

        browser.await("#recent", "none yet");
        assertTrue(browser.text("#tiles").contains("exchanges in flight\n0"), browser.text("#tiles"));
        browser.picture("idle");
        assertEquals(List.of(), browser.complaints());
    }

    /** What a caller sends is text, whatever it looks like. */
    @Test
    void shouldShowHostileTextsAsTexts() {
        launch(new MockOptions());
        view(1400, 900, "light");

        ask("sk-a", HOSTILE_MODEL).join();

        browser.await("#recent", "<img src=x onerror=");
        assertTrue(browser.title().contains("Sluice"), browser.title());
        assertEquals(List.of(), browser.find("img"));
        assertEquals(List.of(), browser.complaints());
    }

    @Test
    void shouldFilterWithTheKeyboard() {
        launch(new MockOptions());
        view(1400, 900, "light");
        ask("sk-a", "gpt-5.2").join();
        ask("sk-a", "gpt-4o").join();
        browser.await("#recent", "gpt-4o");

        browser.type("/");
        browser.type("5.2");

        browser.await("#shown", "1 of 2");
        assertTrue(!browser.text("#recent").contains("gpt-4o"), browser.text("#recent"));
        browser.type(Keys.ESCAPE);
        browser.await("#shown", "2 of 2");
    }

    @Test
    void shouldSayThatTheRelayIsGone() {
        launch(new MockOptions());
        view(1400, 900, "light");

        relay.close();

        browser.await("body.lost #lost", "No news from the relay since");
    }

    /** Nothing on the page moves when snapshots arrive, and it stays quick with many exchanges. */
    @Test
    void shouldStandStillWithTenThousandExchangesInFlight() throws Exception {
        launch(new MockOptions().set("head_delay_ms", "600000"));
        view(1400, 900, "light");
        try (ManyRequests requests = ManyRequests.send(relay.port(), "sk-a", 10_000)) {
            browser.await("#tiles", "exchanges in flight\n10,000");
            assertEquals(10_000, requests.count());
            browser.await("#tiles", "9,900 waiting");
            Object before = browser.run("return JSON.stringify([...document.querySelectorAll('section')].map("
                    + "each => [each.offsetTop, each.offsetHeight]))");
            String about = browser.text("#about");
            long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
            while (browser.text("#about").equals(about) && System.nanoTime() - deadline < 0) {
                Thread.onSpinWait();
            }
            assertEquals(before, browser.run("return JSON.stringify([...document.querySelectorAll('section')]"
                    + ".map(each => [each.offsetTop, each.offsetHeight]))"));
            browser.picture("ten-thousand");
            assertEquals(List.of(), browser.complaints());
        }
    }
}
