// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.UsageLimits;
import dev.sluice.engine.spi.EndpointRest;
import dev.sluice.engine.spi.LedgerAccount;
import dev.sluice.engine.spi.LedgerUse;
import dev.sluice.engine.spi.PlannedRequest;
import dev.sluice.engine.spi.Principal;
import dev.sluice.engine.spi.QuotaRefusal;
import dev.sluice.engine.spi.RequestQuota;
import dev.sluice.engine.spi.Settlement;
import dev.sluice.protocol.event.Usage;
import dev.sluice.redis.RedisServers.Mode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Relays that share a real server. */
class RedisStateIT {
    private static final RouteConfig ROUTE = RouteConfig.of("gpt-*", "up");
    private static final int LIMIT = 60;

    @TempDir
    private Path folder;
    private RedisServers servers;
    private final List<RedisState> relays = new ArrayList<>();

    private void start(Mode mode, int count, StoreLossPolicy onLoss) throws Exception {
        servers = RedisServers.start(mode, folder);
        for (int i = 0; i < count; i++) {
            relays.add(RedisState.open(settings(onLoss)));
        }
        RedisServers.await("all relays to know each other", () -> relays.stream().allMatch(each -> each.relays()
                == count));
    }

    /** A test machine may be slow, so a command gets more than the usual 20 ms. */
    private RedisSettings settings(StoreLossPolicy onLoss) {
        return new RedisSettings(servers.url(), servers.isCluster(), null, null, onLoss, Duration.ofMillis(500),
                "test:");
    }

    @AfterEach
    void stop() throws Exception {
        try {
            if (servers != null) {
                servers.freeze(false);
            }
            relays.forEach(RedisState::close);
        } finally {
            if (servers != null) {
                servers.stop();
            }
        }
    }

    /** The answer to one question. */
    private record Answered(RequestQuota.Permit permit, QuotaRefusal refusal) {
    }

    private static Answered ask(Consumer<RequestQuota.Answer> question) throws Exception {
        CompletableFuture<Answered> answered = new CompletableFuture<>();
        question.accept(new RequestQuota.Answer() {
            @Override
            public void grant(RequestQuota.Permit permit) {
                answered.complete(new Answered(permit, null));
            }

            @Override
            public void refuse(QuotaRefusal refusal) {
                answered.complete(new Answered(null, refusal));
            }

            @Override
            public void lose() {
                answered.complete(new Answered(null, null));
            }
        });
        return answered.get(30, TimeUnit.SECONDS);
    }

    private Answered ask(int relay, Principal caller) throws Exception {
        return ask(answer -> relays.get(relay).quota().admit(caller, answer));
    }

    private Answered plan(int relay, Principal caller, RouteConfig route, long tokens) throws Exception {
        PlannedRequest planned = new PlannedRequest(caller, route, "gpt-5", "gpt-5", tokens);
        return ask(answer -> relays.get(relay).quota().admit(planned, answer));
    }

    private static Principal caller(String name, int inFlight, int requests, long tokens) {
        return Principal.of(name).withLimits(new UsageLimits(inFlight, requests, tokens));
    }

    /** Returns how many of a number of requests in a row are admitted, by the relays in turn. */
    private int admitted(Principal caller, int count) throws Exception {
        int admitted = 0;
        for (int i = 0; i < count; i++) {
            Answered answered = ask(i % relays.size(), caller);
            if (answered.permit != null) {
                admitted++;
                answered.permit.settle(new Settlement("gpt-5", null, null));
            }
        }
        return admitted;
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void shouldShareARate(Mode mode) throws Exception {
        start(mode, 3, StoreLossPolicy.LOCAL);
        long begunNanos = System.nanoTime();
        int admitted = admitted(caller("alice", 0, LIMIT, 0), 100);
        long back = 1 + TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begunNanos) * LIMIT / 60;

        assertTrue(admitted >= Math.min(100, LIMIT) && admitted <= LIMIT + back, "admitted: " + admitted);
        Answered refused = ask(1, caller("alice", 0, LIMIT, 0));
        if (refused.refusal != null) {
            assertEquals("This API key may make 60 requests a minute", refused.refusal.reason());
            assertEquals(0, refused.refusal.status().requests().remaining());
            assertTrue(refused.refusal.retryAfter().compareTo(Duration.ofSeconds(1)) <= 0);
        }
        assertTrue(ask(1, caller("bob", 0, LIMIT, 0)).permit != null, "another caller has limits of its own");
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void shouldReserveTokensAndCorrectThem(Mode mode) throws Exception {
        start(mode, 2, StoreLossPolicy.LOCAL);
        Principal caller = caller("alice", 0, 0, 60);
        RequestQuota.Permit first = plan(0, caller, ROUTE, 6000).permit; // a hundred minutes
        assertEquals("This API key may use 60 tokens a minute", plan(1, caller, ROUTE, 1).refusal.reason());
        first.settle(new Settlement("gpt-5", null, new Usage(10, 0, 10, 0, 20, false)));

        CompletableFuture<Long> remaining = new CompletableFuture<>();
        RedisServers.await("the correction", () -> {
            Answered answered = plan(1, caller, ROUTE, 1);
            if (answered.permit != null) {
                remaining.complete(answered.permit.status().tokens().remaining());
                answered.permit.release();
            }
            return remaining.isDone();
        });
        assertTrue(remaining.get() >= 39 && remaining.get() <= 60, "remaining: " + remaining.get());
    }

    /** What the group refuses does not count for the key, although their keys may be on two servers. */
    @ParameterizedTest
    @EnumSource(Mode.class)
    void shouldCountForAllOrForNone(Mode mode) throws Exception {
        start(mode, 2, StoreLossPolicy.LOCAL);
        Principal alice = caller("alice", 0, 2, 0).withGroup("team", new UsageLimits(0, 1, 0));
        assertTrue(ask(0, alice).permit != null);
        for (int i = 0; i < 5; i++) {
            assertEquals("The group team may make 1 requests a minute", ask(i % 2, alice).refusal.reason());
        }
        assertTrue(ask(1, caller("alice", 0, 2, 0)).permit != null, "what was given back");
        RouteConfig route = ROUTE.toBuilder().limits(new UsageLimits(0, 1, 0)).build();
        assertTrue(plan(0, Principal.of("carol"), route, 1).permit != null);
        assertEquals("The route gpt-* may make 1 requests a minute", plan(1, Principal.of("dave"), route, 1).refusal
                .reason());
    }

    /** What is in flight is counted by each relay against its share. */
    @Test
    void shouldDivideWhatMayBeInFlight() throws Exception {
        start(Mode.SINGLE, 2, StoreLossPolicy.LOCAL);
        Principal caller = caller("alice", 4, 0, 0);
        List<RequestQuota.Permit> permits = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            permits.add(ask(0, caller).permit);
        }
        assertEquals("This API key has 2 requests in flight, which is its limit", ask(0, caller).refusal.reason());
        assertTrue(ask(1, caller).permit != null);
        permits.get(0).release();
        assertTrue(ask(0, caller).permit != null);
    }

    @ParameterizedTest
    @EnumSource(StoreLossPolicy.class)
    void shouldGoOnAsConfiguredWhileTheServerIsFrozen(StoreLossPolicy onLoss) throws Exception {
        start(Mode.SINGLE, 3, onLoss);
        Principal caller = caller("alice", 0, LIMIT, 0);
        servers.freeze(true);
        for (int i = 0; i < Breaker.MAX_FAILURES + 1; i++) {
            for (int relay = 0; relay < 3; relay++) {
                ask(relay, caller("other-" + i, 0, LIMIT, 0));
            }
        }
        assertTrue(relays.stream().noneMatch(RedisState::isAnswering), "the breakers are open");

        int admitted = admitted(caller, 100);

        switch (onLoss) {
            case OPEN -> assertEquals(100, admitted);
            case CLOSED -> assertEquals(0, admitted);
            default -> assertTrue(admitted >= LIMIT && admitted <= LIMIT + 10, "three shares of a third: " + admitted);
        }
        servers.freeze(false);
        RedisServers.await("the server to be asked again", () -> relays.stream().allMatch(RedisState::isAnswering));
        assertTrue(admitted(caller("bob", 0, LIMIT, 0), 100) <= LIMIT + 10);
    }

    /** Each relay's share is one of what was left, not of the limit. */
    @Test
    void shouldGoOnWithWhatWasLeft() throws Exception {
        start(Mode.SINGLE, 2, StoreLossPolicy.LOCAL);
        Principal caller = caller("alice", 0, LIMIT, 0);
        long begunNanos = System.nanoTime();
        assertEquals(50, admitted(caller, 50));
        RequestQuota.Permit tokens = plan(0, caller("bob", 0, 0, 60), ROUTE, 600).permit; // ten minutes
        servers.freeze(true);
        assertEquals("This API key may use 30 tokens a minute", plan(0, caller("bob", 0, 0, 60), ROUTE, 1).refusal
                .reason());
        tokens.settle(new Settlement("gpt-5", null, new Usage(1, 0, 1, 0, 2, false)));
        assertTrue(plan(0, caller("bob", 0, 0, 60), ROUTE, 1).permit != null, "a correction counts here, too");

        int admitted = admitted(caller, 60);

        long back = 2 + TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begunNanos) * LIMIT / 60;
        assertTrue(admitted >= 8 && admitted <= 10 + back, "admitted: " + admitted);
        servers.freeze(false);
        RedisServers.await("the server to be asked again", () -> relays.stream().allMatch(RedisState::isAnswering));
        ask(0, caller); // with which the debts are paid
        ask(1, caller);
        int more = admitted(caller, 60);
        back = 2 + TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begunNanos) * LIMIT / 60;
        assertTrue(50 + admitted + more <= LIMIT + back, "admitted afterwards: " + more);
    }

    @Test
    void shouldGoOnAfterTheServerWasRestartedEmpty() throws Exception {
        start(Mode.SINGLE, 2, StoreLossPolicy.LOCAL);
        assertTrue(admitted(caller("alice", 0, LIMIT, 0), 10) == 10);
        servers.kill();
        assertTrue(ask(0, caller("alice", 0, LIMIT, 0)).permit != null);
        servers.restartEmpty();
        RedisServers.await("the relays to be back", () -> relays.stream().allMatch(each -> each.isAnswering()
                && each.relays() == 2) && servers.ask("zcard", "test:relays").strip().equals("2"));

        int admitted = admitted(caller("alice", 0, LIMIT, 0), 100); // the scripts are sent again

        // One less, if what was admitted meanwhile is counted.
        assertTrue(admitted >= LIMIT - 1 && admitted <= LIMIT + 10, "admitted: " + admitted);
    }

    @Test
    void shouldGoOnAfterAFailover() throws Exception {
        start(Mode.SENTINEL, 2, StoreLossPolicy.LOCAL);
        relays.get(0).owners().put("rAAAAAAAAAAAAAAAAAAAAAA", "up|http://a", Duration.ofHours(1));
        RedisServers.await("the owner", () -> "up|http://a".equals(owner(1, "rAAAAAAAAAAAAAAAAAAAAAA")));
        servers.kill(); // the master

        RedisServers.await("the replica to take over", () -> {
            Answered answered = ask(0, caller("x" + System.nanoTime(), 0, 1, 0));
            return answered.permit != null && relays.get(0).isAnswering() && relays.get(1).isAnswering();
        });
        relays.get(1).owners().put("rBBBBBBBBBBBBBBBBBBBBBB", "up|http://b", Duration.ofHours(1));
        RedisServers.await("an owner on the new master", () -> "up|http://b".equals(owner(0,
                "rBBBBBBBBBBBBBBBBBBBBBB")));
    }

    private String owner(int relay, String key) throws Exception {
        CompletableFuture<String> found = new CompletableFuture<>();
        relays.get(relay).owners().find(List.of("sMISSINGxxxxxxxxxxxxxxx", key), owners -> found.complete(
                owners.get(1)));
        return found.get(30, TimeUnit.SECONDS);
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void shouldFindOwnersThatAnotherRelayHasLearned(Mode mode) throws Exception {
        start(mode, 2, StoreLossPolicy.LOCAL);
        for (int i = 0; i < 20; i++) {
            String key = "r" + i + "AAAAAAAAAAAAAAAAAAAAAA".substring(Integer.toString(i).length());
            assertNull(owner(1, key));
            relays.get(0).owners().put(key, "up|http://a/" + i, Duration.ofHours(1));
            String endpoint = "up|http://a/" + i;
            assertEquals(endpoint, owner(0, key));
            RedisServers.await("the owner of " + key, () -> endpoint.equals(owner(1, key)));
        }
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void shouldSumUpWhatAllRelaysUse(Mode mode) throws Exception {
        start(mode, 2, StoreLossPolicy.LOCAL);
        Instant start = Instant.now().minusSeconds(60);
        List<LedgerAccount> accounts = List.of(
                new LedgerAccount(LedgerAccount.Kind.KEY, "alice", "day", start, start.plusSeconds(86_400)),
                new LedgerAccount(LedgerAccount.Kind.MODEL, "gpt-5", "day", start, start.plusSeconds(86_400)));
        LedgerUse use = new LedgerUse(1, 1, 3, 2, 5, 7_000_000_000L);
        for (int i = 0; i < 50; i++) {
            relays.get(i % 2).ledger().add(accounts, use);
        }
        LedgerUse all = new LedgerUse(50, 50, 150, 100, 250, 350_000_000_000L);

        RedisServers.await("all additions", () -> used(0, accounts).equals(List.of(all, all)) && used(1, accounts)
                .equals(List.of(all, all)));
        assertFalse(servers.ask("keys", "*").contains("alice"), "names are hashed");
        assertTrue(servers.ask("keys", "*").contains("test:{k"));
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void shouldPassOnWhatOtherRelaysHaveLearned(Mode mode) throws Exception {
        start(mode, 2, StoreLossPolicy.LOCAL);
        List<EndpointRest> own = new CopyOnWriteArrayList<>();
        List<EndpointRest> others = new CopyOnWriteArrayList<>();
        relays.get(0).hints().subscribe(own::add);
        Runnable unsubscription = relays.get(1).hints().subscribe(others::add);
        List<EndpointRest> rests = List.of(
                new EndpointRest("up|http://a/v1", "gpt\n5", Duration.ofMinutes(5), true),
                new EndpointRest("up|http://a/v1", "", Duration.ofMinutes(4), true),
                new EndpointRest("up|http://b/v1", null, Duration.ofMinutes(3), false));
        for (int i = 0; i < 3; i++) { // of which two are no news
            rests.forEach(relays.get(0).hints()::publish);
        }
        RedisServers.await("all rests", () -> others.size() >= 3);

        for (int i = 0; i < 3; i++) {
            EndpointRest sent = rests.get(i);
            EndpointRest got = others.get(i); // the longest first
            assertEquals(new EndpointRest(sent.endpoint(), sent.model(), got.left(), sent.isNamed()), got);
            assertTrue(got.left().compareTo(sent.left()) <= 0 && got.left().compareTo(sent.left().minusMinutes(1)) > 0,
                    got.toString());
        }
        unsubscription.run();
        relays.get(0).hints().publish(new EndpointRest("up|http://a/v1", "gpt\n5", Duration.ofMinutes(9), true));
        RedisServers.await("an extension", () -> servers.ask("zrange", "test:rests", "0", "-1").contains("http://a/v1"));
        assertEquals(3, others.size());
        assertEquals(List.of(), own, "what it has published itself");
    }

    /** With a certificate of the test's authority, as a user who may do no more than relays need. */
    @Test
    void shouldUseTlsAndAUserWithAPasswordFromAFile() throws Exception {
        servers = RedisServers.startWithTls(folder);
        Path password = Files.writeString(folder.resolve("password"), "wrong\n");
        RedisSettings settings = new RedisSettings(servers.url(), false, password, servers.caFile(),
                StoreLossPolicy.LOCAL, Duration.ofMillis(500), "test:");
        relays.add(RedisState.open(settings));
        assertFalse(relays.get(0).isAnswering());
        String refusal = assertThrows(IllegalStateException.class, () -> RedisState.probe(settings)).getMessage();
        assertTrue(refusal.startsWith("rediss://127.0.0.1:") && refusal.contains("WRONGPASS"), refusal);

        Files.writeString(password, "secret\n");

        RedisServers.await("the new password to be read", () -> relays.get(0).isAnswering());
        assertEquals(LIMIT, admitted(caller("alice", 0, LIMIT, 0), LIMIT));
        assertTrue(RedisState.probe(settings).matches("(Redis|Valkey) \\d+\\.\\S+, standalone"));
        String untrusted = assertThrows(IllegalStateException.class, () -> RedisState.probe(new RedisSettings(
                servers.url(), false, password, null, StoreLossPolicy.LOCAL, Duration.ofMillis(500), "test:")))
                .getMessage();
        assertTrue(untrusted.contains("certification path"), untrusted);
    }

    private List<LedgerUse> used(int relay, List<LedgerAccount> accounts) throws Exception {
        CompletableFuture<List<LedgerUse>> found = new CompletableFuture<>();
        relays.get(relay).ledger().find(accounts, found::complete);
        return found.get(30, TimeUnit.SECONDS);
    }

    /** What could not be added is known here, and added later. */
    @Test
    void shouldLoseNoUseWhileTheServerIsLost() throws Exception {
        start(Mode.SINGLE, 2, StoreLossPolicy.LOCAL);
        Instant start = Instant.now().minusSeconds(60);
        List<LedgerAccount> accounts = List.of(new LedgerAccount(LedgerAccount.Kind.KEY, "alice", "day", start,
                start.plusSeconds(86_400)));
        LedgerUse use = new LedgerUse(1, 0, 3, 0, 5, 7);
        relays.get(0).ledger().add(accounts, use);
        RedisServers.await("the first", () -> used(1, accounts).get(0).requests() == 1);
        servers.kill();
        for (int i = 0; i < 10; i++) {
            relays.get(0).ledger().add(accounts, use);
        }
        assertEquals(11, used(0, accounts).get(0).requests());
        servers.restartEmpty(); // which has lost the first one, too

        RedisServers.await("all that was used", () -> used(1, accounts).get(0).equals(new LedgerUse(11, 0, 33, 0, 55,
                77)));
    }

    @Test
    void shouldStartWithoutTheServer() throws Exception {
        servers = RedisServers.start(Mode.SINGLE, folder);
        servers.kill();
        relays.add(RedisState.open(settings(StoreLossPolicy.LOCAL)));
        assertFalse(relays.get(0).isAnswering());
        assertTrue(ask(0, caller("alice", 0, 1, 0)).permit != null);
        assertEquals("This API key may make 1 requests a minute", ask(0, caller("alice", 0, 1, 0)).refusal.reason());
        servers.restartEmpty();

        RedisServers.await("the first connect", () -> relays.get(0).isAnswering());
        assertTrue(ask(0, caller("bob", 0, 1, 0)).permit != null);
        assertEquals("This API key may make 1 requests a minute", ask(0, caller("alice", 0, 1, 0)).refusal.reason(),
                "what was admitted without the server is counted on it");
    }
}
