// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.body;

import dev.sluice.engine.downstream.DownstreamRequest;
import dev.sluice.engine.plan.RequestHeaders;
import dev.sluice.engine.upstream.Endpoint;
import dev.sluice.protocol.framing.ChunkHead;
import dev.sluice.protocol.framing.HeaderLines;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Iterator;
import java.util.Map;

/** Writes the head of a request to an endpoint, in HTTP/1.1. */
public final class UpstreamRequestHead {
    private static final int FIRST_BYTES = 1024;

    private UpstreamRequestHead() {
    }

    /**
     * Returns the head; the caller owns it.
     *
     * @param path       what follows the endpoint's base path
     * @param exchangeId becomes x-request-id where the downstream sent none
     * @param bodyBytes  the length of the body, or -1 for chunks
     * @param isDecoded  whether the body is sent without the coding that it came in
     */
    public static ByteBuf write(ByteBufAllocator allocator, DownstreamRequest request, String path, Endpoint endpoint,
            String exchangeId, long bodyBytes, boolean isDecoded) {
        ByteBuf out = allocator.directBuffer(FIRST_BYTES);
        ByteBufUtil.writeAscii(out, request.method());
        out.writeByte(' ');
        ByteBufUtil.writeAscii(out, endpoint.basePath());
        ByteBufUtil.writeAscii(out, path);
        ByteBufUtil.writeAscii(out, request.query());
        ByteBufUtil.writeAscii(out, " HTTP/1.1\r\n");
        HeaderLines.write(out, "host", endpoint.hostHeader());
        if (endpoint.apiKey() != null) {
            ByteBufUtil.writeAscii(out, "authorization: Bearer ");
            ByteBufUtil.writeAscii(out, endpoint.apiKey());
            ChunkHead.writeCrlf(out);
        }
        HttpHeaders headers = RequestHeaders.forwarded(request.headers(), exchangeId, isDecoded);
        boolean hasBody = bodyBytes != 0 || request.method().equals("POST");
        if (hasBody && !headers.contains("content-type")) {
            HeaderLines.write(out, "content-type", "application/json");
        }
        Iterator<Map.Entry<CharSequence, CharSequence>> all = headers.iteratorCharSequence();
        while (all.hasNext()) {
            Map.Entry<CharSequence, CharSequence> header = all.next();
            HeaderLines.write(out, header.getKey(), header.getValue());
        }
        if (bodyBytes >= 0 && hasBody) {
            HeaderLines.write(out, "content-length", Long.toString(bodyBytes));
        } else if (bodyBytes < 0) {
            HeaderLines.write(out, "transfer-encoding", "chunked");
        }
        ChunkHead.writeCrlf(out);
        return out;
    }
}
