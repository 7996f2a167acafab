// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

import java.time.Duration;

/**
 * A route from model names to a cluster.
 *
 * @param model             the model name in the request, or a pattern in which {@code *} matches any run of characters
 * @param cluster           the name of the cluster
 * @param upstreamModel     the model name to send upstream; null to keep the name
 * @param profile           the profile that downstreams see, unless their path has a profile of its own; null for the
 *                          default
 * @param onUpstreamLoss    the end of an event stream whose upstream is lost
 * @param onDownstreamLeave the treatment of a response whose downstream leaves before its end
 * @param retry             the rules for retries
 * @param keepAlive         silence between two events after which a {@code keepalive} event is added to an event
 *                          stream, for clients that time out on silence; this changes the stream. Zero adds none
 * @param limits            the limits of all requests on the route together
 */
public record RouteConfig(String model, String cluster, String upstreamModel, String profile,
        UpstreamLoss onUpstreamLoss, DownstreamLeave onDownstreamLeave, RetryConfig retry, Duration keepAlive,
        UsageLimits limits) {
    public RouteConfig {
        Checks.text("route model", model);
        Checks.name("route cluster", cluster);
        if (upstreamModel != null) {
            Checks.text("route upstream_model", upstreamModel);
        }
        Checks.present("route on_upstream_loss", onUpstreamLoss);
        Checks.present("route on_downstream_leave", onDownstreamLeave);
        Checks.present("route retry", retry);
        Checks.notNegative("route keep_alive", keepAlive);
        Checks.present("route limits", limits);
    }

    /**
     * Creates a route with all defaults: the model name is kept, the loss of the upstream aborts the stream, and a
     * downstream that leaves cancels the request.
     *
     * @param model   the model name in the request, or a pattern with {@code *}
     * @param cluster the name of the cluster
     * @return the route
     */
    public static RouteConfig of(String model, String cluster) {
        return new RouteConfig(model, cluster, null, null, UpstreamLoss.ABORT, DownstreamLeave.CANCEL,
                RetryConfig.DEFAULT, Duration.ZERO, UsageLimits.NONE);
    }

    /**
     * Returns a copy with another upstream model name.
     *
     * @param name the model name to send upstream; null to keep the name
     * @return the copy
     */
    public RouteConfig withUpstreamModel(String name) {
        return toBuilder().upstreamModel(name).build();
    }

    /**
     * Returns a copy with another profile.
     *
     * @param name the profile that downstreams see; null for the default
     * @return the copy
     */
    public RouteConfig withProfile(String name) {
        return toBuilder().profile(name).build();
    }

    /**
     * Returns a copy with another end for event streams whose upstream is lost.
     *
     * @param end the end of the stream
     * @return the copy
     */
    public RouteConfig withUpstreamLoss(UpstreamLoss end) {
        return toBuilder().onUpstreamLoss(end).build();
    }

    /**
     * Returns a copy with another treatment of responses whose downstream leaves.
     *
     * @param policy the treatment
     * @return the copy
     */
    public RouteConfig withDownstreamLeave(DownstreamLeave policy) {
        return toBuilder().onDownstreamLeave(policy).build();
    }

    /**
     * Returns a copy with other rules for retries.
     *
     * @param other the rules
     * @return the copy
     */
    public RouteConfig withRetry(RetryConfig other) {
        return toBuilder().retry(other).build();
    }

    /**
     * Returns a copy with another {@code keepAlive}.
     *
     * @param silence silence after which an event is added; zero adds none
     * @return the copy
     */
    public RouteConfig withKeepAlive(Duration silence) {
        return toBuilder().keepAlive(silence).build();
    }

    /** The end of an event stream whose upstream was lost. */
    public enum UpstreamLoss {
        /**
         * The body is cut off without its end, so that every HTTP client sees an error: an HTTP/1.1 connection is
         * closed, an HTTP/2 stream is reset.
         */
        ABORT,
        /**
         * A {@code response.failed} event is added and the body is ended; if the stream does not allow that, aborted.
         */
        FAILED_EVENT
    }

    /** The treatment of a response whose downstream has left. */
    public enum DownstreamLeave {
        /**
         * The attempt is canceled at once, so that no further tokens are paid for: an HTTP/1.1 connection is closed, an
         * HTTP/2 stream is reset.
         */
        CANCEL,
        /** The response is read to its end, up to {@link LimitConfig#drainBytes}, so that its usage is known. */
        DRAIN
    }

    /** {@return a builder that starts with the values of this configuration} */
    public Builder toBuilder() {
        return new Builder(this);
    }

    /** A builder of {@link RouteConfig}. Not thread-safe. */
    public static final class Builder {
        private String model;
        private String cluster;
        private String upstreamModel;
        private String profile;
        private UpstreamLoss onUpstreamLoss;
        private DownstreamLeave onDownstreamLeave;
        private RetryConfig retry;
        private Duration keepAlive;
        private UsageLimits limits;

        private Builder(RouteConfig from) {
            model = from.model;
            cluster = from.cluster;
            upstreamModel = from.upstreamModel;
            profile = from.profile;
            onUpstreamLoss = from.onUpstreamLoss;
            onDownstreamLeave = from.onDownstreamLeave;
            retry = from.retry;
            keepAlive = from.keepAlive;
            limits = from.limits;
        }

        /**
         * Sets {@link RouteConfig#model}.
         *
         * @param value the model name in the request, or a pattern in which {@code *} matches any run of characters
         * @return this builder
         */
        public Builder model(String value) {
            model = value;
            return this;
        }

        /**
         * Sets {@link RouteConfig#cluster}.
         *
         * @param value the name of the cluster
         * @return this builder
         */
        public Builder cluster(String value) {
            cluster = value;
            return this;
        }

        /**
         * Sets {@link RouteConfig#upstreamModel}.
         *
         * @param value the model name to send upstream; null to keep the name
         * @return this builder
         */
        public Builder upstreamModel(String value) {
            upstreamModel = value;
            return this;
        }

        /**
         * Sets {@link RouteConfig#profile}.
         *
         * @param value the profile that downstreams see, unless their path has a profile of its own; null for the
         *               default
         * @return this builder
         */
        public Builder profile(String value) {
            profile = value;
            return this;
        }

        /**
         * Sets {@link RouteConfig#onUpstreamLoss}.
         *
         * @param value the end of an event stream whose upstream is lost
         * @return this builder
         */
        public Builder onUpstreamLoss(UpstreamLoss value) {
            onUpstreamLoss = value;
            return this;
        }

        /**
         * Sets {@link RouteConfig#onDownstreamLeave}.
         *
         * @param value the treatment of a response whose downstream leaves before its end
         * @return this builder
         */
        public Builder onDownstreamLeave(DownstreamLeave value) {
            onDownstreamLeave = value;
            return this;
        }

        /**
         * Sets {@link RouteConfig#retry}.
         *
         * @param value the rules for retries
         * @return this builder
         */
        public Builder retry(RetryConfig value) {
            retry = value;
            return this;
        }

        /**
         * Sets {@link RouteConfig#keepAlive}.
         *
         * @param value silence between two events after which a {@code keepalive} event is added to an event stream,
         *               for clients that time out on silence; this changes the stream. Zero adds none
         * @return this builder
         */
        public Builder keepAlive(Duration value) {
            keepAlive = value;
            return this;
        }

        /**
         * Sets {@link RouteConfig#limits}.
         *
         * @param value the limits of all requests on the route together
         * @return this builder
         */
        public Builder limits(UsageLimits value) {
            limits = value;
            return this;
        }

        /**
         * Returns the configuration.
         *
         * @return the configuration
         * @throws IllegalArgumentException if a value is out of its range
         */
        public RouteConfig build() {
            return new RouteConfig(model, cluster, upstreamModel, profile, onUpstreamLoss,
                    onDownstreamLeave, retry, keepAlive, limits);
        }
    }
}
