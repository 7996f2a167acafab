// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.json;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.protocol.Cuts;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonScannerTest {
    private static final WatchTable TABLE = table("model", "stream", "tools[].type", "response.usage", "tools");

    private static WatchTable table(String... paths) {
        WatchTable.Builder builder = WatchTable.builder();
        for (String path : paths) {
            builder.watch(path, 1024);
        }
        return builder.build();
    }

    private static List<String> scan(byte[] text, int chunkBytes) {
        List<String> seen = new ArrayList<>();
        JsonScanner scanner = new JsonScanner(TABLE, new JsonLimits(8, 64, 16));
        scanner.reset((watch, kind, start, end, value) -> {
            String slice = new String(text, (int) start, (int) (end - start), UTF_8);
            if (value.length() > 0) {
                assertEquals(slice, new String(value.bytes(), 0, value.length(), UTF_8));
            }
            seen.add(watch + " " + kind + " " + slice);
        });
        for (byte[] chunk : Cuts.even(text, chunkBytes)) {
            scanner.feed(chunk, 0, chunk.length);
        }
        scanner.end();
        assertEquals(text.length, scanner.position());
        return seen;
    }

    static Stream<Integer> chunkBytes() {
        return java.util.Arrays.stream(Cuts.chunkBytes()).boxed();
    }

    @ParameterizedTest(name = "{0} bytes per chunk")
    @MethodSource("chunkBytes")
    void shouldReportWatchedValuesWithTheirOffsets(int chunkBytes) {
        byte[] text = ("{ \"x\" : {\"model\":1}, \"model\" :\"gpt-5.\\u0032 \u00e9\ud83d\ude00\" ,\"tools\":[{\"type\":"
                + "\"a\",\"n\":{\"type\":0}}, 7,{\"type\":null}],\"stream\":true,"
                + "\"response\":{\"usage\":{\"a\":[1,2]}}}")
                .getBytes(UTF_8);

        assertEquals(List.of("0 STRING \"gpt-5.\\u0032 \u00e9\ud83d\ude00\"", "2 STRING \"a\"", "2 NULL null",
                "4 ARRAY [{\"type\":\"a\",\"n\":{\"type\":0}}, 7,{\"type\":null}]", "1 TRUE true",
                "3 OBJECT {\"a\":[1,2]}"), scan(text, chunkBytes));
    }

    @ParameterizedTest(name = "{0} bytes per chunk")
    @MethodSource("chunkBytes")
    void shouldCompareNamesDecoded(int chunkBytes) {
        String text = "{\"\\u006d\\u006F\\u0064el\":-1.5e+3,\"\\\"\\\\\\/\\b\\f\\n\\r\\t\":0}";
        assertEquals(List.of("0 NUMBER -1.5e+3"), scan(text.getBytes(UTF_8), chunkBytes));
    }

    @ParameterizedTest(name = "{0} bytes per chunk")
    @MethodSource("chunkBytes")
    void shouldRefuseADuplicateNameHoweverItIsWritten(int chunkBytes) {
        assertRefused("{\"model\":1,\"mod\\u0065l\":2}", chunkBytes, "duplicate");
        assertRefused("{\"a\\ud83d\\ude00\":1,\"a\ud83d\ude00\":2}", chunkBytes, "duplicate");
        assertRefused("{\"tools\":[{\"z\":1,\"z\":1}]}", chunkBytes, "duplicate");
        assertRefused("{\"\":1,\"\":1}", chunkBytes, "duplicate");
    }

    @Test
    void shouldLetDuplicatesPassWhereNoWatchedPathIs() {
        assertEquals(List.of(), scan("{\"x\":{\"a\":1,\"a\":2},\"tools2\":[{\"z\":1,\"z\":1}]}".getBytes(UTF_8), 3));
        assertEquals(2, scan("{\"tools\":[{\"z\":1},{\"z\":1,\"type\":1}]}".getBytes(UTF_8), 3).size());
    }

    @Test
    void shouldLetLoneSurrogateEscapesPass() {
        assertEquals(List.of(), scan("{\"x\":\"\\ud800\",\"\\udc00a\":\"\\ud800\\ud800\"}".getBytes(UTF_8), 1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "{", "{}}", "{} {}", "{}x", "[1,]", "{\"a\":1,}", "{,}", "[,1]", "{\"a\" 1}",
        "{a:1}", "{'a':1}", "{1:1}", "[01]", "[-]", "[1.]", "[.1]", "[1e]", "[1e+]", "[+1]", "[0x1]", "[NaN]",
        "[Infinity]", "[tru]", "[truE]", "[nul", "[\"\\x\"]", "[\"\\u12g4\"]", "[\"\\u\uff11234\"]", "[\"a\nb\"]",
        "[\"a\tb\"]", "[\"\u0000\"]", "[\"", "\ufeff{}", "[1 2]", "[1}", "{\"a\":1]", "[\u00a01]", "[1]//", "/**/[]",
        "\"\\\"", "-", "1.", "1e", "tru", "[\"\\u00", "{\"a\":}", "{\"a\"}", "nulll", "[1]\u0000"})
    void shouldRefuseWhatIsNotJson(String text) {
        for (int chunkBytes : Cuts.chunkBytes()) {
            assertThrows(JsonException.class, () -> scan(text.getBytes(UTF_8), chunkBytes), text);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"\u00c0\u0080", "\u00c1\u00bf", "\u00e0\u0080\u00af", "\u00e0\u009f\u00bf",
        "\u00ed\u00a0\u0080", "\u00ed\u00bf\u00bf", "\u00f0\u008f\u00bf\u00bf", "\u00f4\u0090\u0080\u0080",
        "\u00f5\u0080\u0080\u0080", "\u0080", "\u00bf", "\u00ff", "\u00fe", "\u00c3", "\u00e2\u0082", "\u00c3\u00c3",
        "\u00e2\u0082\u00c2", "\u00f0\u009f\u0098", "\u00e1\u0080\u0080\u0080"})
    void shouldRefuseInvalidUtf8(String latin1) {
        String padding = "x".repeat(37);
        byte[] text = ("{\"a\":\"" + padding + latin1 + padding + "\"}").getBytes(ISO_8859_1);
        for (int chunkBytes : Cuts.chunkBytes()) {
            JsonException refusal = assertThrows(JsonException.class, () -> scan(text, chunkBytes));
            assertTrue(refusal.getMessage().contains("UTF-8"), refusal.getMessage());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-0", "-0.0", "1e400", "12345678901234567890", "1E-7", "\"\"", "[]", "{}", "null",
        " true ", "\t\r\n [ ] \n", "\"\u0080\u07ff\u0800\uffff\ud800\udc00\udbff\udfff\"", "\"\u007f\u2028\"",
        "[[[[[[[[]]]]]]]]", "[false,{\"\":0}]", "\"\ue000\uf8ff\ud7ff\""})
    void shouldAcceptWhatIsJson(String text) {
        for (int chunkBytes : Cuts.chunkBytes()) {
            scan(text.getBytes(UTF_8), chunkBytes);
        }
    }

    @Test
    void shouldHoldItsLimits() {
        assertRefused("[[[[[[[[[", 1, "levels");
        assertRefused("{\"" + "n".repeat(65) + "\":1}", 7, "name over 64");
        assertRefused("{\"x\":{\"" + "n".repeat(65) + "\":1}}", 7, "name over 64");
        StringBuilder members = new StringBuilder("{\"m0\":0");
        for (int i = 1; i < 17; i++) {
            members.append(",\"m").append(i).append("\":0");
        }
        assertRefused(members + "}", 100, "members");
    }

    @Test
    void shouldTruncateACaptureOverItsCap() {
        WatchTable table = table("model");
        JsonScanner scanner = new JsonScanner(table, JsonLimits.DEFAULT);
        List<Boolean> truncated = new ArrayList<>();
        scanner.reset((watch, kind, start, end, value) -> truncated.add(value.isTruncated() && value.length() == 0));
        byte[] text = ("{\"model\":\"" + "m".repeat(1023) + "\"}").getBytes(UTF_8);

        scanner.feed(text, 0, text.length);

        assertEquals(List.of(true), truncated);
    }

    @Test
    void shouldScanDirectBuffersThroughAnyScratch() {
        byte[] text = "{\"a\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\",\"model\":\"m\"}".getBytes(UTF_8);
        for (int scratchBytes : new int[] {1, 5, 64}) {
            List<String> seen = new ArrayList<>();
            JsonScanner scanner = new JsonScanner(TABLE, JsonLimits.DEFAULT);
            scanner.reset((watch, kind, start, end, value) -> seen.add(start + ".." + end));
            ByteBuf buffer = Cuts.buffer(text);

            scanner.feed(buffer, buffer.readerIndex(), buffer.writerIndex(), new byte[scratchBytes]);
            scanner.end();
            buffer.release();

            assertEquals(List.of("48..51"), seen);
        }
    }

    /** Each step overwrites the scratch array, in which the scanner keeps the tests of a block of 64 bytes. */
    @Test
    void shouldTestTheBytesOfEachStepAnew() {
        StringBuilder text = new StringBuilder("{\"a\":[");
        for (int i = 0; i < 200; i++) {
            text.append(i == 0 ? "" : ",").append('"').append("x".repeat(i % 61)).append(i % 3 == 0 ? "\\n" : "")
                    .append('"');
        }
        byte[] bytes = text.append("],\"model\":\"m\"}").toString().getBytes(UTF_8);
        for (int scratchBytes : new int[] {64, 128, 4096}) {
            List<String> seen = new ArrayList<>();
            JsonScanner scanner = new JsonScanner(TABLE, JsonLimits.DEFAULT);
            scanner.reset((watch, kind, start, end, value) -> seen.add(start + ".." + end));
            ByteBuf buffer = Cuts.buffer(bytes);

            scanner.feed(buffer, buffer.readerIndex(), buffer.writerIndex(), new byte[scratchBytes]);
            scanner.end();
            buffer.release();

            assertEquals(List.of((bytes.length - 4) + ".." + (bytes.length - 1)), seen);
        }
    }

    private static void assertRefused(String text, int chunkBytes, String words) {
        JsonException refusal = assertThrows(JsonException.class, () -> scan(text.getBytes(UTF_8), chunkBytes));
        assertTrue(refusal.getMessage().contains(words), refusal.getMessage());
    }
}
