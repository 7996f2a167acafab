// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.json;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * The paths whose values a {@link JsonScanner} reports, compiled to a trie. Immutable; shared by all scanners.
 *
 * <p>The path {@code a.b[].c} means member {@code c} of each element of the array {@code a.b}, where {@code a} is a
 * member of the root object. The path {@code tools[]*.type} means member {@code type} of each element of {@code tools}
 * and, at any depth, of each element of a {@code tools} array inside such an element. The empty path means the root
 * value itself.
 */
public final class WatchTable {
    /** The absence of a node or watch. */
    static final int NONE = -1;

    private static final int KELVIN_SIGN = 0x212a;
    private static final int LONG_S = 0x17f;

    private final Node[] nodes;
    private final boolean isCaseChecked;
    private final Set<String> onlySpelling;

    private WatchTable(Node[] nodes, boolean isCaseChecked, Set<String> onlySpelling) {
        this.nodes = nodes;
        this.isCaseChecked = isCaseChecked;
        this.onlySpelling = onlySpelling;
    }

    /** {@return a new builder without paths} */
    public static Builder builder() {
        return new Builder();
    }

    int root() {
        return 0;
    }

    /**
     * Returns the node of the member with the decoded name {@code bytes[from, from + length)}; {@link #NONE} if no path
     * passes through it.
     */
    int member(int node, byte[] bytes, int from, int length) {
        Member[][] byLength = nodes[node].byLength;
        if (length < byLength.length) {
            for (Member member : byLength[length]) {
                // Most names differ in the first byte, so the full comparison is rare.
                boolean mayBe = length == 0 || member.name[0] == bytes[from];
                if (mayBe && Arrays.equals(member.name, 0, length, bytes, from, from + length)) {
                    return member.node;
                }
            }
        }
        return NONE;
    }

    /** Returns whether the spelling of the names in the object at a node is compared with the watched names. */
    boolean isCaseChecked(int node) {
        return isCaseChecked && node == root();
    }

    /**
     * Returns the watched name of which {@code bytes[from, from + length)} is another spelling, for a reader of JSON
     * that ignores case (as Go's encoding/json does, with the simple case folding of Unicode); null for none.
     */
    byte[] otherSpelling(int node, byte[] bytes, int from, int length) {
        for (Member member : nodes[node].members) {
            if (isSpelled(member.name, bytes, from, from + length)) {
                return member.name;
            }
        }
        return null;
    }

    private static boolean isSpelled(byte[] name, byte[] bytes, int from, int to) {
        int at = from;
        for (byte b : name) {
            if (at >= to) {
                return false;
            }
            int c = bytes[at++];
            if (c < 0) { // two characters outside ASCII fold to letters inside it
                int more = (c & 0xe0) == 0xc0 ? 1 : 2;
                if (at + more > to) {
                    return false;
                }
                int code = more == 1 ? (c & 0x1f) << 6 | bytes[at] & 0x3f
                        : (c & 0x0f) << 12 | (bytes[at] & 0x3f) << 6 | bytes[at + 1] & 0x3f;
                at += more;
                c = code == LONG_S ? 's' : code == KELVIN_SIGN ? 'k' : -1;
            }
            if (lower(c) != lower(b)) {
                return false;
            }
        }
        return at == to;
    }

    private static int lower(int c) {
        return c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c;
    }

    /** Returns whether no other spelling of a watched name may occur, even alone. */
    boolean hasOnlySpelling(byte[] name) {
        return onlySpelling.contains(new String(name, StandardCharsets.UTF_8));
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
        /** The members whose names have as many bytes as the index says. */
        private Member[][] byLength = new Member[0][];
        private int element = NONE;
        private int watch = NONE;
        private int captureBytes;
        private int scalarBytes;

        private void add(Member member) {
            members = Arrays.copyOf(members, members.length + 1);
            members[members.length - 1] = member;
        }

        private void index() {
            int longest = Arrays.stream(members).mapToInt(member -> member.name.length).max().orElse(-1);
            byLength = IntStream.rangeClosed(0, longest).mapToObj(length -> Arrays.stream(members)
                    .filter(member -> member.name.length == length).toArray(Member[]::new)).toArray(Member[][]::new);
        }
    }

    /** A builder that collects the paths of a table. */
    public static final class Builder {
        private final List<Node> nodes = new ArrayList<>(List.of(new Node()));
        private int watches;
        private boolean isCaseChecked;
        private Set<String> onlySpelling = Set.of();

        private Builder() {
        }

        /**
         * Watches one path. Watching it again can only raise its capture limit.
         *
         * @param path         the path, such as {@code response.usage} or {@code input[].type}
         * @param captureBytes the longest value, in bytes as written, that is kept for the listener; 0 keeps none
         * @return the number of the watch: 0 for the first path, then counting up; the same number for the same path
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

        /** Watches the elements of member {@code name} of {@code element} in the same way as {@code element}. */
        private void nestMember(int element, String name) {
            nodes.get(member(element, name)).element = element;
        }

        /**
         * Watches one path as {@link #watch} does, but keeps the text only of strings, numbers and literals, so that
         * values inside an object or array at this path can be captured separately.
         *
         * @param path         the path
         * @param captureBytes the longest value, in bytes as written, that is kept for the listener; 0 keeps none
         * @return the number of the watch
         */
        public int watchScalar(String path, int captureBytes) {
            Node watched = nodes.get(node(path));
            watched.scalarBytes = Math.max(watched.scalarBytes, captureBytes);
            return watch(path, 0);
        }

        /**
         * Lets a scan refuse a root object in which a watched name occurs in two spellings that differ in case only,
         * because a reader that ignores case might take the other one.
         *
         * @param only the watched names of which no other spelling may occur even alone
         * @return this builder
         */
        public Builder checkCase(String... only) {
            isCaseChecked = true;
            onlySpelling = Set.of(only);
            return this;
        }

        /** {@return the number of watched paths} */
        public int count() {
            return watches;
        }

        /** {@return a table of the paths watched so far} */
        public WatchTable build() {
            nodes.forEach(Node::index);
            return new WatchTable(nodes.toArray(Node[]::new), isCaseChecked, onlySpelling);
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
