// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.protocol.Cuts;
import dev.sluice.protocol.RequestCase;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.json.JsonTree;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests of the request contract's cases, for bodies cut in several ways and with their fields in different orders. */
class RequestCasesTest {
    private static final String FILLER = "x".repeat(1024 * 1024);

    static List<RequestCase> cases() {
        return RequestCase.all();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void shouldHoldInTheOrderOfTheCase(RequestCase request) {
        byte[] body = JsonTree.write(request.in());

        for (int chunkBytes : Cuts.chunkBytes()) {
            check(request, Cuts.even(body, chunkBytes), request.out());
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void shouldHoldWithTheFieldsReversed(RequestCase request) {
        byte[] body = JsonTree.write(RequestCase.reversed(request.in()));

        for (int chunkBytes : Cuts.chunkBytes()) {
            check(request, Cuts.even(body, chunkBytes), request.out());
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void shouldHoldBehindAMegabyte(RequestCase request) {
        String body = JsonTree.text(request.in());
        byte[] rest = (body.equals("{}") ? "}" : ',' + body.substring(1)).getBytes(UTF_8);
        Map<Object, Object> out = null;
        if (request.out() != null) {
            out = new LinkedHashMap<>((Map<?, ?>) request.out());
            out.put("zz_filler", FILLER);
        }

        for (int chunkBytes : new int[] {1, Integer.MAX_VALUE}) {
            List<byte[]> chunks = new ArrayList<>(Cuts.even(("{\"zz_filler\":\"" + FILLER + '"').getBytes(UTF_8),
                    16 * 1024));
            chunks.addAll(Cuts.even(rest, chunkBytes));
            check(request, chunks, out);
        }
    }

    private static void check(RequestCase request, List<byte[]> chunks, Object expected) {
        Executable edit = () -> EditedBody.of(request.face(), request.dialect(), chunks);
        if (request.isError()) {
            RelayException refusal = assertThrows(RelayException.class, edit);
            assertEquals(request.param(), refusal.param(), refusal.getMessage());
            assertEquals(request.code(), refusal.code().code());
            assertEquals(400, refusal.code().status());
            assertTrue(request.says() == null || refusal.getMessage().contains(request.says()), refusal.getMessage());
            return;
        }
        byte[] out = EditedBody.of(request.face(), request.dialect(), chunks);
        assertEquals(expected, JsonTree.read(out), () -> new String(out, UTF_8));
    }

    static Stream<Map<?, ?>> exactCases() {
        return ((List<?>) RequestCase.read("requests/bytes.json")).stream().map(row -> (Map<?, ?>) row);
    }

    /** Rule R52: every byte outside an edit is sent as it was received. */
    @ParameterizedTest
    @MethodSource("exactCases")
    void shouldKeepEveryByteOutsideOfAnEdit(Map<?, ?> request) {
        Profile profile = Profiles.builtIn().get(request.get("profile"));
        byte[] body = ((String) request.get("in")).getBytes(UTF_8);

        for (int chunkBytes : Cuts.chunkBytes()) {
            assertEquals(request.get("out"), new String(EditedBody.of(profile, profile, Cuts.even(body, chunkBytes)),
                    UTF_8), () -> (String) request.get("id"));
        }
    }
}
