// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import dev.sluice.protocol.ClassFences;

@AnalyzeClasses(packages = "dev.sluice", importOptions = DoNotIncludeTests.class)
class ArrowsTest {
    /** Keeps the mock independent of the engine, so that it can run behind any relay. */
    @ArchTest
    static final ArchRule SHOULD_KEEP_THE_ENGINE_TO_SERVE_AND_DEMO = noClasses().that()
            .resideInAPackage("dev.sluice.tools.mock..").should().dependOnClassesThat()
            .resideInAPackage("dev.sluice.engine..");

    @ArchTest
    static final ArchRule SHOULD_NOT_BE_KNOWN_TO_THE_MODULES_BELOW = noClasses().that()
            .resideInAnyPackage("dev.sluice.protocol..", "dev.sluice.engine..").should().dependOnClassesThat()
            .resideInAPackage("dev.sluice.tools..");

    @ArchTest
    static final ArchRule SHOULD_BE_KNOWN_TO_THE_PROTOCOL_LEAST = noClasses().that()
            .resideInAPackage("dev.sluice.protocol..").should().dependOnClassesThat()
            .resideInAPackage("dev.sluice.engine..");

    @ArchTest
    static void shouldHaveSmallCyclesOnlyWithinAPackage(JavaClasses classes) {
        ClassFences.requireSmallCycles(classes);
    }
}
