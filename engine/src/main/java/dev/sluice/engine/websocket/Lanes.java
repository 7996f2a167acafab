// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.websocket;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * The requests of one connection. Those of one lane run one after the other, in the order of their messages; those of
 * different lanes run side by side, up to a limit, beyond which they wait.
 *
 * <p><b>Threading:</b> confined to the connection's loop.
 */
final class Lanes {
    /** The number of responses that run side by side, as the API documents it. */
    static final int MAX_RUNNING = 16;
    /** The number of requests that run or wait. */
    static final int MAX_OPEN = 64;
    /** The number of named lanes that one connection may use in its life. */
    static final int MAX_NAMED = 256;

    private static final String DEFAULT = "";

    private final ArrayDeque<LaneExchange> waiting = new ArrayDeque<>(0);
    private final Map<String, LaneExchange> running = new HashMap<>(2);
    /** The lanes whose next response is not one of a waiting request. */
    private final Set<String> held = new LinkedHashSet<>(0);
    private final Set<String> named = new LinkedHashSet<>(0);

    private static String keyOf(String lane) {
        return lane == null ? DEFAULT : lane;
    }

    /** Returns whether another request may be added. */
    boolean hasRoom() {
        return running.size() + waiting.size() < MAX_OPEN;
    }

    /** Notes a lane; returns whether it may be used. */
    boolean open(String lane) {
        return lane == null || named.contains(lane) || named.size() < MAX_NAMED && named.add(lane);
    }

    /** Returns the position of a named lane in the order of their first use, counted from 1. */
    int ordinal(String lane) {
        int ordinal = 1;
        for (String each : named) {
            if (each.equals(lane)) {
                return ordinal;
            }
            ordinal++;
        }
        return ordinal;
    }

    int named() {
        return named.size();
    }

    void add(LaneExchange request) {
        waiting.add(request);
    }

    /** Takes the first request whose lane is free, and makes it a running one; null if none may run. */
    LaneExchange next() {
        if (running.size() >= MAX_RUNNING) {
            return null;
        }
        Iterator<LaneExchange> all = waiting.iterator();
        Set<String> passed = null;
        while (all.hasNext()) {
            LaneExchange first = all.next();
            String key = keyOf(first.lane());
            if (!running.containsKey(key) && !held.contains(key) && (passed == null || !passed.contains(key))) {
                all.remove();
                running.put(key, first);
                return first;
            }
            passed = passed == null ? new LinkedHashSet<>() : passed;
            passed.add(key);
        }
        return null;
    }

    /** Holds back the requests of a lane. */
    void hold(String lane) {
        held.add(keyOf(lane));
    }

    /** Lets the requests of a lane go on; returns whether they were held back. */
    boolean release(String lane) {
        return held.remove(keyOf(lane));
    }

    /** Makes a request a running one that has not waited. */
    void run(LaneExchange request) {
        running.put(keyOf(request.lane()), request);
    }

    /** Ends a running request. */
    void end(LaneExchange request) {
        running.remove(keyOf(request.lane()), request);
    }

    /** Returns the request that runs in a lane; null for none. */
    LaneExchange running(String lane) {
        return running.get(keyOf(lane));
    }

    /** Returns a copy of the running requests. */
    LaneExchange[] running() {
        return running.values().toArray(LaneExchange[]::new);
    }

    /** Returns whether nothing runs. */
    boolean isQuiet() {
        return running.isEmpty();
    }

    /** Removes a waiting request; null if none is left. */
    LaneExchange pollWaiting() {
        return waiting.poll();
    }

    boolean isEmpty() {
        return running.isEmpty() && waiting.isEmpty() && held.isEmpty();
    }
}
