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
 * Netty's request decoder, used for heads only and outside of any pipeline: heads get its hardening, bodies never
 * become objects.
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
     * @return the request, by its class: a cast to one of its interfaces costs more, and twice where loops share it;
     *         its decoder result tells whether it is valid
     */
    DefaultHttpRequest decodeHead(ByteBuf head) throws Exception {
        reset(); // forgets that a body was to follow the head before
        decode(null, head, decoded);
        DefaultHttpRequest request = (DefaultHttpRequest) decoded.get(0);
        decoded.clear(); // a connection keeps no head alive
        return request;
    }

    /** Gives back the decoder's scratch memory. */
    void close() throws Exception {
        handlerRemoved0(null);
    }
}
