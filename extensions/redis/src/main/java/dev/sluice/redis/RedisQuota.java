// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.redis;

import dev.sluice.engine.InMemory;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.UsageLimits;
import dev.sluice.engine.spi.PlannedRequest;
import dev.sluice.engine.spi.Principal;
import dev.sluice.engine.spi.QuotaRefusal;
import dev.sluice.engine.spi.QuotaStatus;
import dev.sluice.engine.spi.RequestQuota;
import dev.sluice.engine.spi.Settlement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A quota that counts requests and tokens on the server, for all relays together. What is in flight is counted by each
 * relay for itself, against its share of the limit, because a relay that dies would leave its counts behind.
 *
 * <p>While the server is lost, each relay goes on with its share of what was left by the server's last answer.
 *
 * <p><b>Threading:</b> any.
 */
final class RedisQuota implements RequestQuota {
    private static final double MINUTE_MICROS = 60e6;

    private final Server server;
    private final Names names;
    private final StoreLossPolicy onLoss;
    private final IntSupplier relays;
    private final RequestQuota counts;
    private final LocalShares shares = new LocalShares();

    /**
     * @param relays the number of relays that share the limits; at least 1
     */
    RedisQuota(Server server, Names names, StoreLossPolicy onLoss, IntSupplier relays) {
        this.server = server;
        this.names = names;
        this.onLoss = onLoss;
        this.relays = relays;
        counts = InMemory.quota(System::nanoTime);
    }

    @Override
    public void admit(Principal caller, Answer answer) {
        List<Part> parts = new ArrayList<>(2);
        add(parts, 'k', caller.name(), "This API key", caller.limits(), 1, 0);
        if (caller.group() != null) {
            add(parts, 'g', caller.group(), "The group " + caller.group(), caller.groupLimits(), 1, 0);
        }
        Decision inFlight = new Decision();
        counts.admit(shareOf(caller), inFlight);
        decide(parts, inFlight, answer);
    }

    @Override
    public void admit(PlannedRequest request, Answer answer) {
        Principal caller = request.caller();
        RouteConfig route = request.route();
        long tokens = request.estimatedTokens();
        List<Part> parts = new ArrayList<>(3);
        add(parts, 'k', caller.name(), "This API key", caller.limits(), 0, tokens);
        if (caller.group() != null) {
            add(parts, 'g', caller.group(), "The group " + caller.group(), caller.groupLimits(), 0, tokens);
        }
        add(parts, 'r', route.model() + ' ' + route.cluster(), "The route " + route.model(), route.limits(), 1,
                tokens);
        Decision inFlight = new Decision();
        counts.admit(shareOf(request), inFlight);
        decide(parts, inFlight, answer);
    }

    private void add(List<Part> parts, char kind, String name, String words, UsageLimits limits, int requests,
            long tokens) {
        boolean isCounted = requests > 0 && limits.requestsPerMinute() > 0;
        if (isCounted || tokens > 0 && limits.tokensPerMinute() > 0) {
            parts.add(new Part(names.tag(kind, name), words, limits, isCounted ? requests : 0,
                    limits.tokensPerMinute() > 0 ? tokens : 0));
        }
    }

    private Principal shareOf(Principal caller) {
        Principal share = caller.withLimits(shareOf(caller.limits()));
        return caller.group() == null ? share : share.withGroup(caller.group(), shareOf(caller.groupLimits()));
    }

    private PlannedRequest shareOf(PlannedRequest request) {
        return new PlannedRequest(shareOf(request.caller()), request.route().toBuilder().limits(
                shareOf(request.route().limits())).build(), request.model(), request.upstreamModel(),
                request.estimatedTokens());
    }

    /** Returns this relay's share of what may be in flight. */
    private UsageLimits shareOf(UsageLimits limits) {
        return new UsageLimits((int) shareOf(limits.maxInFlight()), 0, 0);
    }

    /** Returns this relay's share of a limit, at least 1; 0 if there is no limit. */
    private long shareOf(long limit) {
        int count = Math.max(1, relays.getAsInt());
        return (limit + count - 1) / count;
    }

    private static long nowMicros() {
        return TimeUnit.NANOSECONDS.toMicros(System.nanoTime());
    }

    private void decide(List<Part> parts, Decision inFlight, Answer answer) {
        if (inFlight.refusal != null) {
            answer.refuse(inFlight.refusal);
            return;
        }
        if (parts.isEmpty()) {
            answer.grant(inFlight.permit);
            return;
        }
        parts.forEach(part -> part.buckets.forEach(bucket -> payDebt(bucket.key)));
        List<CompletableFuture<List<Long>>> asked = parts.stream().map(part -> server.ask(commands -> {
            part.asked = Script.ADMIT.run(commands, part.keys(), part.arguments());
            return part.asked;
        })).toList();
        CompletableFuture.allOf(asked.toArray(CompletableFuture[]::new)).whenComplete((all, failure) -> {
            if (failure != null) {
                onLost(parts, inFlight, answer);
                return;
            }
            for (int i = 0; i < parts.size(); i++) {
                parts.get(i).take(asked.get(i).join(), shares);
            }
            Part refused = parts.stream().filter(part -> part.reached != null).findFirst().orElse(null);
            if (refused == null) {
                answer.grant(new SharedPermit(parts, inFlight));
                return;
            }
            inFlight.release();
            // After what was granted is given back, so that the caller's next request finds it there.
            CompletableFuture.allOf(IntStream.range(0, parts.size()).mapToObj(i -> giveBack(parts.get(i), asked.get(i)
                    .join())).toArray(CompletableFuture[]::new)).whenComplete((done, lost) -> answer.refuse(
                            refused.refusal(refused.reached)));
        });
    }

    /** Gives back what the server has granted to one part of a request, of which nothing else may be granted. */
    private CompletableFuture<?> giveBack(Part part, List<Long> granted) {
        return granted.get(0) == 0 ? settle(part, true, -part.tokens) : CompletableFuture.completedFuture(null);
    }

    /** Gives back what the server grants after the time for it, because the request is refused or counted here. */
    private void giveBackLate(List<Part> parts) {
        for (Part part : parts) {
            if (part.asked != null) {
                part.asked.thenAccept(granted -> giveBack(part, granted));
            }
        }
    }

    /** Counts on the server what was admitted while it was lost. */
    void payDebts() {
        shares.debtors(nowMicros()).forEach(this::payDebt);
    }

    private void payDebt(String key) {
        long debt = shares.beginPayment(key, nowMicros());
        if (debt != 0) {
            String micros = Long.toString(debt / Math.max(1, relays.getAsInt()));
            server.ask(commands -> Script.SETTLE.run(commands, new String[] {key}, micros)).whenComplete(
                    (done, failure) -> shares.endPayment(key, debt, failure == null));
        }
    }

    private void onLost(List<Part> parts, Decision inFlight, Answer answer) {
        switch (onLoss) {
            case OPEN -> answer.grant(inFlight.permit);
            case LOCAL -> {
                giveBackLate(parts);
                QuotaRefusal refusal = admitByShare(parts);
                if (refusal == null) {
                    answer.grant(new LocalPermit(parts, inFlight));
                } else {
                    inFlight.release();
                    answer.refuse(refusal);
                }
            }
            case CLOSED -> {
                giveBackLate(parts);
                inFlight.release();
                answer.lose();
            }
            default -> throw new IllegalStateException("on_store_loss: " + onLoss);
        }
    }

    /** Counts all parts against the shares of their limits, or none; returns the refusal, null if they are counted. */
    private QuotaRefusal admitByShare(List<Part> parts) {
        synchronized (shares) {
            long nowMicros = nowMicros();
            for (Part part : parts) {
                for (Bucket bucket : part.buckets) {
                    bucket.answer(shares.usedMicros(bucket.key, nowMicros), shareOf(bucket.limit));
                    if (bucket.waitMicros() > 0) {
                        return part.refusal(bucket);
                    }
                }
            }
            for (Part part : parts) {
                for (Bucket bucket : part.buckets) {
                    shares.use(bucket.key, micros(bucket.units, bucket.size), nowMicros);
                }
            }
            return null;
        }
    }

    /** Counts further units of a part on the server, or gives units back. */
    private CompletableFuture<?> settle(Part part, boolean isOfRequests, long tokens) {
        List<String> keys = new ArrayList<>(2);
        List<String> times = new ArrayList<>(2);
        for (Bucket bucket : part.buckets) {
            long units = bucket.isOfRequests ? isOfRequests ? -bucket.units : 0 : tokens;
            if (units != 0) {
                long micros = micros(units, bucket.limit);
                keys.add(bucket.key);
                times.add(Long.toString(micros));
            }
        }
        return keys.isEmpty() ? CompletableFuture.completedFuture(null) : server.ask(commands ->
                Script.SETTLE.run(commands, keys.toArray(String[]::new), times.toArray(String[]::new)))
                .whenComplete((done, failure) -> {
                    for (int i = 0; failure != null && i < keys.size(); i++) {
                        shares.use(keys.get(i), Long.parseLong(times.get(i)) * Math.max(1, relays.getAsInt()),
                                nowMicros());
                    }
                });
    }

    /** Returns the time in which units of a limit come back. */
    private static long micros(long units, long perMinute) {
        return Math.round(units * (MINUTE_MICROS / perMinute));
    }

    private static QuotaStatus statusOf(List<Part> parts) {
        QuotaStatus status = null;
        for (Part part : parts) {
            status = QuotaStatus.merge(status, part.status());
        }
        return status;
    }

    /** An answer of a quota in memory, which comes at once. */
    private static final class Decision implements Answer {
        private Permit permit;
        private QuotaRefusal refusal;

        @Override
        public void grant(Permit granted) {
            permit = granted;
        }

        @Override
        public void refuse(QuotaRefusal refused) {
            refusal = refused;
        }

        @Override
        public void lose() {
            throw new IllegalStateException("a quota in memory is never lost");
        }

        void release() {
            if (permit != null) {
                permit.release();
            }
        }

        void settle(Settlement used) {
            if (permit != null) {
                permit.settle(used);
            }
        }
    }

    /** The limits of one key, group or route, in one slot. */
    private static final class Part {
        private final String words;
        private final long tokens;
        private final List<Bucket> buckets = new ArrayList<>(2);
        private Bucket reached;
        private CompletableFuture<List<Long>> asked; // null if the server was not asked

        /**
         * @param requests the number of requests that are counted; 0 if they have no limit
         * @param tokens   the same of tokens
         */
        Part(String tag, String words, UsageLimits limits, int requests, long tokens) {
            this.words = words;
            this.tokens = tokens;
            if (requests > 0) {
                buckets.add(new Bucket(tag + ":r", limits.requestsPerMinute(), requests, true));
            }
            if (tokens > 0) {
                buckets.add(new Bucket(tag + ":t", limits.tokensPerMinute(), tokens, false));
            }
        }

        String[] keys() {
            return buckets.stream().map(bucket -> bucket.key).toArray(String[]::new);
        }

        String[] arguments() {
            return buckets.stream().flatMap(bucket -> Stream.of(Double.toString(MINUTE_MICROS / bucket.limit),
                    Long.toString(bucket.limit), Long.toString(bucket.units))).toArray(String[]::new);
        }

        /** Takes the server's answer: the number of the limit that is reached, the wait, the used time of each. */
        void take(List<Long> answer, LocalShares shares) {
            for (int i = 0; i < buckets.size(); i++) {
                Bucket bucket = buckets.get(i);
                bucket.answer(answer.get(i + 2), bucket.limit);
                shares.learn(bucket.key, bucket.usedMicros, nowMicros());
            }
            reached = answer.get(0) == 0 ? null : buckets.get((int) (answer.get(0) - 1));
        }

        QuotaRefusal refusal(Bucket bucket) {
            return QuotaRefusal.ofRate(words + (bucket.isOfRequests ? " may make " + bucket.size + " requests a minute"
                    : " may use " + bucket.size + " tokens a minute"), Duration.ofNanos(bucket.waitMicros() * 1000),
                    status());
        }

        QuotaStatus status() {
            QuotaStatus.Left ofRequests = null;
            QuotaStatus.Left ofTokens = null;
            for (Bucket bucket : buckets) {
                ofRequests = bucket.isOfRequests ? bucket.left() : ofRequests;
                ofTokens = bucket.isOfRequests ? ofTokens : bucket.left();
            }
            return new QuotaStatus(ofRequests, ofTokens);
        }
    }

    /** One limit. */
    private static final class Bucket {
        private final String key;
        private final long limit;
        private final long units;
        private final boolean isOfRequests;
        private long usedMicros;
        private long size;

        Bucket(String key, long limit, long units, boolean isOfRequests) {
            this.key = key;
            this.limit = limit;
            this.units = units;
            this.isOfRequests = isOfRequests;
        }

        /**
         * Notes an answer.
         *
         * @param used    for how long some of it is in use
         * @param counted the limit, or this relay's share of it
         */
        void answer(long used, long counted) {
            usedMicros = used;
            size = counted;
        }

        /** Returns the time until one unit may be used; 0 or less if it may be used now. */
        long waitMicros() {
            return usedMicros - micros(size - 1, size);
        }

        QuotaStatus.Left left() {
            long used = (long) Math.ceil(usedMicros / (MINUTE_MICROS / size) - 1e-6);
            return new QuotaStatus.Left(size, Math.max(0, size - used), Duration.ofNanos(usedMicros * 1000));
        }
    }

    /** What was granted on the server. */
    private final class SharedPermit implements Permit {
        private final List<Part> parts;
        private final Decision inFlight;

        SharedPermit(List<Part> parts, Decision inFlight) {
            this.parts = parts;
            this.inFlight = inFlight;
        }

        @Override
        public QuotaStatus status() {
            return statusOf(parts);
        }

        @Override
        public void settle(Settlement used) {
            inFlight.settle(used);
            for (Part part : parts) {
                RedisQuota.this.settle(part, false, used.tokens(part.tokens) - part.tokens);
            }
        }

        @Override
        public void release() {
            inFlight.release();
            for (Part part : parts) {
                RedisQuota.this.settle(part, false, -part.tokens);
            }
        }
    }

    /** What was granted by this relay's shares. */
    private final class LocalPermit implements Permit {
        private final List<Part> parts;
        private final Decision inFlight;

        LocalPermit(List<Part> parts, Decision inFlight) {
            this.parts = parts;
            this.inFlight = inFlight;
        }

        @Override
        public QuotaStatus status() {
            return statusOf(parts);
        }

        @Override
        public void settle(Settlement used) {
            inFlight.settle(used);
            parts.forEach(part -> correct(part, used.tokens(part.tokens) - part.tokens));
        }

        @Override
        public void release() {
            inFlight.release();
            parts.forEach(part -> correct(part, -part.tokens));
        }

        private void correct(Part part, long tokens) {
            for (Bucket bucket : part.buckets) {
                if (!bucket.isOfRequests && tokens != 0) {
                    shares.use(bucket.key, micros(tokens, bucket.size), nowMicros());
                }
            }
        }
    }
}
