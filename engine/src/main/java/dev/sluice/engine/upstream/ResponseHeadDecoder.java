// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.upstream;

import dev.sluice.engine.cluster.Endpoint;
import dev.sluice.protocol.framing.FramingException;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpResponseDecoder;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Netty's response decoder, used only for heads and outside any pipeline, so that bodies never become objects. */
final class ResponseHeadDecoder extends HttpResponseDecoder {
    private static final Logger LOG = LoggerFactory.getLogger(ResponseHeadDecoder.class);

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
     * @param from the endpoint that has sent it, for the log
     * @throws FramingException if the head is not valid
     */
    DefaultHttpResponse decodeHead(ByteBuf head, Endpoint from) {
        DefaultHttpResponse response;
        try {
            reset(); // clears the state that expects a body after the previous head
            decode(null, head, decoded);
            response = (DefaultHttpResponse) decoded.get(0);
        } catch (Exception e) {
            LOG.debug("{} sent a head that passed the scan but could not be decoded", from, e);
            throw malformed();
        }
        decoded.clear(); // so that the connection keeps no head alive
        if (response.decoderResult().isFailure()) {
            throw malformed();
        }
        return response;
    }

    private static FramingException malformed() {
        return new FramingException(FramingException.Fault.MALFORMED,
                "response head: not valid (expected: RFC 9112 syntax)");
    }

    /** Releases the decoder's scratch memory. */
    void close() throws Exception {
        handlerRemoved0(null);
    }
}
