// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import dev.sluice.protocol.ClassFences;
import java.util.List;

@AnalyzeClasses(packages = "dev.sluice.engine", importOptions = DoNotIncludeTests.class)
class ArrowsTest {
    private static final String ROOT = "dev.sluice.engine";
    /** In the order of an exchange's life. What is before the stages is for all of them. */
    private static final List<String> LAYERS = List.of("config", "spi", "files", "loop", "tls", "http", "http2",
            "downstream", "auth", "admission", "plan", "cluster", "affinity", "websocket", "upstream", "response",
            "request", "observe", "admin", "exchange", "");

    @ArchTest
    static final ArchRule SHOULD_IMPORT_EARLIER_STAGES_ONLY = classes().should(new ArchCondition<>("not know a later"
            + " stage") {
        @Override
        public void check(JavaClass type, ConditionEvents events) {
            type.getDirectDependenciesFromSelf().forEach(dependency -> {
                int from = layer(type);
                int to = layer(dependency.getTargetClass());
                if (to > from) {
                    events.add(SimpleConditionEvent.violated(type, dependency.getDescription()));
                }
            });
        }
    });

    private static int layer(JavaClass type) {
        String name = type.getPackageName();
        if (!name.startsWith(ROOT)) {
            return -1;
        }
        int layer = LAYERS.indexOf(name.equals(ROOT) ? "" : name.substring(ROOT.length() + 1));
        if (layer < 0) {
            throw new AssertionError("package " + name + " has no place in the life of an exchange");
        }
        return layer;
    }

    @ArchTest
    static final ArchRule SHOULD_STAY_LEAN = classes().should().onlyDependOnClassesThat().resideInAnyPackage(
            "dev.sluice.engine..", "dev.sluice.protocol..", "java..", "javax.net.ssl..", "io.netty..",
            "com.fasterxml.jackson.core..", "org.HdrHistogram..", "org.slf4j..");

    @ArchTest
    static final ArchRule SHOULD_NOT_READ_THE_ENVIRONMENT = noClasses().should()
            .callMethod(System.class, "getenv", String.class)
            .orShould().callMethod(System.class, "getProperty", String.class);

    @ArchTest
    static void shouldHaveSmallCyclesOnlyWithinAPackage(JavaClasses classes) {
        ClassFences.requireSmallCycles(classes);
    }

    @ArchTest
    static void shouldKeepTheHubThin(JavaClasses classes) {
        ClassFences.requireFewNeeds(classes, ROOT + ".exchange", 20);
    }
}
