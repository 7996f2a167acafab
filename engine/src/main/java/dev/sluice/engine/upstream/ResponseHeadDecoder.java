// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.upstream;

import dev.sluice.protocol.framing.FramingException;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpResponseDecoder;
import java.util.ArrayList;
import java.util.List;

/** Netty's response decoder, used only for heads and outside any pipeline, so that bodies never become objects. */
final class ResponseHeadDecoder extends HttpResponseDecoder {
    private final List<Object> decoded = new ArrayList<>(2);

    ResponseHeadDecoder(int maxLineBytes, int maxHeadBytes) {
        super(new HttpDecoderConfig().setMaxInitialLineLength(maxLineBytes).setMaxHeaderSize(maxHeadBytes)
                .setStrictLineParsing(true).setUseRfc9112TransferEncoding(true)
                .setAllowDuplicateContentLengths(false));
    }

    /**
     * Decodes one complete head.
     *
     * @param head borrowed; read to its end
     * @throws FramingException if the head is not valid
     */
    DefaultHttpResponse decodeHead(ByteBuf head) throws Exception {
        reset(); // clears the state that expects a body after the previous head
        decode(null, head, decoded);
        DefaultHttpResponse response = (DefaultHttpResponse) decoded.get(0);
        decoded.clear(); // so that the connection keeps no head alive
        if (response.decoderResult().isFailure()) {
            throw new FramingException(FramingException.Fault.MALFORMED,
                    "response head: not valid (expected: RFC 9112 syntax)");
        }
        return response;
    }

    /** Releases the decoder's scratch memory. */
    void close() throws Exception {
        handlerRemoved0(null);
    }
}
