// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static dev.sluice.engine.ScriptedUpstream.chunk;
import static dev.sluice.engine.ScriptedUpstream.eventStreamHead;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.LimitConfig;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** P5: memory stays bounded, no matter what a peer does. */
@ParameterizedClass
@EnumSource(names = {"EPOLL", "IO_URING", "NIO"})
class BackPressureIT extends RelayFixture {
    private static final int EVENTS = 400_000;

    /** A downstream that does not read stops the upstream. Once it reads again, it receives every byte. */
    @Test
    void shouldStopReadingTheUpstreamWhenTheDownstreamDoesNotRead() throws Exception {
        launch();
        String block = DELTA.repeat(64);
        AtomicLong offered = new AtomicLong();
        upstream.then(peer -> {
            peer.readMessage();
            peer.socket().setSendBufferSize(64 * 1024);
            peer.write(eventStreamHead() + chunk(CREATED));
            byte[] bytes = chunk(block).getBytes("ISO-8859-1");
            for (int i = 0; i < EVENTS / 64; i++) {
                peer.write(bytes);
                offered.addAndGet(bytes.length);
            }
            peer.write(chunk(COMPLETED) + "0\r\n\r\n");
            peer.awaitClose();
        });

        try (RawPeer client = connect()) {
            client.socket().setReceiveBufferSize(16 * 1024);
            client.write(post(BODY)).readUntil("\n\n");
            Await.untilSteady(offered::get); // the sockets in between are full
            long directBytes = ((PooledByteBufAllocator) relay.allocator()).metric().usedDirectMemory();

            assertTrue(directBytes < 8L * 1024 * 1024, "direct memory: " + directBytes);
            assertTrue(offered.get() < (long) EVENTS * DELTA.length() / 2, "offered: " + offered);
            client.socket().setReceiveBufferSize(4 * 1024 * 1024); // with a small window this may take minutes
            // From the end of the first chunk on, the bytes on the wire are the upstream's own.
            int rest = 2 + EVENTS / 64 * chunk(block).length() + chunk(COMPLETED).length() + 5;
            byte[] received = client.readBytes(rest);
            assertEquals("\n\n\r\n0\r\n\r\n", new String(received, rest - 9, 9, ISO_8859_1));
        }
    }

    @Test
    void shouldRefuseMoreExchangesThanItMayCarry() throws Exception {
        launch(route -> route, builder -> builder.limits(LimitConfig.DEFAULT.withMaxExchanges(1)));
        CountDownLatch refused = new CountDownLatch(1);
        upstream.then(peer -> {
            peer.readMessage();
            peer.write(eventStreamHead() + chunk(CREATED));
            assertTrue(refused.await(20, TimeUnit.SECONDS));
            peer.write(chunk(COMPLETED) + "0\r\n\r\n");
            peer.awaitClose();
        });

        try (RawPeer first = connect(); RawPeer second = connect()) {
            first.write(post(BODY)).readUntil("\n\n");
            RawPeer.Message answer = second.write(post(BODY)).readMessage();
            refused.countDown();

            assertTrue(answer.head().startsWith("HTTP/1.1 429 "), answer.head());
            assertTrue(answer.head().contains("\r\nretry-after: 5\r\n"), answer.head());
            assertTrue(answer.text().contains("relay_overloaded"), answer.text());
            first.readUntil("0\r\n\r\n");
        }
    }
}
