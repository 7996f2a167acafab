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
import java.util.function.IntSupplier;

/**
 * A quota that counts requests and tokens on the server, for all relays together. What is in flight is counted by each
 * relay for itself, against its share of the limit, because a relay that dies would leave its counts behind.
 *
 * <p>Each relay also counts its own requests against its share of each rate, all the time, so that it can go on by that
 * at once when the server is lost.
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
    private final RequestQuota local;

    /**
     * @param relays the number of relays that share the limits; at least 1
     */
    RedisQuota(Server server, Names names, StoreLossPolicy onLoss, IntSupplier relays) {
        this.server = server;
        this.names = names;
        this.onLoss = onLoss;
        this.relays = relays;
        counts = InMemory.quota(System::nanoTime);
        local = InMemory.quota(System::nanoTime);
    }

    @Override
    public void admit(Principal caller, Answer answer) {
        List<Part> parts = new ArrayList<>(2);
        add(parts, 'k', caller.name(), "This API key", caller.limits(), 1, 0);
        if (caller.group() != null) {
            add(parts, 'g', caller.group(), "The group " + caller.group(), caller.groupLimits(), 1, 0);
        }
        Decision inFlight = new Decision();
        counts.admit(shareOf(caller, false), inFlight);
        Decision ofShare = new Decision();
        local.admit(shareOf(caller, true), ofShare);
        decide(parts, inFlight, ofShare, answer);
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
        counts.admit(shareOf(request, false), inFlight);
        Decision ofShare = new Decision();
        local.admit(shareOf(request, true), ofShare);
        decide(parts, inFlight, ofShare, answer);
    }

    private void add(List<Part> parts, char kind, String name, String words, UsageLimits limits, int requests,
            long tokens) {
        boolean isCounted = requests > 0 && limits.requestsPerMinute() > 0;
        if (isCounted || tokens > 0 && limits.tokensPerMinute() > 0) {
            parts.add(new Part(names.tag(kind, name), words, limits, isCounted ? requests : 0,
                    limits.tokensPerMinute() > 0 ? tokens : 0));
        }
    }

    private Principal shareOf(Principal caller, boolean isOfRates) {
        Principal share = caller.withLimits(shareOf(caller.limits(), isOfRates));
        return caller.group() == null ? share : share.withGroup(caller.group(), shareOf(caller.groupLimits(),
                isOfRates));
    }

    private PlannedRequest shareOf(PlannedRequest request, boolean isOfRates) {
        return new PlannedRequest(shareOf(request.caller(), isOfRates), request.route().toBuilder().limits(
                shareOf(request.route().limits(), isOfRates)).build(), request.model(), request.upstreamModel(),
                request.estimatedTokens());
    }

    /** Returns this relay's share of the rates, or of what may be in flight; at least 1 of a limit. */
    private UsageLimits shareOf(UsageLimits limits, boolean isOfRates) {
        int count = Math.max(1, relays.getAsInt());
        return isOfRates ? new UsageLimits(0, (limits.requestsPerMinute() + count - 1) / count,
                (limits.tokensPerMinute() + count - 1) / count)
                : new UsageLimits((limits.maxInFlight() + count - 1) / count, 0, 0);
    }

    private void decide(List<Part> parts, Decision inFlight, Decision ofShare, Answer answer) {
        if (inFlight.refusal != null) {
            ofShare.release();
            answer.refuse(inFlight.refusal);
            return;
        }
        if (parts.isEmpty()) {
            answer.grant(new SharedPermit(List.of(), inFlight, ofShare));
            return;
        }
        List<CompletableFuture<List<Long>>> asked = parts.stream().map(part -> server.ask(commands ->
                Script.ADMIT.run(commands, part.keys(), part.arguments()))).toList();
        CompletableFuture.allOf(asked.toArray(CompletableFuture[]::new)).whenComplete((all, failure) -> {
            if (failure != null) {
                giveBack(parts, asked);
                onLost(inFlight, ofShare, answer);
                return;
            }
            for (int i = 0; i < parts.size(); i++) {
                parts.get(i).answer = asked.get(i).join();
            }
            Part refused = parts.stream().filter(Part::isRefused).findFirst().orElse(null);
            if (refused == null) {
                answer.grant(new SharedPermit(parts, inFlight, ofShare));
                return;
            }
            inFlight.release();
            ofShare.release();
            // After what was granted is given back, so that the caller's next request finds it there.
            giveBack(parts, asked).whenComplete((done, lost) -> answer.refuse(refused.refusal()));
        });
    }

    /** Gives back what a part of a request was granted whose other part was not. */
    private CompletableFuture<Void> giveBack(List<Part> parts, List<CompletableFuture<List<Long>>> asked) {
        List<CompletableFuture<?>> given = new ArrayList<>(parts.size());
        for (int i = 0; i < parts.size(); i++) {
            if (asked.get(i).isDone() && !asked.get(i).isCompletedExceptionally() && asked.get(i).join().get(0) == 0) {
                given.add(settle(parts.get(i), -parts.get(i).requests, -parts.get(i).tokens));
            }
        }
        return CompletableFuture.allOf(given.toArray(CompletableFuture[]::new));
    }

    private void onLost(Decision inFlight, Decision ofShare, Answer answer) {
        switch (onLoss) {
            case OPEN -> answer.grant(new SharedPermit(List.of(), inFlight, ofShare));
            case LOCAL -> {
                if (ofShare.refusal == null) {
                    answer.grant(new SharedPermit(List.of(), inFlight, ofShare));
                } else {
                    inFlight.release();
                    answer.refuse(ofShare.refusal);
                }
            }
            case CLOSED -> {
                inFlight.release();
                ofShare.release();
                answer.lose();
            }
            default -> throw new IllegalStateException("on_store_loss: " + onLoss);
        }
    }

    private CompletableFuture<?> settle(Part part, long requests, long tokens) {
        List<String> keys = new ArrayList<>(2);
        List<String> times = new ArrayList<>(2);
        if (part.requests > 0 && requests != 0) {
            keys.add(part.tag + ":r");
            times.add(Long.toString(Math.round(requests * MINUTE_MICROS / part.limits.requestsPerMinute())));
        }
        if (part.tokens > 0 && tokens != 0) {
            keys.add(part.tag + ":t");
            times.add(Long.toString(Math.round(tokens * MINUTE_MICROS / part.limits.tokensPerMinute())));
        }
        return keys.isEmpty() ? CompletableFuture.completedFuture(null) : server.ask(commands ->
                Script.SETTLE.run(commands, keys.toArray(String[]::new), times.toArray(String[]::new)));
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
        private final String tag;
        private final String words;
        private final UsageLimits limits;
        private final int requests;
        private final long tokens;
        private List<Long> answer;

        Part(String tag, String words, UsageLimits limits, int requests, long tokens) {
            this.tag = tag;
            this.words = words;
            this.limits = limits;
            this.requests = requests;
            this.tokens = tokens;
        }

        String[] keys() {
            return requests == 0 ? new String[] {tag + ":t"} : tokens == 0 ? new String[] {tag + ":r"}
                    : new String[] {tag + ":r", tag + ":t"};
        }

        String[] arguments() {
            List<String> arguments = new ArrayList<>(6);
            if (requests > 0) {
                add(arguments, limits.requestsPerMinute(), requests);
            }
            if (tokens > 0) {
                add(arguments, limits.tokensPerMinute(), tokens);
            }
            return arguments.toArray(String[]::new);
        }

        private static void add(List<String> arguments, long limit, long units) {
            arguments.add(Double.toString(MINUTE_MICROS / limit));
            arguments.add(Long.toString(limit));
            arguments.add(Long.toString(units));
        }

        boolean isRefused() {
            return answer.get(0) > 0;
        }

        QuotaRefusal refusal() {
            boolean isOfRequests = requests > 0 && answer.get(0) == 1;
            String limit = isOfRequests ? " may make " + limits.requestsPerMinute() + " requests a minute"
                    : " may use " + limits.tokensPerMinute() + " tokens a minute";
            return QuotaRefusal.ofRate(words + limit, Duration.ofNanos(answer.get(1) * 1000), status());
        }

        QuotaStatus status() {
            return new QuotaStatus(requests == 0 ? null : left(limits.requestsPerMinute(), answer.get(2)),
                    tokens == 0 ? null : left(limits.tokensPerMinute(), answer.get(requests == 0 ? 2 : 3)));
        }

        private static QuotaStatus.Left left(long limit, long usedMicros) {
            long used = (long) Math.ceil(usedMicros / (MINUTE_MICROS / limit) - 1e-6);
            return new QuotaStatus.Left(limit, Math.max(0, limit - used), Duration.ofNanos(usedMicros * 1000));
        }
    }

    /** What was granted on the server and in this relay. */
    private final class SharedPermit implements Permit {
        private final List<Part> parts;
        private final Decision inFlight;
        private final Decision ofShare;

        SharedPermit(List<Part> parts, Decision inFlight, Decision ofShare) {
            this.parts = parts;
            this.inFlight = inFlight;
            this.ofShare = ofShare;
        }

        @Override
        public QuotaStatus status() {
            QuotaStatus status = null;
            for (Part part : parts) {
                status = QuotaStatus.merge(status, part.status());
            }
            return status != null || ofShare.permit == null ? status : ofShare.permit.status();
        }

        @Override
        public void settle(Settlement used) {
            inFlight.settle(used);
            ofShare.settle(used);
            for (Part part : parts) {
                RedisQuota.this.settle(part, 0, used.tokens(part.tokens) - part.tokens);
            }
        }

        @Override
        public void release() {
            inFlight.release();
            ofShare.release();
            for (Part part : parts) {
                RedisQuota.this.settle(part, 0, -part.tokens);
            }
        }
    }
}
