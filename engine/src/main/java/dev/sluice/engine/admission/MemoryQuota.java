// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.admission;

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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * The limits of keys, groups and routes, counted in memory. A request counts for all limits that apply to it, or for
 * none.
 *
 * <p>Requests and what is in flight are counted for the caller and its group when the caller is known. Tokens, and all
 * limits of a route, are counted when the route is known: tokens by an estimate, which is corrected at the end.
 *
 * <p><b>Threading:</b> any. One lock is held for the few operations of an answer; a request without limits takes none.
 */
final class MemoryQuota implements RequestQuota {
    private static final int MAX_IDLE_ACCOUNTS = 10_000;
    private static final long SWEEP_NANOS = 1_000_000_000;

    private final LongSupplier clock;
    private final Map<String, Account> accounts = new HashMap<>();
    private long sweptNanos;

    MemoryQuota(LongSupplier clock) {
        this.clock = clock;
        sweptNanos = clock.getAsLong();
    }

    @Override
    public void admit(Principal caller, Answer answer) {
        decide(scopesOf(caller), true, 0, answer);
    }

    @Override
    public void admit(PlannedRequest request, Answer answer) {
        List<Scope> ofTokens = scopesOf(request.caller());
        RouteConfig route = request.route();
        if (route.limits().isRateLimited()) {
            Scope ofRoute = new Scope("route " + route.model() + ' ' + route.cluster(), "The route " + route.model(),
                    route.limits(), true);
            ofTokens = new ArrayList<>(ofTokens);
            ofTokens.add(ofRoute);
        }
        decide(ofTokens, false, request.estimatedTokens(), answer);
    }

    private static List<Scope> scopesOf(Principal caller) {
        boolean isLimited = caller.limits().isRateLimited();
        boolean isGroupLimited = caller.group() != null && caller.groupLimits().isRateLimited();
        if (!isLimited && !isGroupLimited) {
            return List.of();
        }
        List<Scope> scopes = new ArrayList<>(3);
        if (isLimited) {
            scopes.add(new Scope("key " + caller.name(), "This API key", caller.limits(), false));
        }
        if (isGroupLimited) {
            scopes.add(new Scope("group " + caller.group(), "The group " + caller.group(), caller.groupLimits(),
                    false));
        }
        return scopes;
    }

    /**
     * Answers one of the two questions.
     *
     * @param isOfCaller whether it is the first one, which counts requests and what is in flight, except of routes
     * @param tokens     the estimate; 0 in the first question
     */
    private void decide(List<Scope> scopes, boolean isOfCaller, long tokens, Answer answer) {
        if (scopes.isEmpty()) {
            answer.grant(Permit.NONE);
            return;
        }
        List<Share> shares = new ArrayList<>(scopes.size());
        QuotaRefusal refusal = null;
        synchronized (accounts) {
            long nowNanos = clock.getAsLong();
            sweep(nowNanos);
            for (Scope scope : scopes) {
                Account account = accounts.computeIfAbsent(scope.id, id -> new Account(nowNanos));
                boolean isCounted = isOfCaller != scope.isOfRoute;
                Share share = new Share(scope, account, isCounted ? 1 : 0, isOfCaller ? 0 : tokens);
                refusal = share.refusal(nowNanos);
                if (refusal != null) {
                    break;
                }
                shares.add(share);
            }
            if (refusal == null) {
                shares.forEach(share -> share.take(nowNanos));
            }
        }
        if (refusal == null) {
            answer.grant(new Shares(shares, tokens));
        } else {
            answer.refuse(refusal);
        }
    }

    private void sweep(long nowNanos) {
        if (accounts.size() > MAX_IDLE_ACCOUNTS && nowNanos - sweptNanos > SWEEP_NANOS) {
            sweptNanos = nowNanos;
            accounts.values().removeIf(account -> account.isIdle(nowNanos));
        }
    }

    int accounts() {
        synchronized (accounts) {
            return accounts.size();
        }
    }

    /**
     * What has limits.
     *
     * @param id        unique among keys, groups and routes
     * @param words     the name in a refusal
     * @param isOfRoute whether its requests are counted when the route is known
     */
    private record Scope(String id, String words, UsageLimits limits, boolean isOfRoute) {
    }

    /** The counts of one key, group or route. */
    private static final class Account {
        private int inFlight;
        private final Gcra requests;
        private final Gcra tokens;

        Account(long nowNanos) {
            requests = new Gcra(nowNanos);
            tokens = new Gcra(nowNanos);
        }

        boolean isIdle(long nowNanos) {
            return inFlight == 0 && requests.isFull(nowNanos) && tokens.isFull(nowNanos);
        }
    }

    /** The part of one request in one account. */
    private record Share(Scope scope, Account account, int requests, long tokens) {

        QuotaRefusal refusal(long nowNanos) {
            UsageLimits limits = scope.limits;
            if (requests > 0 && limits.maxInFlight() > 0 && account.inFlight >= limits.maxInFlight()) {
                return refusal(" has " + limits.maxInFlight() + " requests in flight, which is its limit",
                        Duration.ofSeconds(1).toNanos(), nowNanos);
            }
            long perMinute = limits.requestsPerMinute();
            long waitNanos = requests > 0 && perMinute > 0 ? account.requests.waitNanos(perMinute, 1, nowNanos) : 0;
            if (waitNanos > 0) {
                return refusal(" may make " + perMinute + " requests a minute", waitNanos, nowNanos);
            }
            perMinute = limits.tokensPerMinute();
            waitNanos = tokens > 0 && perMinute > 0 ? account.tokens.waitNanos(perMinute, 1, nowNanos) : 0;
            if (waitNanos > 0) {
                return refusal(" may use " + perMinute + " tokens a minute", waitNanos, nowNanos);
            }
            return null;
        }

        private QuotaRefusal refusal(String limit, long waitNanos, long nowNanos) {
            return QuotaRefusal.ofRate(scope.words + limit, Duration.ofNanos(waitNanos), status(nowNanos));
        }

        QuotaStatus status(long nowNanos) {
            UsageLimits limits = scope.limits;
            return new QuotaStatus(limits.requestsPerMinute() == 0 ? null
                    : account.requests.left(limits.requestsPerMinute(), nowNanos), limits.tokensPerMinute() == 0 ? null
                    : account.tokens.left(limits.tokensPerMinute(), nowNanos));
        }

        void take(long nowNanos) {
            account.inFlight += requests;
            if (requests > 0 && scope.limits.requestsPerMinute() > 0) {
                account.requests.use(scope.limits.requestsPerMinute(), requests, nowNanos);
            }
            useTokens(tokens, nowNanos);
        }

        void useTokens(long count, long nowNanos) {
            if (count != 0 && scope.limits.tokensPerMinute() > 0) {
                account.tokens.use(scope.limits.tokensPerMinute(), count, nowNanos);
            }
        }
    }

    /** The parts of one request. */
    private final class Shares implements Permit {
        private final List<Share> shares;
        private final long estimate;

        Shares(List<Share> shares, long estimate) {
            this.shares = shares;
            this.estimate = estimate;
        }

        @Override
        public QuotaStatus status() {
            QuotaStatus status = null;
            synchronized (accounts) {
                long nowNanos = clock.getAsLong();
                for (Share share : shares) {
                    status = QuotaStatus.merge(status, share.status(nowNanos));
                }
            }
            return status;
        }

        @Override
        public void settle(Settlement used) {
            end(estimate == 0 ? 0 : used.tokens(estimate) - estimate);
        }

        @Override
        public void release() {
            end(-estimate);
        }

        private void end(long correction) {
            synchronized (accounts) {
                long nowNanos = clock.getAsLong();
                for (Share share : shares) {
                    share.account.inFlight -= share.requests;
                    share.useTokens(correction, nowNanos);
                }
            }
        }
    }
}
