// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.body;

import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.compression.DecompressionException;
import io.netty.handler.codec.compression.JdkZlibDecoder;
import io.netty.handler.codec.compression.Zstd;
import io.netty.handler.codec.compression.ZlibWrapper;
import io.netty.handler.codec.compression.ZstdDecoder;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * Decodes a compressed request body as it arrives (RFC 9110 section 8.4): gzip, deflate and, where zstd-jni is on the
 * class path, zstd; several in a row from right to left.
 *
 * <p>Bytes go in by small steps, and what comes out is counted at once: a body that unfolds too far is refused when it
 * does, not when it has.
 *
 * <p><b>Threading:</b> confined to one event loop. <b>Ownership:</b> takes what it is given, gives what comes out.
 */
public final class ContentDecoder {
    /** How many codings may be applied one after the other. */
    private static final int MAX_CODINGS = 3;
    /** Deflate can unfold to a thousand times its size: one step makes at most about a mebibyte per coding. */
    private static final int STEP_BYTES = 1024;
    private static final int PIECE_BYTES = 64 * 1024;
    /** 8 MiB, what RFC 8878 section 3.1.1.1.2 recommends to support at least. */
    private static final int MAX_ZSTD_WINDOW_LOG = 23;
    private static final int MAX_RATIO = 200;
    /** Below this the ratio does not matter. */
    private static final int FREE_BYTES = 1024 * 1024;

    private final EmbeddedChannel channel;
    private final List<CompleteZlibDecoder> zlibDecoders = new ArrayList<>(1);
    private final long maxBytes;
    private Consumer<ByteBuf> target;
    private long wireBytes;
    private long decodedBytes;
    private RelayException fault;

    private ContentDecoder(List<String> codings, long maxBytes) {
        this.maxBytes = maxBytes;
        List<ChannelHandler> handlers = new ArrayList<>();
        for (int i = codings.size() - 1; i >= 0; i--) {
            handlers.add(decoder(codings.get(i)));
        }
        handlers.add(new Sink());
        channel = new EmbeddedChannel(handlers.toArray(ChannelHandler[]::new));
    }

    /**
     * Returns a decoder, or null for a body that is not compressed.
     *
     * @param headers  the values of Content-Encoding, in order
     * @param maxBytes how long the body may be, as it comes and decoded
     * @throws RelayException where a coding is not known here
     */
    public static ContentDecoder of(List<String> headers, long maxBytes) {
        List<String> codings = codings(headers);
        return codings.isEmpty() ? null : new ContentDecoder(codings, maxBytes);
    }

    /**
     * Checks that all codings are known.
     *
     * @throws RelayException where one is not
     */
    public static void check(List<String> headers) {
        codings(headers);
    }

    private static List<String> codings(List<String> headers) {
        List<String> codings = new ArrayList<>();
        for (String header : headers) {
            for (String element : header.split(",", -1)) {
                String coding = element.trim().toLowerCase(Locale.ROOT);
                if (coding.isEmpty() || coding.equals("identity")) {
                    continue;
                }
                boolean isKnown = switch (coding) {
                    case "gzip", "x-gzip", "deflate" -> true;
                    case "zstd" -> Zstd.isAvailable();
                    default -> false;
                };
                if (!isKnown) {
                    throw unsupported("a coding that is not supported");
                }
                codings.add(coding);
            }
        }
        if (codings.size() > MAX_CODINGS) {
            throw unsupported(codings.size() + " codings");
        }
        return codings;
    }

    private static RelayException unsupported(String found) {
        return RelayException.of(ErrorCode.DOWNSTREAM_CODING_UNSUPPORTED, "content-encoding: " + found
                + " (expected: at most " + MAX_CODINGS + " of gzip, deflate" + (Zstd.isAvailable() ? ", zstd" : "")
                + ", or none)");
    }

    private ChannelHandler decoder(String coding) {
        if (coding.equals("zstd")) {
            return new ZstdDecoder(PIECE_BYTES, MAX_ZSTD_WINDOW_LOG);
        }
        CompleteZlibDecoder decoder = new CompleteZlibDecoder(coding.equals("deflate") ? ZlibWrapper.ZLIB_OR_NONE
                : ZlibWrapper.GZIP);
        zlibDecoders.add(decoder);
        return decoder;
    }

    /**
     * Decodes on.
     *
     * @param bytes taken
     * @param out   takes what comes out
     * @throws RelayException where the bytes are not what their coding says, or unfold too far
     */
    public void decode(ByteBuf bytes, Consumer<ByteBuf> out) {
        target = out;
        try {
            while (bytes.isReadable() && fault == null) {
                int step = Math.min(STEP_BYTES, bytes.readableBytes());
                wireBytes += step;
                channel.writeInbound(bytes.readRetainedSlice(step));
                channel.checkException();
            }
        } catch (DecoderException | IndexOutOfBoundsException e) {
            throw RelayException.of(ErrorCode.DOWNSTREAM_CODING_INVALID,
                    "content-encoding: a body that does not decode (expected: what the header says)");
        } finally {
            bytes.release();
        }
        if (fault != null) {
            throw fault;
        }
    }

    /**
     * Says that the body has ended.
     *
     * @throws RelayException where it is not complete
     */
    public void end() {
        for (CompleteZlibDecoder decoder : zlibDecoders) {
            if (!decoder.isClosed()) {
                throw RelayException.of(ErrorCode.DOWNSTREAM_CODING_INVALID,
                        "content-encoding: a body that ends too early (expected: what the header says)");
            }
        }
    }

    /** Returns how many bytes have come out. */
    public long decodedBytes() {
        return decodedBytes;
    }

    /** Gives back everything; idempotent. */
    public void release() {
        target = ByteBuf::release;
        if (channel.isOpen()) {
            try {
                channel.finishAndReleaseAll();
            } catch (DecoderException | IndexOutOfBoundsException ignored) {
                // what was left in the decoder is not a body; it has been refused, or nobody wants it any more
            }
        }
    }

    private void onDecoded(ByteBuf bytes) {
        decodedBytes += bytes.readableBytes();
        if (fault == null && decodedBytes > maxBytes) {
            fault = tooLarge("over " + maxBytes + " bytes decoded");
        }
        if (fault == null && decodedBytes > FREE_BYTES && decodedBytes > MAX_RATIO * wireBytes) {
            fault = tooLarge("unfolds to over " + MAX_RATIO + " times its size");
        }
        if (fault != null) {
            bytes.release();
        } else {
            try {
                target.accept(bytes);
            } catch (RelayException refusal) {
                fault = refusal; // the pipeline around us would only pass it on
            }
        }
    }

    private static RelayException tooLarge(String found) {
        return RelayException.of(ErrorCode.DOWNSTREAM_BODY_TOO_LARGE, "body: " + found + " (expected: less)");
    }

    private final class Sink extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            onDecoded((ByteBuf) message);
        }
    }

    /** Refuses bytes after the end, which would be let pass unseen. */
    private static final class CompleteZlibDecoder extends JdkZlibDecoder {
        CompleteZlibDecoder(ZlibWrapper wrapper) {
            super(wrapper, false, 0);
        }

        @Override
        protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
            if (isClosed() && in.isReadable()) {
                throw new DecompressionException("bytes after the end");
            }
            super.decode(ctx, in, out);
        }
    }
}
