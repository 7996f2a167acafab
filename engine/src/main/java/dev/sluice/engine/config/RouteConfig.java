// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

/**
 * Which model goes where.
 *
 * @param model             the name that is asked for, or a pattern with {@code *} for any run of characters
 * @param cluster           the cluster's name
 * @param upstreamModel     the name to ask the upstream for; null for the same
 * @param profile           the profile that downstreams see, where their path has none of its own; null for the default
 * @param onUpstreamLoss    what a downstream sees when the upstream is lost in mid-stream
 * @param onDownstreamLeave what becomes of the upstream's answer when the downstream leaves before its end
 * @param retryReusedConnection whether a request is sent again, once, on a fresh connection when the pooled one closed
 *                          within a second without a byte of response: nothing can have been processed then, unless
 *                          the upstream closes connections on requests that it works on
 */
public record RouteConfig(String model, String cluster, String upstreamModel, String profile,
        UpstreamLoss onUpstreamLoss, DownstreamLeave onDownstreamLeave, boolean retryReusedConnection) {
    public RouteConfig {
        Checks.text("route model", model);
        Checks.name("route cluster", cluster);
        if (upstreamModel != null) {
            Checks.text("route upstream_model", upstreamModel);
        }
    }

    /** A route with every default: the model keeps its name, a loss aborts, a leave cancels. */
    public static RouteConfig of(String model, String cluster) {
        return new RouteConfig(model, cluster, null, null, UpstreamLoss.ABORT, DownstreamLeave.CANCEL, true);
    }

    /** Returns this route with another name for the upstream. */
    public RouteConfig withUpstreamModel(String name) {
        return new RouteConfig(model, cluster, name, profile, onUpstreamLoss, onDownstreamLeave, retryReusedConnection);
    }

    /** Returns this route with another profile. */
    public RouteConfig withProfile(String name) {
        return new RouteConfig(model, cluster, upstreamModel, name, onUpstreamLoss, onDownstreamLeave,
                retryReusedConnection);
    }

    /** Returns this route with another end for lost upstreams. */
    public RouteConfig withUpstreamLoss(UpstreamLoss end) {
        return new RouteConfig(model, cluster, upstreamModel, profile, end, onDownstreamLeave, retryReusedConnection);
    }

    /** Returns this route with another policy for downstreams that leave. */
    public RouteConfig withDownstreamLeave(DownstreamLeave policy) {
        return new RouteConfig(model, cluster, upstreamModel, profile, onUpstreamLoss, policy, retryReusedConnection);
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
