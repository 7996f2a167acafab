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
 * member {@code a} of the root object. {@code tools[]*.type} is member {@code type} of each element of {@code tools},
 * and of each element of a {@code tools} of those, however deep. The empty path is the root itself.
 */
public final class WatchTable {
    /** No node, no watch. */
    static final int NONE = -1;

    private final Node[] nodes;

    private WatchTable(Node[] nodes) {
        this.nodes = nodes;
    }

    /** Starts a table. */
    public static Builder builder() {
        return new Builder();
    }

    int root() {
        return 0;
    }

    /** Returns the node of a member whose decoded name stands there; {@link #NONE} where no path goes through it. */
    int member(int node, byte[] bytes, int from, int length) {
        for (Member member : nodes[node].members) {
            // Most names differ in these two already; the rest is looked at once.
            boolean mayBe = member.name.length == length && (length == 0 || member.name[0] == bytes[from]);
            if (mayBe && Arrays.equals(member.name, 0, length, bytes, from, from + length)) {
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

    int captureBytes(int node, boolean isContainer) {
        return isContainer ? nodes[node].captureBytes : Math.max(nodes[node].captureBytes, nodes[node].scalarBytes);
    }

    private record Member(byte[] name, int node) {
    }

    private static final class Node {
        private Member[] members = new Member[0];
        private int element = NONE;
        private int watch = NONE;
        private int captureBytes;
        private int scalarBytes;

        private void add(Member member) {
            members = Arrays.copyOf(members, members.length + 1);
            members[members.length - 1] = member;
        }
    }

    /** Collects paths. */
    public static final class Builder {
        private final List<Node> nodes = new ArrayList<>(List.of(new Node()));
        private int watches;

        private Builder() {
        }

        /**
         * Watches one path; watching it again only raises what is kept of it.
         *
         * @param path         such as {@code response.usage} or {@code input[].type}
         * @param captureBytes how many bytes of the value's text are kept for the listener; 0 keeps none
         * @return the watch's number: 0 for the first path, then counting up
         */
        public int watch(String path, int captureBytes) {
            Node watched = nodes.get(node(path));
            watched.captureBytes = Math.max(watched.captureBytes, captureBytes);
            if (watched.watch == NONE) {
                watched.watch = watches++;
            }
            return watched.watch;
        }

        private int node(String path) {
            int node = 0;
            if (path.isEmpty()) {
                return node;
            }
            for (String step : path.split("\\.")) {
                boolean isNested = step.endsWith("[]*");
                String name = step.replace("[]", "").replace("*", "");
                node = member(node, name);
                for (int i = name.length(); i < step.length() - 1; i += 2) {
                    node = element(node);
                }
                if (isNested) {
                    nestMember(node, name);
                }
            }
            return node;
        }

        /** Lets the elements of member {@code name} of {@code element} be watched as {@code element} is. */
        private void nestMember(int element, String name) {
            nodes.get(member(element, name)).element = element;
        }

        /**
         * Watches one path as {@link #watch} does, but keeps the text of strings, numbers and literals only, so that
         * what is inside of an object or an array at this path can be kept on its own.
         */
        public int watchScalar(String path, int captureBytes) {
            Node watched = nodes.get(node(path));
            watched.scalarBytes = Math.max(watched.scalarBytes, captureBytes);
            return watch(path, 0);
        }

        /** Returns how many paths are watched. */
        public int count() {
            return watches;
        }

        /** Returns the table. */
        public WatchTable build() {
            return new WatchTable(nodes.toArray(Node[]::new));
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
            node.add(new Member(bytes, nodes.size() - 1));
            return nodes.size() - 1;
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
