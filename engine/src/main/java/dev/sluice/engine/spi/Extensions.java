// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * The parts of a relay that an embedder replaces or adds. Immutable; created by {@link #builder}.
 *
 * <p>For a part that is not set, the relay uses its own.
 */
public final class Extensions {
    /** The relay's own parts only. */
    public static final Extensions NONE = builder().build();

    private final Authenticator authenticator;
    private final MetricsFormat metricsFormat;
    private final AffinityStore affinityStore;
    private final RequestQuota requestQuota;
    private final BudgetLedger budgetLedger;
    private final HealthHints healthHints;
    private final Supplier<List<String>> readinessNotes;
    private final List<ExchangeObserver> observers;
    private final LongSupplier nanoClock;
    private final LoopTimer loopTimer;
    private final boolean isAccessLogged;
    private final Consumer<Path> accessLogOutput;

    private Extensions(Builder builder) {
        authenticator = builder.authenticator;
        metricsFormat = builder.metricsFormat;
        affinityStore = builder.affinityStore;
        requestQuota = builder.requestQuota;
        budgetLedger = builder.budgetLedger;
        healthHints = builder.healthHints;
        readinessNotes = builder.readinessNotes;
        List<ExchangeObserver> all = new ArrayList<>(builder.observers);
        if (builder.usageSink != null) {
            all.add(0, new UsageObserver(builder.usageSink));
        }
        observers = List.copyOf(all);
        nanoClock = builder.nanoClock;
        loopTimer = builder.loopTimer;
        isAccessLogged = builder.isAccessLogged;
        accessLogOutput = builder.accessLogOutput;
    }

    /** {@return a builder in which no part is set} */
    public static Builder builder() {
        return new Builder();
    }

    /** {@return the authenticator, or null for the one that checks the keys of the configuration} */
    public Authenticator authenticator() {
        return authenticator;
    }

    /** {@return the writer of {@code /metrics}, or null if that page is not served} */
    public MetricsFormat metricsFormat() {
        return metricsFormat;
    }

    /** {@return the store of owners, or null for a table in memory} */
    public AffinityStore affinityStore() {
        return affinityStore;
    }

    /** {@return the quota of callers, or null for one that enforces the limits of the configured keys in memory} */
    public RequestQuota requestQuota() {
        return requestQuota;
    }

    /** {@return the ledger of budgets, or null for one in memory} */
    public BudgetLedger budgetLedger() {
        return budgetLedger;
    }

    /** {@return the hints about endpoints that relays give each other, or null for none} */
    public HealthHints healthHints() {
        return healthHints;
    }

    /** {@return the switch of the access log's output, or null if the logging of the process alone decides} */
    public Consumer<Path> accessLogOutput() {
        return accessLogOutput;
    }

    /** {@return the lines that {@code /health/ready} adds to its own} */
    public Supplier<List<String>> readinessNotes() {
        return readinessNotes;
    }

    /** {@return the observers that are not the relay's own, the usage sink's first, in the order of their calls} */
    public List<ExchangeObserver> observers() {
        return observers;
    }

    /** {@return the clock of all deadlines in nanoseconds, or null for {@link System#nanoTime}} */
    public LongSupplier nanoClock() {
        return nanoClock;
    }

    /** {@return the timer that drives deadlines, or null for the event loops' own} */
    public LoopTimer loopTimer() {
        return loopTimer;
    }

    /** {@return whether the relay writes an access log} */
    public boolean isAccessLogged() {
        return isAccessLogged;
    }

    /** A builder of {@link Extensions}. Not thread-safe. */
    public static final class Builder {
        private final List<ExchangeObserver> observers = new ArrayList<>();
        private Authenticator authenticator;
        private UsageSink usageSink;
        private MetricsFormat metricsFormat;
        private AffinityStore affinityStore;
        private RequestQuota requestQuota;
        private BudgetLedger budgetLedger;
        private HealthHints healthHints;
        private Supplier<List<String>> readinessNotes = List::of;
        private LongSupplier nanoClock;
        private LoopTimer loopTimer;
        private boolean isAccessLogged;
        private Consumer<Path> accessLogOutput;

        private Builder() {
        }

        /**
         * Replaces the authenticator of callers.
         *
         * @param replacement used instead of the keys of the configuration
         * @return this builder
         */
        public Builder authenticator(Authenticator replacement) {
            authenticator = present("authenticator", replacement);
            return this;
        }

        /**
         * Sets the receiver of the usage of each exchange that reached an upstream.
         *
         * @param sink the receiver
         * @return this builder
         */
        public Builder usageSink(UsageSink sink) {
            usageSink = present("usageSink", sink);
            return this;
        }

        /**
         * Enables {@code /metrics} on the admin listener.
         *
         * @param format the writer of the page
         * @return this builder
         */
        public Builder metricsFormat(MetricsFormat format) {
            metricsFormat = present("metricsFormat", format);
            return this;
        }

        /**
         * Replaces the store of the endpoints that own responses, conversations and sessions.
         *
         * @param store used instead of the table in memory
         * @return this builder
         */
        public Builder affinityStore(AffinityStore store) {
            affinityStore = present("affinityStore", store);
            return this;
        }

        /**
         * Replaces the quota of callers.
         *
         * @param quota used instead of the counts in memory
         * @return this builder
         */
        public Builder requestQuota(RequestQuota quota) {
            requestQuota = present("requestQuota", quota);
            return this;
        }

        /**
         * Replaces the ledger of budgets.
         *
         * @param ledger used instead of the one in memory
         * @return this builder
         */
        public Builder budgetLedger(BudgetLedger ledger) {
            budgetLedger = present("budgetLedger", ledger);
            return this;
        }

        /**
         * Lets the relay give hints about the health of endpoints to other relays, and take theirs.
         *
         * @param hints where they go to and come from
         * @return this builder
         */
        public Builder healthHints(HealthHints hints) {
            healthHints = present("healthHints", hints);
            return this;
        }

        /**
         * Lets the configuration decide where the access log goes ({@link
         * dev.sluice.engine.config.AccessLogConfig#file}).
         *
         * @param output switches the output of the logger {@code dev.sluice.access} to a file, to which lines are
         *               appended, or back for null; throws an {@link IllegalArgumentException} that names the file if
         *               it cannot be written. Called by one thread at a time
         * @return this builder
         */
        public Builder accessLogOutput(Consumer<Path> output) {
            accessLogOutput = present("accessLogOutput", output);
            return this;
        }

        /**
         * Adds lines to the text of {@code /health/ready}, such as the state of a store. They do not change its status:
         * a relay goes on without its stores.
         *
         * @param notes returns the lines, without line breaks; called on the thread of the admin listener
         * @return this builder
         */
        public Builder readinessNotes(Supplier<List<String>> notes) {
            readinessNotes = present("readinessNotes", notes);
            return this;
        }

        /**
         * Adds an observer of exchanges, which is called after the observers that were added before.
         *
         * @param observer serves all exchanges of the relay
         * @return this builder
         */
        public Builder observer(ExchangeObserver observer) {
            observers.add(present("observer", observer));
            return this;
        }

        /**
         * Replaces the clock of all deadlines, for tests.
         *
         * @param clock nanoseconds since an arbitrary origin, like {@link System#nanoTime}
         * @return this builder
         */
        public Builder nanoClock(LongSupplier clock) {
            nanoClock = present("nanoClock", clock);
            return this;
        }

        /**
         * Replaces the timer that drives deadlines, for tests.
         *
         * @param timer runs the ticks of all event loops
         * @return this builder
         */
        public Builder loopTimer(LoopTimer timer) {
            loopTimer = present("loopTimer", timer);
            return this;
        }

        /**
         * Enables the access log: one line of JSON for each exchange, at level INFO of the logger
         * {@code dev.sluice.access}. Without it, an embedded relay writes nothing for an exchange into its host's log.
         *
         * @return this builder
         */
        public Builder accessLog() {
            isAccessLogged = true;
            return this;
        }

        private static <T> T present(String part, T given) {
            if (given == null) {
                throw new IllegalArgumentException(part + ": null (expected: a part; leave it out for the relay's"
                        + " own)");
            }
            return given;
        }

        /** {@return the extensions} */
        public Extensions build() {
            return new Extensions(this);
        }
    }
}
