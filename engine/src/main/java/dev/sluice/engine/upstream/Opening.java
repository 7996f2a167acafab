// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.upstream;

import dev.sluice.engine.cluster.Endpoint;
import dev.sluice.engine.config.HttpVersions;
import dev.sluice.engine.config.TimeoutConfig;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ConnectTimeoutException;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.net.UnknownHostException;
import java.util.Locale;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection that is being opened, up to the end of its TLS handshake and the choice of its HTTP version.
 *
 * <p><b>Threading:</b> confined to its loop.
 */
final class Opening implements AddressRace.Result {
    private static final Logger LOG = LoggerFactory.getLogger(Opening.class);

    private final Endpoint endpoint;
    private final HttpVersions versions;
    private final TimeoutConfig timeouts;
    private final Result result;
    private final Runnable onGone;
    private boolean isOver;

    /**
     * @param versions the HTTP versions that are offered
     * @param onGone   runs if there will be no connection
     */
    Opening(Endpoint endpoint, HttpVersions versions, TimeoutConfig timeouts, Result result, Runnable onGone) {
        this.endpoint = endpoint;
        this.versions = versions;
        this.timeouts = timeouts;
        this.result = result;
        this.onGone = onGone;
    }

    /** The receiver of the outcome. */
    interface Result {
        /** Receives the connection, without a handler for its protocol. */
        void onReady(Channel channel, boolean isHttp2);

        /** Reports that no connection could be made. */
        void onFailed(Throwable cause);
    }

    Endpoint endpoint() {
        return endpoint;
    }

    /** Returns the handler of a channel that is not connected yet; nothing is read before the protocol is known. */
    static ChannelHandler newHandler() {
        return new Connecting();
    }

    /**
     * Epoll reports a reset during a connect twice, as the failed connect and as an exception; only the former counts.
     */
    @ChannelHandler.Sharable
    private static final class Connecting extends ChannelInboundHandlerAdapter {
        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            LOG.debug("error before a connection to an upstream was established: {}", cause.toString());
        }
    }

    /** Returns the reason of a failed connect in a few words, without classes and addresses. */
    static String reason(Throwable cause) {
        if (cause instanceof UnknownHostException) {
            return "its name is not known";
        }
        if (cause instanceof ConnectTimeoutException) {
            return "no answer in time";
        }
        String text = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
        if (cause instanceof SSLException) {
            return "TLS, " + cause.getMessage();
        }
        for (String known : new String[] {"connection refused", "network is unreachable", "no route to host",
            "connection reset", "too many open files"}) {
            if (text.contains(known)) {
                return known;
            }
        }
        return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    }

    @Override
    public void onConnected(Channel channel) {
        if (channel.pipeline().get(Connecting.class) != null) { // already removed if the channel has closed
            channel.pipeline().remove(Connecting.class);
        }
        if (!endpoint.isTls()) {
            choose(channel, versions == HttpVersions.HTTP_2);
            return;
        }
        SslHandler tls = endpoint.tls(versions).newHandler(channel.alloc(), endpoint.host(), endpoint.port());
        tls.setHandshakeTimeoutMillis(timeouts.tlsHandshake().toMillis());
        // A handler must be present for bytes that the upstream sends right after its handshake.
        channel.pipeline().addLast(tls, new ChannelInboundHandlerAdapter() {
            @Override
            public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
                if (event instanceof SslHandshakeCompletionEvent completion && completion.isSuccess()) {
                    choose(ctx.channel(), ApplicationProtocolNames.HTTP_2.equals(tls.applicationProtocol()));
                    ctx.pipeline().remove(this);
                }
            }

            @Override
            public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
                onFailed(cause);
                ctx.close();
            }
        });
        tls.handshakeFuture().addListener(done -> {
            if (!done.isSuccess()) {
                channel.close();
                onFailed(done.cause());
            }
        });
        channel.read(); // reads the peer's first handshake message
    }

    private void choose(Channel channel, boolean isHttp2) {
        if (isOver) {
            return;
        }
        if (versions == HttpVersions.HTTP_2 && !isHttp2) {
            channel.close();
            onFailed(new SSLException("alpn: no HTTP/2 (expected: h2, because the endpoint allows only HTTP/2)"));
            return;
        }
        isOver = true;
        int failedBefore = endpoint.recordReached();
        if (failedBefore > 0) {
            LOG.info("endpoint {} can be reached again, after {} failed connects", endpoint, failedBefore);
        }
        result.onReady(channel, isHttp2);
    }

    @Override
    public void onFailed(Throwable cause) {
        if (isOver) {
            return;
        }
        isOver = true;
        if (endpoint.recordUnreachable() == 1) {
            LOG.warn("endpoint {} cannot be reached: {}; the next line comes when it can", endpoint, reason(cause));
        }
        onGone.run();
        result.onFailed(cause);
    }
}
