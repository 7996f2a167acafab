// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.affinity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.affinity.AffinityIds.Kind;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class AffinityTableTest {
    private final AtomicLong now = new AtomicLong();
    private final AffinityTable table = new AffinityTable(1600, now::get);

    private String find(String key) {
        AtomicReference<List<String>> found = new AtomicReference<>();
        table.find(List.of(key), found::set);
        return found.get().get(0);
    }

    @Test
    void shouldForgetWhatIsNotUsedForItsTime() {
        table.put("k", "e", Duration.ofSeconds(10));
        now.addAndGet(Duration.ofSeconds(9).toNanos());
        assertEquals("e", find("k"));
        now.addAndGet(Duration.ofSeconds(9).toNanos());
        assertEquals("e", find("k")); // kept alive by the previous look-up
        now.addAndGet(Duration.ofSeconds(11).toNanos());
        assertNull(find("k"));
        assertEquals(0, table.size());
    }

    @Test
    void shouldStayWithinItsBound() {
        table.put("r-kept", "e", Duration.ofHours(1));
        for (int i = 0; i < 100_000; i++) {
            table.put("k" + i, "e", Duration.ofHours(1));
            assertEquals("e", find("r-kept"));
        }
        assertTrue(table.size() <= 1601, "size " + table.size());
        assertEquals("e", find("k99999"));
        assertNull(find("k0"));
    }

    @Test
    void shouldTellCallersAndKindsApart() {
        String key = new AffinityIds("alice").keyOf(Kind.RESPONSE, "resp_1");

        assertEquals(23, key.length());
        assertEquals(key, new AffinityIds("alice").keyOf(Kind.RESPONSE, "resp_1"));
        assertNotEquals(key, new AffinityIds("bob").keyOf(Kind.RESPONSE, "resp_1"));
        assertNotEquals(key, new AffinityIds("alice").keyOf(Kind.SESSION, "resp_1"));
    }

    /** A caller that makes up sessions evicts no responses, and a lower bound applies at once. */
    @Test
    void shouldKeepWhatOnlyItsOwnerKnows() {
        table.put("r-response", "e", Duration.ofHours(1));
        for (int i = 0; i < 10_000; i++) {
            table.put("s" + i, "e", Duration.ofHours(1));
        }
        assertEquals("e", find("r-response"));
        table.setMaxEntries(160);
        assertTrue(table.size() <= 161, "size " + table.size());
    }
}
