// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.affinity;

import dev.sluice.engine.spi.RequestHead;
import dev.sluice.protocol.request.RequestFacts;
import dev.sluice.protocol.request.RequestFacts.Owner;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/**
 * The ids in a request that point to its endpoint, as keys of the affinity store: hard keys first, then soft ones by
 * decreasing significance. The keys of different callers never match.
 */
final class AffinityIds {
    /** The header that names the turn of a coding agent; the first response of the turn introduces the value. */
    public static final String TURN_STATE = "x-codex-turn-state";

    private static final String[][] SESSION_HEADERS = {{"session_id", "session-id"},
            {"conversation_id", "conversation-id"}, {"thread_id", "thread-id"}};
    private static final Owner[] HARD = {Owner.PREVIOUS_RESPONSE, Owner.CONVERSATION, Owner.CONVERSATION_ID};
    private static final int MAX_HEADER_CHARS = 1024;
    private static final int HASH_BYTES = 16;
    private static final char OWNER = 'o';

    private final String principal;
    private final List<Key> keys = new ArrayList<>(4);
    private String tooLong;

    /**
     * @param principal the name of the caller
     */
    public AffinityIds(String principal) {
        this.principal = principal;
    }

    /** Adds the id in a path: {@code /responses/{id}}, {@code /conversations/{id}} or a path below them. */
    public void addPath(String path) {
        String[] parts = path.split("/", 4);
        if (parts.length > 2 && parts[1].equals("responses")) {
            add(Kind.RESPONSE, "path", parts[2]);
        } else if (parts.length > 2 && parts[1].equals("conversations")) {
            add(Kind.CONVERSATION, "path", parts[2]);
        }
    }

    /** Adds the ids in the received part of the body and in the head. */
    public void addAll(RequestFacts facts, RequestHead head) {
        add(Kind.RESPONSE, "previous_response_id", facts.owner(Owner.PREVIOUS_RESPONSE));
        add(Kind.CONVERSATION, "conversation", facts.owner(Owner.CONVERSATION));
        add(Kind.CONVERSATION, "conversation", facts.owner(Owner.CONVERSATION_ID));
        String turn = facts.owner(Owner.TURN_STATE); // of this request; a header is that of the whole connection
        add(Kind.TURN, TURN_STATE, turn != null ? turn : header(head, TURN_STATE));
        for (String[] spellings : SESSION_HEADERS) {
            String value = header(head, spellings[0]);
            add(Kind.SESSION, spellings[0], value != null ? value : header(head, spellings[1]));
        }
        add(Kind.CACHE, "prompt_cache_key", facts.owner(Owner.PROMPT_CACHE));
        for (Owner owner : HARD) {
            tooLong = facts.isTooLong(owner) ? owner.path() : tooLong;
        }
    }

    /** {@return the field of a hard id that is too long to be known; null for none} */
    public String tooLong() {
        return tooLong;
    }

    private static String header(RequestHead head, String name) {
        String value = head.header(name);
        return value == null || value.length() > MAX_HEADER_CHARS ? null : value;
    }

    private void add(Kind kind, String field, String value) {
        if (value != null && !stripped(value).isEmpty()) {
            keys.add(new Key(kind, field, hash(principal, kind, value), kind.isHard ? ownerKeyOf(kind, value) : null));
        }
    }

    /** Returns the key of an id from a response. */
    public String keyOf(Kind kind, String value) {
        return encode(kind.letter, hash(principal, kind, value));
    }

    /** Returns the text that is stored for a caller: a hash, because others can look into a store. */
    public static String textOfCaller(String principal) {
        return encode(OWNER, hash("caller", Kind.SESSION, principal));
    }

    /** Returns the key under which the caller that owns an id is stored; it is the same for all callers. */
    public String ownerKeyOf(Kind kind, String value) {
        return encode(OWNER, hash("", kind, value));
    }

    /** Returns an id without the space around it, which a profile or an upstream may remove. */
    private static String stripped(String value) {
        int from = 0;
        int to = value.length();
        while (from < to && isSpace(value.charAt(from))) {
            from++;
        }
        while (from < to && isSpace(value.charAt(to - 1))) {
            to--;
        }
        return value.substring(from, to);
    }

    private static boolean isSpace(char c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c) || Character.isISOControl(c);
    }

    private static byte[] hash(String principal, Kind kind, String value) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(principal.getBytes(StandardCharsets.UTF_8));
            digest.update((byte) 0xff); // a byte that does not occur in UTF-8
            digest.update((byte) kind.ordinal());
            return Arrays.copyOf(digest.digest(stripped(value).getBytes(StandardCharsets.UTF_8)), HASH_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256: missing (expected: part of every Java platform)", e);
        }
    }

    private static String encode(char letter, byte[] hash) {
        return letter + Base64.getUrlEncoder().withoutPadding().encodeToString(hash);
    }

    /** {@return the keys that were added, in order} */
    public List<Key> keys() {
        return keys;
    }

    /** {@return the number of hard keys} */
    public long hardCount() {
        return keys.stream().filter(key -> key.kind.isHard).count();
    }

    /**
     * Returns a hash of the session or the prompt cache, which is the same for all requests of that session.
     *
     * @return the hash; 0 if the request names neither
     */
    public long stableHash() {
        for (Key key : keys) {
            if (key.kind == Kind.SESSION || key.kind == Kind.CACHE) {
                long hash = 0;
                for (int i = 0; i < Long.BYTES; i++) {
                    hash = hash << Byte.SIZE | key.hash[i] & 0xff;
                }
                return hash == 0 ? 1 : hash;
            }
        }
        return 0;
    }

    /** The kinds of ids. A hard id is known to its endpoint only. */
    public enum Kind {
        /** The id of a response. */
        RESPONSE('r', true),
        /** The id of a conversation. */
        CONVERSATION('c', true),
        /** A turn of an agent. */
        TURN('t', false),
        /** A session or thread of an agent. */
        SESSION('s', false),
        /** A prompt cache. */
        CACHE('p', false);

        private final char letter;
        private final boolean isHard;

        Kind(char letter, boolean isHard) {
            this.letter = letter;
            this.isHard = isHard;
        }

        /** {@return whether only one endpoint can serve a request with such an id} */
        public boolean isHard() {
            return isHard;
        }
    }

    /** The key of one id. */
    public static final class Key {
        private final Kind kind;
        private final String field;
        private final byte[] hash;
        private final String ownerText;

        Key(Kind kind, String field, byte[] hash, String ownerText) {
            this.ownerText = ownerText;
            this.kind = kind;
            this.field = field;
            this.hash = hash;
        }

        /** {@return the kind of the id} */
        public Kind kind() {
            return kind;
        }

        /** {@return the field or header that contained the id, for messages} */
        public String field() {
            return field;
        }

        /** {@return the key of the caller that owns a hard id, as text for the store; null for a soft id} */
        public String ownerText() {
            return ownerText;
        }

        /** {@return the key as text, for the store} */
        public String text() {
            return encode(kind.letter, hash);
        }
    }
}
