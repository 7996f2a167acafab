// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.event;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.sluice.protocol.Cuts;
import dev.sluice.protocol.framing.BodyRuns;
import io.netty.buffer.ByteBuf;
import org.junit.jupiter.api.Test;

class DocumentObserverTest {
    private static DocumentObserver observe(String document, int chunkBytes) {
        DocumentObserver observer = new DocumentObserver();
        BodyRuns runs = new BodyRuns();
        for (byte[] chunk : Cuts.even(document.getBytes(UTF_8), chunkBytes)) {
            ByteBuf buffer = Cuts.buffer(chunk);
            runs.clear();
            runs.add(buffer.readerIndex(), buffer.writerIndex());
            observer.observe(buffer, runs, new byte[64]);
            buffer.release();
        }
        return observer;
    }

    @Test
    void shouldFindUsageIdAndStatus() {
        String document = "{\"id\":\"resp_1\",\"status\":\"completed\",\"model\":\"gpt-5.2-2026\","
                + "\"service_tier\":\"priority\",\"output\":[{\"id\":\"x\"}],"
                + "\"usage\":{\"input_tokens\":1,\"output_tokens\":2}}";
        for (int chunkBytes : Cuts.chunkBytes()) {
            DocumentObserver observer = observe(document, chunkBytes);

            assertEquals("resp_1", observer.responseId());
            assertEquals("completed", observer.responseStatus());
            assertEquals("gpt-5.2-2026", observer.responseModel());
            assertEquals("priority", observer.serviceTier());
            assertEquals(new Usage(1, 0, 2, 0, 3, false), observer.usage());
        }
        assertEquals(new Usage(1, 0, 2, 0, 3, true), observe(document.substring(0, document.length() - 1), 5).usage());
    }

    @Test
    void shouldFindAnErrorsCode() {
        assertEquals("bad", observe("{\"error\":{\"code\":\"bad\"}}", 3).errorCode());
    }

    @Test
    void shouldGiveUpOnWhatIsNotJson() {
        DocumentObserver observer = observe("<html>{\"id\":\"x\"}", 4);

        assertNull(observer.responseId());
        assertNull(observer.usage());
    }
}
