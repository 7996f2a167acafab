// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.request;

import dev.sluice.engine.config.LimitConfig;
import dev.sluice.engine.http.ContentDecoder;
import dev.sluice.engine.http.DownstreamRequest;
import dev.sluice.engine.http.QueryParameters;
import dev.sluice.engine.plan.ApiOperation;
import dev.sluice.engine.plan.RequestHeaders;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import io.netty.handler.codec.http.HttpUtil;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * The rules for a request's head that apply before any of its body is read, in the order in which refusals are
 * reported.
 */
final class RequestHeadRules {
    private RequestHeadRules() {
    }

    /**
     * Returns whether a request's body is scanned, because it names the model that decides the route. On further paths,
     * where any method may have a body, every body is.
     */
    public static boolean isScanned(ApiOperation operation, DownstreamRequest request) {
        return operation.kind() == ApiOperation.Kind.RELAYED && request.bodyBytes() != 0
                || operation.isRoutedByModel() && request.method().equals("POST");
    }

    /**
     * Checks the head of a request.
     *
     * @param via the relay's pseudonym; empty for none
     * @throws RelayException with the first rule that is broken
     */
    public static void check(ApiOperation operation, DownstreamRequest request, LimitConfig limits, String via) {
        if (!via.isEmpty() && RequestHeaders.hasPassed(request.headers(), via)) {
            throw RelayException.of(ErrorCode.DOWNSTREAM_LOOP, "via: " + via + " (expected: a request that has not been"
                    + " through this relay; a relay in front of another needs a pseudonym of its own)");
        }
        if (QueryParameters.hasKey(request.query())) {
            throw RelayException.of(ErrorCode.DOWNSTREAM_KEY_INVALID, QueryParameters.KEY_REFUSED);
        }
        if (isScanned(operation, request)) {
            checkMediaType(request.header("content-type"));
            ContentDecoder.check(request.headers());
        }
        if (request.bodyBytes() > limits.maxBodyBytes()) {
            throw RelayException.of(ErrorCode.DOWNSTREAM_BODY_TOO_LARGE, "body: " + request.bodyBytes()
                    + " bytes by its Content-Length (expected: at most " + limits.maxBodyBytes() + ")");
        }
    }

    /**
     * Requires JSON. RFC 8259 section 11 defines no charset parameter for JSON, but UTF-8 may be named; other charsets
     * are refused.
     */
    private static void checkMediaType(String contentType) {
        if (contentType == null) {
            return;
        }
        String type = contentType.toLowerCase(Locale.ROOT);
        int parameters = type.indexOf(';');
        String name = (parameters < 0 ? type : type.substring(0, parameters)).trim();
        Charset charset = HttpUtil.getCharset(contentType, StandardCharsets.UTF_8);
        boolean namesUnknownCharset = parameters >= 0 && type.indexOf("charset=", parameters) >= 0
                && HttpUtil.getCharset(contentType, null) == null;
        if (!name.equals("application/json") && !name.endsWith("+json") || !charset.equals(StandardCharsets.UTF_8)
                || namesUnknownCharset) {
            throw RelayException.of(ErrorCode.DOWNSTREAM_MEDIA_TYPE,
                    "content-type: not JSON in UTF-8 (expected: application/json)");
        }
    }
}
