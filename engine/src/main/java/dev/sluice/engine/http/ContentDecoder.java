// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.http;

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
import io.netty.handler.codec.compression.ZlibWrapper;
import io.netty.handler.codec.compression.Zstd;
import io.netty.handler.codec.compression.ZstdDecoder;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * A decoder of compressed bodies, which decodes as the bytes arrive (RFC 9110 section 8.4). It supports gzip,
 * deflate and, if zstd-jni is on the class path, zstd; several codings are decoded from right to left.
 *
 * <p>Bytes are decoded in small steps, and the output of each coding is counted at once, so that a body that expands
 * too far is refused while it expands. The members of a gzip body are decoded one after the other (RFC 1952 section
 * 2.2); anything else after the end of a coding is refused.
 *
 * <p><b>Threading:</b> confined to one event loop. <b>Ownership:</b> takes its input and passes on its output.
 */
public final class ContentDecoder {
    /** The maximum number of codings that may be applied to one body. */
    private static final int MAX_CODINGS = 3;
    /**
     * The input of one step. Deflate expands at most about a thousandfold, so that one step produces at most about 1
     * MiB.
     */
    private static final int STEP_BYTES = 1024;
    /**
     * The input of one zstd step. Four bytes of zstd can expand to 128 KiB, so that one step produces at most 8 MiB,
     * which are counted before they are passed on.
     */
    private static final int ZSTD_STEP_BYTES = 256;
    private static final int PIECE_BYTES = 64 * 1024;
    /** 8 MiB, the window size that RFC 8878 section 3.1.1.1.2 recommends every decoder to support. */
    private static final int MAX_ZSTD_WINDOW_LOG = 23;
    /** The number of gzip members, each of which costs a decoder; block-wise compressors make one of every 64 KiB. */
    private static final int MAX_MEMBERS = 4096;
    private static final int MAX_RATIO = 200;
    /** The decoded size up to which the ratio is not checked. */
    private static final int FREE_BYTES = 1024 * 1024;

    private final List<Stage> stages = new ArrayList<>(1);
    private final long maxBytes;
    private Consumer<ByteBuf> target;
    private long wireBytes;
    private RelayException fault;

    private ContentDecoder(List<String> codings, long maxBytes) {
        this.maxBytes = maxBytes;
        for (int i = codings.size() - 1; i >= 0; i--) {
            stages.add(new Stage(codings.get(i)));
        }
    }

    /**
     * Returns a decoder, or null for a body that is not compressed.
     *
     * @param headers  the headers of the request
     * @param maxBytes the maximum size of the body in bytes, both as received and decoded
     * @throws RelayException if a coding is not supported
     */
    public static ContentDecoder of(HttpHeaders headers, long maxBytes) {
        List<String> codings = codings(headers);
        return codings.isEmpty() ? null : new ContentDecoder(codings, maxBytes);
    }

    /**
     * Checks that all codings are supported.
     *
     * @throws RelayException if one is not
     */
    public static void check(HttpHeaders headers) {
        codings(headers);
    }

    /**
     * Returns the codings of a body, whether or not they are supported.
     *
     * @param headers the headers of the message
     * @return the names in lower case, in the order in which they were applied, without {@code identity}
     */
    public static List<String> named(HttpHeaders headers) {
        if (!headers.contains(HttpHeaderNames.CONTENT_ENCODING)) {
            return List.of();
        }
        List<String> codings = new ArrayList<>();
        for (String header : headers.getAll(HttpHeaderNames.CONTENT_ENCODING)) {
            for (String element : header.split(",", -1)) {
                String coding = element.trim().toLowerCase(Locale.ROOT);
                if (!coding.isEmpty() && !coding.equals("identity")) {
                    codings.add(coding);
                }
            }
        }
        return codings;
    }

    private static List<String> codings(HttpHeaders headers) {
        List<String> codings = named(headers);
        for (String coding : codings) {
            boolean isKnown = switch (coding) {
                case "gzip", "x-gzip", "deflate" -> true;
                case "zstd" -> Zstd.isAvailable();
                default -> false;
            };
            if (!isKnown) {
                throw unsupported("a coding that is not supported");
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

    /**
     * Decodes the next bytes.
     *
     * @param bytes taken
     * @param out   takes the decoded bytes
     * @throws RelayException if the bytes do not match their coding, or expand too far
     */
    public void decode(ByteBuf bytes, Consumer<ByteBuf> out) {
        target = out;
        try {
            wireBytes += bytes.readableBytes();
            if (wireBytes > maxBytes) {
                throw tooLarge("over " + maxBytes + " bytes");
            }
            decode(0, bytes);
        } catch (DecoderException | IndexOutOfBoundsException e) {
            throw RelayException.of(ErrorCode.DOWNSTREAM_CODING_INVALID,
                    "content-encoding: the body cannot be decoded (expected: the codings of the header)");
        } finally {
            bytes.release();
        }
        if (fault != null) {
            throw fault;
        }
    }

    /** Feeds one stage in small steps, and the output of each step to the next stage. */
    private void decode(int index, ByteBuf bytes) {
        Stage stage = stages.get(index);
        while (bytes.isReadable() && fault == null) {
            stage.feed(bytes.readRetainedSlice(Math.min(stage.stepBytes, bytes.readableBytes())));
            for (ByteBuf piece = stage.pieces.poll(); piece != null; piece = stage.pieces.poll()) {
                if (fault != null) {
                    piece.release();
                } else if (index + 1 == stages.size()) {
                    target.accept(piece);
                } else {
                    try {
                        decode(index + 1, piece);
                    } finally {
                        piece.release();
                    }
                }
            }
        }
    }

    /**
     * Marks the end of the body.
     *
     * @throws RelayException if it is incomplete
     */
    public void end() {
        for (Stage stage : stages) {
            if (!stage.isComplete()) {
                throw RelayException.of(ErrorCode.DOWNSTREAM_CODING_INVALID,
                        "content-encoding: the body ends too early (expected: a complete body)");
            }
        }
    }

    /** Releases everything; idempotent. */
    public void release() {
        fault = fault == null ? tooLarge("over") : fault; // no more output is passed on
        stages.forEach(Stage::release);
    }

    private static RelayException tooLarge(String found) {
        return RelayException.of(ErrorCode.DOWNSTREAM_BODY_TOO_LARGE, "body: " + found + " (expected: less)");
    }

    /** One coding. The output of each step is counted before it is passed on. */
    @ChannelHandler.Sharable // by the channels of its gzip members, one after the other
    private final class Stage extends ChannelInboundHandlerAdapter {
        private final ArrayDeque<ByteBuf> pieces = new ArrayDeque<>();
        private final ZlibWrapper wrapper; // null for zstd
        private final ZstdFrames frames = new ZstdFrames();
        private final int stepBytes;
        private CompleteZlibDecoder zlib;
        private EmbeddedChannel channel;
        private int members = 1;
        private long decodedBytes;

        Stage(String coding) {
            wrapper = coding.equals("zstd") ? null : coding.equals("deflate") ? ZlibWrapper.ZLIB_OR_NONE
                    : ZlibWrapper.GZIP;
            stepBytes = wrapper == null ? ZSTD_STEP_BYTES : STEP_BYTES;
            open();
        }

        private void open() {
            zlib = wrapper == null ? null : new CompleteZlibDecoder(wrapper);
            channel = new EmbeddedChannel(wrapper == null ? new ZstdDecoder(PIECE_BYTES, MAX_ZSTD_WINDOW_LOG) : zlib,
                    this);
        }

        /** Decodes one step of input, which it takes. */
        void feed(ByteBuf step) {
            if (wrapper == null) {
                frames.add(step);
            }
            ByteBuf rest = step;
            while (rest != null) {
                if (zlib != null && zlib.isClosed() && rest.isReadable()) {
                    nextMember(rest);
                }
                channel.writeInbound(rest);
                channel.checkException();
                rest = zlib == null ? null : zlib.takeRest();
            }
        }

        private void nextMember(ByteBuf rest) {
            if (wrapper != ZlibWrapper.GZIP || ++members > MAX_MEMBERS) {
                rest.release();
                throw new DecompressionException("bytes after the end, or too many members");
            }
            channel.finishAndReleaseAll();
            open();
        }

        boolean isComplete() {
            return zlib == null ? frames.isAtEnd() : zlib.isClosed();
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ByteBuf bytes = (ByteBuf) message;
            decodedBytes += bytes.readableBytes();
            if (fault == null && decodedBytes > maxBytes) {
                fault = tooLarge("over " + maxBytes + " bytes decoded");
            }
            if (fault == null && decodedBytes > FREE_BYTES && decodedBytes > MAX_RATIO * wireBytes) {
                fault = tooLarge("expands to over " + MAX_RATIO + " times its size");
            }
            if (fault != null) {
                bytes.release();
            } else {
                pieces.add(bytes);
            }
        }

        void release() {
            if (channel.isOpen()) {
                try {
                    channel.finishAndReleaseAll();
                } catch (DecoderException | IndexOutOfBoundsException ignored) {
                    // what is left in the decoder is not a valid body, which was refused or is no longer needed
                }
            }
            pieces.forEach(ByteBuf::release);
            pieces.clear();
        }
    }

    /** A zlib decoder that keeps the bytes after the end, which would otherwise pass unnoticed. */
    private static final class CompleteZlibDecoder extends JdkZlibDecoder {
        private ByteBuf rest;

        CompleteZlibDecoder(ZlibWrapper wrapper) {
            super(wrapper, false, 0);
        }

        @Override
        protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
            if (!isClosed()) {
                super.decode(ctx, in, out);
            }
            if (isClosed() && in.isReadable()) {
                rest = in.readRetainedSlice(in.readableBytes());
            }
        }

        /** Returns the bytes after the end, or null for none; the caller releases them. */
        ByteBuf takeRest() {
            ByteBuf taken = rest;
            rest = null;
            return taken;
        }

        @Override
        protected void handlerRemoved0(ChannelHandlerContext ctx) throws Exception {
            if (rest != null) {
                rest.release();
                rest = null;
            }
            super.handlerRemoved0(ctx);
        }
    }
}
