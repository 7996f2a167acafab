// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GlobTest {

    @ParameterizedTest
    @CsvSource({"gpt-5,gpt-5,true", "gpt-5,gpt-50,false", "gpt-*,gpt-5,true", "gpt-*,gpt-,true", "gpt-*,gpt,false",
        "*,x,true", "*,'',true", "'','',true", "'',x,false", "*-codex,gpt-5-codex,true", "*-codex,gpt-5-codex-x,false",
        "a*b*c,aXbYc,true", "a*b*c,abc,true", "a*b*c,acb,false", "**a,bba,true", "a.c,abc,false",
        "*a*a*a*a*a*b,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,false"})
    void shouldMatchTheWholeText(String pattern, String text, boolean expected) {
        assertEquals(expected, new Glob(pattern).matches(text));
    }
}
