// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.upstream;

import dev.sluice.engine.cluster.Endpoint;
import dev.sluice.engine.http.UpstreamRequest;
import dev.sluice.protocol.framing.ChunkHead;
import dev.sluice.protocol.framing.HeaderLines;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.util.Iterator;
import java.util.Map;

/** The writer of a request's head in HTTP/1.1 (RFC 9112). */
final class Http1RequestHead {
    private Http1RequestHead() {
    }

    /** Appends the head to {@code out}. */
    static void write(ByteBuf out, UpstreamRequest request, Endpoint endpoint) {
        ByteBufUtil.writeAscii(out, request.method());
        out.writeByte(' ');
        ByteBufUtil.writeAscii(out, endpoint.basePath());
        ByteBufUtil.writeAscii(out, request.target());
        ByteBufUtil.writeAscii(out, " HTTP/1.1\r\n");
        HeaderLines.write(out, "host", endpoint.hostHeader());
        if (endpoint.apiKey() != null) {
            ByteBufUtil.writeAscii(out, "authorization: Bearer ");
            ByteBufUtil.writeAscii(out, endpoint.apiKey());
            ChunkHead.writeCrlf(out);
        }
        Iterator<Map.Entry<CharSequence, CharSequence>> all = request.headers().iteratorCharSequence();
        while (all.hasNext()) {
            Map.Entry<CharSequence, CharSequence> header = all.next();
            HeaderLines.write(out, header.getKey(), header.getValue());
        }
        if (request.bodyBytes() >= 0 && request.hasBody()) {
            HeaderLines.write(out, "content-length", Long.toString(request.bodyBytes()));
        } else if (request.bodyBytes() < 0) {
            HeaderLines.write(out, "transfer-encoding", "chunked");
        }
        ChunkHead.writeCrlf(out);
    }
}
