// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;

/**
 * A handler that hands a connection of another server over to a relay. The relay then owns the connection. As on its
 * own listeners, a relay without keys serves only connections from this machine; it closes others.
 *
 * <p><b>Threading:</b> upstream connections use the event loop of the connection, which must be one of Netty's epoll,
 * io_uring or NIO loops. Close the relay before the loops.
 *
 * <p><b>Pipeline position:</b> last, after a TLS handler if there is one. The handler expects plain bytes, so no HTTP
 * codec may be before it. It replaces itself when it is added.
 */
public final class RelayHandler extends ChannelInboundHandlerAdapter {
    private final Relay relay;

    /**
     * Creates a handler for one connection.
     *
     * @param relay the relay, with or without listeners of its own
     */
    public RelayHandler(Relay relay) {
        if (relay == null) {
            throw new IllegalArgumentException("relay: null (expected: a running relay)");
        }
        this.relay = relay;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        Channel channel = ctx.channel();
        Relay.DownstreamOptions.set(new Relay.DownstreamOptions.Target() {
            @Override
            public <T> void option(ChannelOption<T> option, T value) {
                channel.config().setOption(option, value);
            }
        });
        channel.config().setAllocator(relay.allocator());
        if (!relay.onForeignConnection(channel)) {
            ctx.close();
            return;
        }
        ctx.pipeline().replace(this, null, relay.core().newDownstreamHandler());
    }
}
