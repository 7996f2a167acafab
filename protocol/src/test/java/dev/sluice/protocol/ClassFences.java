// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Fences within packages, which the arrows between packages cannot see. They look at class files; a nested class counts
 * as a part of its outermost class.
 */
public final class ClassFences {
    /** The largest number of classes of one package that may depend on each other in a cycle. */
    public static final int MAX_CYCLE = 3;

    private ClassFences() {
    }

    /** Fails if more than {@link #MAX_CYCLE} classes of a package form a cycle. */
    public static void requireSmallCycles(JavaClasses classes) {
        Map<String, Set<String>> needs = needs(classes);
        needs.forEach((name, needed) -> needed.removeIf(other -> !packageOf(other).equals(packageOf(name))));
        List<Set<String>> tooLarge = new ArrayList<>();
        for (Set<String> cycle : new Components(needs).find()) {
            if (cycle.size() > MAX_CYCLE) {
                tooLarge.add(cycle);
            }
        }
        assertEquals(List.of(), tooLarge, "cycles of more than " + MAX_CYCLE + " classes");
    }

    /** Fails if a class of a package needs more than {@code limit} other classes of this project. */
    public static void requireFewNeeds(JavaClasses classes, String packageName, int limit) {
        Map<String, Integer> tooMany = new TreeMap<>();
        needs(classes).forEach((name, needed) -> {
            if (packageOf(name).equals(packageName) && needed.size() > limit) {
                tooMany.put(name, needed.size());
            }
        });
        assertEquals(Map.of(), tooMany, "classes that need more than " + limit + " others");
    }

    private static Map<String, Set<String>> needs(JavaClasses classes) {
        Map<String, Set<String>> needs = new TreeMap<>();
        for (JavaClass type : classes) {
            Set<String> needed = needs.computeIfAbsent(outermost(type.getName()), name -> new TreeSet<>());
            type.getDirectDependenciesFromSelf().forEach(dependency -> {
                String target = outermost(dependency.getTargetClass().getBaseComponentType().getName());
                if (target.startsWith("dev.sluice.") && !target.equals(outermost(type.getName()))) {
                    needed.add(target);
                }
            });
        }
        return needs;
    }

    private static String outermost(String name) {
        int nested = name.indexOf('$');
        return nested < 0 ? name : name.substring(0, nested);
    }

    private static String packageOf(String name) {
        return name.substring(0, name.lastIndexOf('.'));
    }

    /** The strongly connected components of a graph (R. Tarjan, "Depth-first search and linear graph algorithms"). */
    private static final class Components {
        private final Map<String, Set<String>> edges;
        private final Map<String, Integer> index = new HashMap<>();
        private final Map<String, Integer> low = new HashMap<>();
        private final Deque<String> stack = new ArrayDeque<>();
        private final Set<String> onStack = new HashSet<>();
        private final List<Set<String>> found = new ArrayList<>();

        Components(Map<String, Set<String>> edges) {
            this.edges = edges;
        }

        List<Set<String>> find() {
            edges.keySet().stream().filter(name -> !index.containsKey(name)).forEach(this::visit);
            return found;
        }

        private void visit(String name) {
            index.put(name, index.size());
            low.put(name, index.get(name));
            stack.push(name);
            onStack.add(name);
            for (String next : edges.getOrDefault(name, Set.of())) {
                if (!index.containsKey(next)) {
                    visit(next);
                    low.merge(name, low.get(next), Math::min);
                } else if (onStack.contains(next)) {
                    low.merge(name, index.get(next), Math::min);
                }
            }
            if (low.get(name).equals(index.get(name))) {
                Set<String> component = new TreeSet<>();
                String popped;
                do {
                    popped = stack.pop();
                    onStack.remove(popped);
                    component.add(popped);
                } while (!popped.equals(name));
                found.add(component);
            }
        }
    }
}
