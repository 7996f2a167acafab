// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.json;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The paths whose values a {@link JsonScanner} reports, compiled to a trie. Immutable; shared by all scanners.
 *
 * <p>A path is written {@code a.b[].c}: member {@code c} of each element of the array that is member {@code b} of
 * member {@code a} of the root object.
 */
public final class WatchTable {
    /** No node, no watch. */
    static final int NONE = -1;

    private final Node[] nodes;
    private final int maxDepth;

    private WatchTable(Node[] nodes, int maxDepth) {
        this.nodes = nodes;
        this.maxDepth = maxDepth;
    }

    /** Starts a table. */
    public static Builder builder() {
        return new Builder();
    }

    int root() {
        return 0;
    }

    /** Returns how many levels of containers can hold a watched path. */
    int maxDepth() {
        return maxDepth;
    }

    /** Returns the node of a member, given its decoded name; {@link #NONE} where no watched path goes through it. */
    int member(int node, byte[] name, int length) {
        for (Member member : nodes[node].members) {
            if (Arrays.equals(member.name, 0, member.name.length, name, 0, length)) {
                return member.node;
            }
        }
        return NONE;
    }

    int element(int node) {
        return node == NONE ? NONE : nodes[node].element;
    }

    boolean hasMembers(int node) {
        return node != NONE && nodes[node].members.length > 0;
    }

    int watch(int node) {
        return nodes[node].watch;
    }

    int captureBytes(int node) {
        return nodes[node].captureBytes;
    }

    private record Member(byte[] name, int node) {
    }

    private static final class Node {
        private Member[] members = new Member[0];
        private int element = NONE;
        private int watch = NONE;
        private int captureBytes;
    }

    /** Collects paths. */
    public static final class Builder {
        private final List<Node> nodes = new ArrayList<>(List.of(new Node()));
        private int watches;
        private int maxDepth = 1;

        private Builder() {
        }

        /**
         * Watches one path.
         *
         * @param path         such as {@code response.usage} or {@code input[].type}
         * @param captureBytes how many bytes of the value's text are kept for the listener; 0 keeps none
         * @return the watch's number: 0 for the first path, then counting up
         */
        public int watch(String path, int captureBytes) {
            int node = 0;
            int depth = 0;
            for (String step : path.split("\\.")) {
                String name = step.replace("[]", "");
                node = member(node, name);
                depth++;
                for (int i = name.length(); i < step.length(); i += 2) {
                    node = element(node);
                    depth++;
                }
            }
            if (nodes.get(node).watch != NONE) {
                throw new IllegalArgumentException("path: " + path + " (expected: watched once)");
            }
            maxDepth = Math.max(maxDepth, depth);
            nodes.get(node).watch = watches;
            nodes.get(node).captureBytes = captureBytes;
            return watches++;
        }

        /** Returns the table. */
        public WatchTable build() {
            return new WatchTable(nodes.toArray(Node[]::new), maxDepth);
        }

        private int member(int parent, String name) {
            byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
            Node node = nodes.get(parent);
            for (Member member : node.members) {
                if (Arrays.equals(member.name, bytes)) {
                    return member.node;
                }
            }
            nodes.add(new Node());
            Member added = new Member(bytes, nodes.size() - 1);
            node.members = Arrays.copyOf(node.members, node.members.length + 1);
            node.members[node.members.length - 1] = added;
            return added.node;
        }

        private int element(int parent) {
            Node node = nodes.get(parent);
            if (node.element == NONE) {
                nodes.add(new Node());
                node.element = nodes.size() - 1;
            }
            return node.element;
        }
    }
}
