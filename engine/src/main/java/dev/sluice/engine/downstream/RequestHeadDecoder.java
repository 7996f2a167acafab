// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.downstream;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpRequestDecoder;
import java.util.ArrayList;
import java.util.List;

/**
 * Netty's request decoder, used only for heads and outside any pipeline, so that heads get its hardening and bodies
 * never become objects.
 */
final class RequestHeadDecoder extends HttpRequestDecoder {
    private final List<Object> decoded = new ArrayList<>(2);

    RequestHeadDecoder(int maxTargetBytes, int maxHeadBytes) {
        super(new HttpDecoderConfig().setMaxInitialLineLength(maxTargetBytes).setMaxHeaderSize(maxHeadBytes)
                .setStrictLineParsing(true).setUseRfc9112TransferEncoding(true)
                .setAllowDuplicateContentLengths(false));
    }

    /**
     * Decodes one complete head.
     *
     * @param head borrowed; read to its end
     * @return the request, whose decoder result shows whether it is valid. The return type is the class, because a cast
     *         to one of its interfaces costs more, and about twice as much if loops share it
     */
    DefaultHttpRequest decodeHead(ByteBuf head) throws Exception {
        reset(); // clears the state that expects a body after the previous head
        decode(null, head, decoded);
        DefaultHttpRequest request = (DefaultHttpRequest) decoded.get(0);
        decoded.clear(); // so that the connection keeps no head alive
        return request;
    }

    /** Releases the decoder's scratch memory. */
    void close() throws Exception {
        handlerRemoved0(null);
    }
}
