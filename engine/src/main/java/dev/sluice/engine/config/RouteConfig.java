// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

import java.time.Duration;
import java.util.Objects;

/**
 * Which model goes where.
 *
 * @param model             the name that is asked for, or a pattern with {@code *} for any run of characters
 * @param cluster           the cluster's name
 * @param upstreamModel     the name to ask the upstream for; null for the same
 * @param profile           the profile that downstreams see, where their path has none of its own; null for the default
 * @param onUpstreamLoss    what a downstream sees when the upstream is lost in mid-stream
 * @param onDownstreamLeave what becomes of the upstream's answer when the downstream leaves before its end
 * @param retry             when a request is sent again
 * @param keepAlive         above zero: where an event stream is silent for so long between two events, a {@code
 *                          keepalive} event is added, for clients that give up on silence. It changes the stream
 */
public record RouteConfig(String model, String cluster, String upstreamModel, String profile,
        UpstreamLoss onUpstreamLoss, DownstreamLeave onDownstreamLeave, RetryConfig retry, Duration keepAlive) {
    public RouteConfig {
        Checks.text("route model", model);
        Checks.name("route cluster", cluster);
        if (upstreamModel != null) {
            Checks.text("route upstream_model", upstreamModel);
        }
        Objects.requireNonNull(retry, "retry");
        Checks.notNegative("route keep_alive", keepAlive);
    }

    /** A route with every default: the model keeps its name, a loss aborts, a leave cancels. */
    public static RouteConfig of(String model, String cluster) {
        return new RouteConfig(model, cluster, null, null, UpstreamLoss.ABORT, DownstreamLeave.CANCEL,
                RetryConfig.DEFAULT, Duration.ZERO);
    }

    /** Returns this route with another name for the upstream. */
    public RouteConfig withUpstreamModel(String name) {
        return new RouteConfig(model, cluster, name, profile, onUpstreamLoss, onDownstreamLeave, retry,
                keepAlive);
    }

    /** Returns this route with another profile. */
    public RouteConfig withProfile(String name) {
        return new RouteConfig(model, cluster, upstreamModel, name, onUpstreamLoss, onDownstreamLeave, retry,
                keepAlive);
    }

    /** Returns this route with another end for lost upstreams. */
    public RouteConfig withUpstreamLoss(UpstreamLoss end) {
        return new RouteConfig(model, cluster, upstreamModel, profile, end, onDownstreamLeave, retry,
                keepAlive);
    }

    /** Returns this route with another policy for downstreams that leave. */
    public RouteConfig withDownstreamLeave(DownstreamLeave policy) {
        return new RouteConfig(model, cluster, upstreamModel, profile, onUpstreamLoss, policy, retry,
                keepAlive);
    }

    /** Returns this route with other retries. */
    public RouteConfig withRetry(RetryConfig other) {
        return new RouteConfig(model, cluster, upstreamModel, profile, onUpstreamLoss, onDownstreamLeave, other,
                keepAlive);
    }

    /** Returns this route with events added to streams that are silent for so long. */
    public RouteConfig withKeepAlive(Duration silence) {
        return new RouteConfig(model, cluster, upstreamModel, profile, onUpstreamLoss, onDownstreamLeave, retry,
                silence);
    }

    /** How an event stream ends whose upstream was lost. */
    public enum UpstreamLoss {
        /** The downstream's connection is closed without the end of the body: every HTTP client sees an error. */
        ABORT,
        /** A {@code response.failed} event is added and the body ended, where the stream allows it; else aborted. */
        FAILED_EVENT
    }

    /** What becomes of an answer nobody waits for any more. */
    public enum DownstreamLeave {
        /** The upstream's connection is closed at once: no more tokens are paid for. */
        CANCEL,
        /** It is read to its end, within a bound, so that its usage is known. */
        DRAIN
    }
}
