// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.request;

/**
 * The lead, which is the attempt that counts, and possibly a hedge: a second attempt that was started because the lead
 * was slow to answer. The first good response wins.
 */
final class AttemptRace {
    private Attempt lead;
    private Attempt hedge;

    /** Starts a race with one attempt, which replaces the previous lead. */
    void start(Attempt attempt) {
        lead = attempt;
    }

    /** Adds a hedge beside the lead. */
    void addHedge(Attempt attempt) {
        hedge = attempt;
    }

    /** Returns the attempt that counts, or null before there is one. */
    Attempt lead() {
        return lead;
    }

    /** Returns the hedge, or null for none. */
    Attempt hedge() {
        return hedge;
    }

    /**
     * Decides the race when one of two attempts begins to answer, and cancels the loser.
     *
     * @param answering the attempt whose response has arrived
     * @param isGood    whether the response is worth ending the race
     * @return whether the response of {@code answering} is the one that counts
     */
    boolean isWonBy(Attempt answering, boolean isGood) {
        if (hedge == null) {
            return true;
        }
        Attempt other = answering == hedge ? lead : hedge;
        Attempt loser = isGood ? other : answering;
        lead = isGood ? answering : other;
        hedge = null;
        loser.cancel();
        return isGood;
    }

    /**
     * Removes a lost attempt from the race.
     *
     * @return whether the other attempt continues in its place
     */
    boolean survives(Attempt lost) {
        if (hedge == null) {
            return false;
        }
        if (lost != hedge) {
            lead = hedge;
        }
        hedge = null;
        return true;
    }

    /** Cancels the hedge, if there is one. */
    void cancelHedge() {
        if (hedge != null) {
            Attempt cancelled = hedge;
            hedge = null;
            cancelled.cancel();
        }
    }
}
