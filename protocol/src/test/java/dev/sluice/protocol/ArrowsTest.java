// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "dev.sluice.protocol", importOptions = DoNotIncludeTests.class)
class ArrowsTest {
    @ArchTest
    static final ArchRule SHOULD_NEED_ONLY_BUFFERS_AND_JSON = classes().should().onlyDependOnClassesThat()
            .resideInAnyPackage("dev.sluice.protocol..", "java..", "io.netty.buffer..",
                    "com.fasterxml.jackson.core..");

    @ArchTest
    static final ArchRule SHOULD_HAVE_NO_CYCLES =
            slices().matching("dev.sluice.protocol.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule SHOULD_NEITHER_WAIT_NOR_TELL_THE_TIME = noClasses().should().dependOnClassesThat()
            .resideInAnyPackage("java.util.concurrent..", "java.time..", "java.io.File*", "java.net..");

    @ArchTest
    static void shouldHaveSmallCyclesOnlyWithinAPackage(JavaClasses classes) {
        ClassFences.requireSmallCycles(classes);
    }
}
