// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.examples.netty;

import dev.sluice.engine.Relay;
import dev.sluice.engine.RelayHandler;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.http.HttpServerCodec;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A decoder that reads the beginning of a connection's first request, and replaces itself by the handlers of that path.
 *
 * <p>It decides once per connection: a connection that was handed over stays with the relay, which answers 404 to paths
 * of the server. This fits callers that ask for one kind of path only, but not a proxy in front that sends the requests
 * of all callers over the same connections; such a server needs a port or a host name for each.
 */
final class PathSwitch extends ByteToMessageDecoder {
    private static final byte[] OWN = "GET /hello ".getBytes(StandardCharsets.US_ASCII);

    private final Relay relay;

    PathSwitch(Relay relay) {
        this.relay = relay;
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        int known = Math.min(in.readableBytes(), OWN.length);
        boolean isOwn = true;
        for (int i = 0; i < known; i++) {
            isOwn &= in.getByte(in.readerIndex() + i) == OWN[i];
        }
        if (isOwn && known < OWN.length) {
            return; // more bytes decide
        }
        ChannelPipeline pipeline = ctx.pipeline();
        if (isOwn) {
            pipeline.addLast(new HttpServerCodec(), new HelloHandler());
        } else {
            pipeline.addLast(new RelayHandler(relay));
        }
        pipeline.remove(this); // passes on the bytes that were read
    }
}
