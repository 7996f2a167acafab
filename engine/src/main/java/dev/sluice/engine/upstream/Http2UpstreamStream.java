// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.upstream;

import dev.sluice.engine.cluster.Endpoint;
import dev.sluice.engine.http.AttemptFailure;
import dev.sluice.engine.http.ResponseHead;
import dev.sluice.engine.http.TlsVersion;
import dev.sluice.engine.http.UpstreamConnection;
import dev.sluice.engine.http.UpstreamListener;
import dev.sluice.engine.http.UpstreamRequest;
import dev.sluice.engine.http2.Http2Fields;
import dev.sluice.engine.http2.Http2Handler;
import dev.sluice.engine.http2.OutboundBody;
import dev.sluice.protocol.framing.BodyPiece;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.ssl.ApplicationProtocolNames;
import java.util.List;

/**
 * One attempt on an HTTP/2 connection.
 *
 * <p>The stream's flow-control window is returned only for bytes that have been sent downstream.
 *
 * <p><b>Threading:</b> confined to the connection's loop. <b>Allocation per event:</b> none.
 */
final class Http2UpstreamStream implements UpstreamConnection, OutboundBody.Sender, Http2Handler.Touched {
    private static final int MAX_INFORMATIONAL = 32;
    private static final int SWITCHING_PROTOCOLS = 101;

    private final Http2UpstreamHandler connection;
    private final boolean isReused;
    private final BodyPiece piece;
    private UpstreamListener listener;
    private Http2Stream stream;
    private OutboundBody out;
    private AttemptFailure.Kind failure = AttemptFailure.Kind.CLOSED;
    private String failureDetail = "stream closed";
    private boolean isBodiless;
    private boolean isRequestEnded;
    private boolean hasResponseBytes;
    private boolean hasHead;
    private boolean isTouched;
    private int informational;
    private long unreturnedBytes;
    private long missingBytes;

    /**
     * @param piece the loop's view of response bytes
     */
    Http2UpstreamStream(Http2UpstreamHandler connection, UpstreamListener listener, boolean isReused,
            BodyPiece piece) {
        this.connection = connection;
        this.listener = listener;
        this.isReused = isReused;
        this.piece = piece;
    }

    @Override
    public void writeHead(UpstreamRequest request) {
        Endpoint endpoint = connection.endpoint();
        Http2Headers headers = Http2Fields.newFields().method(request.method())
                .scheme(endpoint.isTls() ? "https" : "http").authority(endpoint.hostHeader())
                .path(endpoint.basePath() + request.target());
        if (endpoint.apiKey() != null) {
            headers.set(HttpHeaderNames.AUTHORIZATION, "Bearer " + endpoint.apiKey());
        }
        Http2Fields.addTo(headers, request.headers());
        if (request.bodyBytes() >= 0 && request.hasBody()) {
            headers.set(HttpHeaderNames.CONTENT_LENGTH, Long.toString(request.bodyBytes()));
        }
        isBodiless = !request.hasBody();
        isRequestEnded = isBodiless;
        stream = connection.open(this, headers, isRequestEnded);
        if (stream == null) {
            // Report the failure in a new task, not from within the attempt's own call.
            connection.context().executor().execute(() -> fail(AttemptFailure.Kind.REFUSED, "no stream available"));
            return;
        }
        out = new OutboundBody(connection, stream, this);
    }

    @Override
    public void writeBody(ByteBuf bytes) {
        if (out == null) {
            bytes.release(); // no stream: the attempt has failed
        } else {
            out.append(bytes);
        }
    }

    @Override
    public void endRequest() {
        if (!isRequestEnded && out != null) {
            isRequestEnded = true;
            out.end();
        }
    }

    @Override
    public void flush() {
        connection.flushSoon();
    }

    @Override
    public void read(long heldBytes) {
        long returned = unreturnedBytes - heldBytes;
        if (stream != null && returned > 0) {
            unreturnedBytes -= returned;
            connection.consume(stream, (int) returned);
        }
    }

    @Override
    public boolean isWritable() {
        return out == null || out.isWritable();
    }

    @Override
    public long pendingBytes() {
        return out == null ? 0 : out.pendingBytes();
    }

    @Override
    public void cancel() {
        listener = null;
        if (stream != null) {
            connection.cancel(stream);
        }
    }

    @Override
    public String tls() {
        return TlsVersion.of(connection.channel());
    }

    @Override
    public String protocol() {
        return ApplicationProtocolNames.HTTP_2;
    }

    @Override
    public boolean isReused() {
        return isReused;
    }

    void onHeaders(Http2Headers received, boolean isEnd) throws Http2Exception {
        if (listener == null) {
            return;
        }
        hasResponseBytes = true;
        if (hasHead) {
            if (isEnd) {
                onEnd(); // the trailer section, which is dropped
            }
            return;
        }
        int status = statusOf(received);
        if (status < 200) {
            require(!isEnd && ++informational <= MAX_INFORMATIONAL, "informational heads that do not end");
            return;
        }
        HttpHeaders headers = Http2Fields.toHttp1(received);
        require(headers != null, "a field that RFC 9113 section 8.2.1 does not allow");
        List<String> lengths = headers.getAll(HttpHeaderNames.CONTENT_LENGTH);
        require(lengths.size() <= 1, "more than one content-length");
        hasHead = true;
        boolean hasBody = status != 204 && status != 304;
        missingBytes = !hasBody || lengths.isEmpty() ? 0 : Long.parseLong(lengths.get(0));
        listener.onResponseHead(new ResponseHead(HttpResponseStatus.valueOf(status), headers,
                !hasBody ? 0 : lengths.isEmpty() ? -1 : missingBytes));
        if (isEnd) {
            onEnd();
        } else {
            touch();
        }
    }

    private int statusOf(Http2Headers received) throws Http2Exception {
        CharSequence status = received.status();
        require(status.length() == 3 && status.chars().allMatch(c -> c >= '0' && c <= '9') && status.charAt(0) > '0',
                "an invalid status");
        int code = Integer.parseInt(status.toString());
        require(code != SWITCHING_PROTOCOLS, "status 101");
        return code;
    }

    /** Borrows the bytes of a DATA frame or of a part of one; returns how much of its window is returned at once. */
    int onData(ByteBuf data, int padding, boolean isEnd) throws Http2Exception {
        int length = data.readableBytes();
        if (listener == null) {
            return length + padding; // cancelled: bytes that were in flight are dropped
        }
        require(hasHead, "DATA before a head");
        if (length > 0) {
            unreturnedBytes += length;
            missingBytes = Math.max(0, missingBytes - length);
            piece.setWhole(data.retain());
            listener.onResponseBody(piece);
        }
        if (isEnd) {
            onEnd();
        } else {
            touch();
        }
        return padding;
    }

    private void touch() {
        if (!isTouched && listener != null) {
            isTouched = true;
            connection.touch(this);
        }
    }

    @Override
    public void onReadComplete() {
        isTouched = false;
        if (listener != null) {
            listener.onUpstreamReadComplete();
        }
    }

    private void onEnd() throws Http2Exception {
        UpstreamListener ended = listener;
        if (ended == null) {
            return; // cancelled by the listener a moment ago
        }
        // Netty accepts a response that has a content-length and no DATA at all.
        require(missingBytes == 0, "an end before all bytes of its content-length");
        listener = null;
        boolean isRequestSent = isRequestEnded && (out == null || out.pendingBytes() == 0);
        ended.onResponseEnd(false);
        ended.onUpstreamReadComplete();
        if (!isRequestSent) {
            connection.reset(stream, Http2Error.CANCEL); // a response to an incomplete request: the rest is not needed
        }
    }

    private void require(boolean isValid, String found) throws Http2Exception {
        if (!isValid) {
            throw Http2Exception.streamError(stream.id(), Http2Error.PROTOCOL_ERROR, "response: %s", found);
        }
    }

    /** Notes why the stream is about to be closed. */
    void onFailing(AttemptFailure.Kind kind, String detail) {
        failure = kind;
        failureDetail = detail;
    }

    /**
     * Marks the stream as refused if GOAWAY excludes it: streams above the last one that it names were not processed
     * (RFC 9113 section 6.8).
     */
    void onGoAway(int lastStreamId) {
        if (stream.id() > lastStreamId) {
            onFailing(AttemptFailure.Kind.REFUSED, "above GOAWAY's last stream");
        }
    }

    /** Reports the end of the stream as a failure, unless the response has already ended. */
    void onClosed() {
        if (out != null) {
            out.close();
        }
        fail(failure, failureDetail);
    }

    private void fail(AttemptFailure.Kind kind, String detail) {
        UpstreamListener failed = listener;
        listener = null;
        if (failed != null) {
            boolean isRequestWritten = out != null && (isBodiless || out.isEndWritten());
            failed.onAttemptFailed(new AttemptFailure(kind, isReused, isRequestWritten, hasResponseBytes, detail));
        }
    }

    @Override
    public void onBodyWritable() {
        if (listener != null) {
            listener.onUpstreamWritable();
        }
    }

    @Override
    public void onBodySent() {
        // the response half of the stream is still open
    }
}
