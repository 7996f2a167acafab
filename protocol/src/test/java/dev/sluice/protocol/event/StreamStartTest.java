// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.event;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StreamStartTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            event: response.created     | YES
            event:x                     | YES
            data: {}                    | YES
            data:[DONE]                 | YES
            'data\n'                    | YES
            'data\r\n'                  | YES
            id: 1                       | YES
            retry: 10                   | YES
            : comment                   | YES
            ':\n'                       | YES
            \uFEFFdata: {}              | YES
            \uFEFF: ping                | YES
            ''                          | UNKNOWN
            d                           | UNKNOWN
            data                        | UNKNOWN
            ev                          | UNKNOWN
            \uFEFF                      | UNKNOWN
            \uFEFFre                    | UNKNOWN
            {"id":"resp_1"}             | NO
            <html>                      | NO
            dog                         | NO
            database: x                 | NO
            identity: x                 | NO
            Data: {}                    | NO
            ' data: {}'                 | NO
            '\ndata: {}'                | NO
            \uFEFF\uFEFFdata: {}        | NO
            data {}                     | NO
            """)
    void shouldDecideByTheFirstBytes(String text, StreamStart.Answer answer) {
        StreamStart start = new StreamStart();
        for (byte next : text.translateEscapes().getBytes(StandardCharsets.UTF_8)) {
            start.add(next);
        }
        assertEquals(answer, start.answer());
    }
}
