// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static dev.sluice.engine.ScriptedUpstream.chunk;
import static dev.sluice.engine.ScriptedUpstream.eventStreamHead;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.RouteConfig.DownstreamLeave;
import dev.sluice.engine.spi.UsageRecord;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** P4: a downstream that leaves cancels or drains the upstream. Leaving after a terminal event is normal. */
@ParameterizedClass
@EnumSource(names = {"EPOLL", "IO_URING", "NIO"})
class DownstreamLeaveIT extends RelayFixture {
    private final CountDownLatch upstreamSawClose = new CountDownLatch(1);

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldCloseTheUpstreamWhenTheDownstreamLeaves(boolean isReset) throws Exception {
        launch();
        upstream.then(peer -> {
            peer.readMessage();
            peer.write(eventStreamHead() + chunk(CREATED));
            assertTrue(peer.awaitClose());
            upstreamSawClose.countDown();
        });

        RawPeer client = connect();
        client.write(post(BODY)).readUntil("\n\n");
        if (isReset) {
            client.reset();
        } else {
            client.close();
        }

        assertTrue(upstreamSawClose.await(20, TimeUnit.SECONDS));
        assertFalse(takeUsage().isComplete());
    }

    @Test
    void shouldCloseTheUpstreamWhenTheDownstreamLeavesBeforeTheHead() throws Exception {
        launch();
        CountDownLatch requestArrived = new CountDownLatch(1);
        upstream.then(peer -> {
            peer.readMessage();
            requestArrived.countDown();
            assertTrue(peer.awaitClose());
            upstreamSawClose.countDown();
        });

        RawPeer client = connect();
        client.write(post(BODY));
        assertTrue(requestArrived.await(20, TimeUnit.SECONDS));
        client.close();

        assertTrue(upstreamSawClose.await(20, TimeUnit.SECONDS));
    }

    @Test
    void shouldDrainForTheUsageWhereTheRouteAsksForIt() throws Exception {
        launch(route -> route.withDownstreamLeave(DownstreamLeave.DRAIN), builder -> builder);
        CountDownLatch left = new CountDownLatch(1);
        upstream.then(peer -> {
            peer.readMessage();
            peer.write(eventStreamHead() + chunk(CREATED));
            assertTrue(left.await(20, TimeUnit.SECONDS));
            for (int i = 0; i < 50; i++) {
                peer.write(chunk(DELTA));
            }
            peer.write(chunk(COMPLETED) + "0\r\n\r\n");
            peer.awaitClose();
        });

        RawPeer client = connect();
        client.write(post(BODY)).readUntil("\n\n");
        client.close();
        left.countDown();

        UsageRecord record = takeUsage();
        assertEquals(8, record.usage().totalTokens());
        assertTrue(record.isComplete());
    }

    /** Codex closes as soon as it has parsed the terminal event. The upstream connection returns to the pool. */
    @Test
    void shouldReuseTheUpstreamWhenTheDownstreamLeavesAfterATerminalEvent() throws Exception {
        launch();
        CountDownLatch left = new CountDownLatch(1);
        upstream.then(peer -> {
            peer.readMessage();
            peer.write(eventStreamHead() + chunk(CREATED) + chunk(COMPLETED));
            assertTrue(left.await(20, TimeUnit.SECONDS));
            peer.write("0\r\n\r\n");
            peer.readMessage();
            peer.write(eventStreamHead() + chunk(CREATED + COMPLETED) + "0\r\n\r\n");
            peer.awaitClose();
        });

        RawPeer client = connect();
        client.write(post(BODY)).readUntil("\"total_tokens\":8}}}\n\n");
        client.close();
        assertTrue(takeUsage().isComplete());
        left.countDown();

        assertNotNull(secondAnswer());
    }

    private String secondAnswer() throws Exception {
        // The connection returns to the pool shortly after the last chunk. An earlier request would open a second one.
        Await.until("the connection is idle", () -> relay.core().idleUpstreamConnections() == 1);
        try (RawPeer second = connect()) {
            String text = second.write(post(BODY)).readMessage().text();
            assertEquals(1, upstream.connections());
            return text;
        }
    }
}
