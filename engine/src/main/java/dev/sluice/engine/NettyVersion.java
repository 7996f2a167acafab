// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import io.netty.util.Version;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The version of Netty that is on the class path. An application's BOM may choose an older one than the relay was built
 * with; the relay then says so, before a class is missing in the middle of its start.
 */
final class NettyVersion {
    private static final String EXPECTED = "4.2.";
    /** A class that Netty 4.1 lacks. */
    private static final String NEW_CLASS = "io.netty.channel.IoHandle";

    private NettyVersion() {
    }

    /**
     * Checks the Netty that this class would use.
     *
     * @throws IllegalStateException if a part of it is not of version 4.2
     */
    static void check() {
        Collection<Version> found = new TreeMap<>(Version.identify(NettyVersion.class.getClassLoader())).values();
        String problem = problem(found.stream().map(each -> each.artifactId() + ' ' + each.artifactVersion()).toList(),
                isPresent(NEW_CLASS));
        if (problem != null) {
            throw new IllegalStateException(problem);
        }
    }

    private static boolean isPresent(String name) {
        try {
            Class.forName(name, false, NettyVersion.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    /**
     * Returns what is wrong with a Netty.
     *
     * @param modules    the modules that name their version, such as {@code netty-transport 4.2.18.Final}; those of a
     *                   shaded Netty do not
     * @param hasIoHandle whether the class that distinguishes 4.2 from 4.1 is present
     * @return null if nothing is wrong
     */
    static String problem(List<String> modules, boolean hasIoHandle) {
        String others = modules.stream().filter(module -> module.startsWith("netty-")
                && !module.startsWith("netty-tcnative") && !module.contains(' ' + EXPECTED))
                .collect(Collectors.joining(", "));
        if (others.isEmpty() && hasIoHandle) {
            return null;
        }
        return "netty: " + (others.isEmpty() ? "older than 4.2" : others) + " (expected: 4.2 of each module; a BOM may"
                + " have chosen another one, as that of Spring Boot 3 does unless the property netty.version is set)";
    }
}
