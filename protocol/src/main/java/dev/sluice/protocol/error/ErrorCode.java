// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.error;

/**
 * The conditions that Sluice answers with an error of its own, with the HTTP status and the strings of the error body.
 *
 * <p>Request refusals are declared in the order in which they are checked. If several apply, the first is reported. The
 * {@code type} and {@code code} strings are those of the OpenAI API's error object.
 */
public enum ErrorCode {
    /** The message framing or the head is malformed or ambiguous (RFC 9112). */
    DOWNSTREAM_BAD_REQUEST(400, "invalid_request_error", "bad_request"),
    /** The request line is longer than the limit. */
    DOWNSTREAM_TARGET_TOO_LONG(414, "invalid_request_error", "uri_too_long"),
    /** The head is longer than the limit. */
    DOWNSTREAM_HEAD_TOO_LARGE(431, "invalid_request_error", "request_head_too_large"),
    /** The protocol version is neither HTTP/1.0 nor HTTP/1.1. */
    DOWNSTREAM_VERSION_UNSUPPORTED(505, "invalid_request_error", "http_version_not_supported"),
    /** The request uses a transfer coding other than {@code chunked}. */
    DOWNSTREAM_TRANSFER_CODING(501, "invalid_request_error", "not_implemented"),
    /** The request has an {@code Expect} header other than {@code 100-continue}. */
    DOWNSTREAM_EXPECTATION(417, "invalid_request_error", "expectation_failed"),
    /** The head or the body arrived too slowly. */
    DOWNSTREAM_TOO_SLOW(408, "invalid_request_error", "request_timeout"),
    /** No face is served at this path, or no cluster can be chosen for a request that has no model. */
    DOWNSTREAM_PATH_UNKNOWN(404, "invalid_request_error", "not_found"),
    /** The request has been through this relay before. */
    DOWNSTREAM_LOOP(508, "invalid_request_error", "loop_detected"),
    /** The path is known, but does not allow the method. */
    DOWNSTREAM_METHOD_NOT_ALLOWED(405, "invalid_request_error", "method_not_allowed"),
    /** The request asks for an upgrade to WebSocket, which is not served to this caller or not in this version. */
    DOWNSTREAM_UPGRADE_REQUIRED(426, "invalid_request_error", "websocket_not_supported"),
    /** The upgrade to WebSocket comes from a page of a foreign origin. */
    DOWNSTREAM_ORIGIN(403, "permission_error", "origin_not_allowed"),
    /** The API key is missing, unknown or expired. */
    DOWNSTREAM_KEY_INVALID(401, "authentication_error", "invalid_api_key"),
    /** The relay is draining and accepts no new exchanges. */
    RELAY_DRAINING(503, "service_unavailable", "draining"),
    /** A limit of the relay or its endpoints is reached: concurrent exchanges, or memory for bodies. */
    RELAY_OVERLOADED(429, "rate_limit_error", "relay_overloaded"),
    /** The caller's own rate or concurrency limit is reached. */
    DOWNSTREAM_RATE_LIMITED(429, "rate_limit_error", "rate_limit_exceeded"),
    /** A budget of the caller, of its group or of the route is spent. */
    DOWNSTREAM_BUDGET_SPENT(429, "insufficient_quota", "insufficient_quota"),
    /** The Content-Type is not JSON in UTF-8. */
    DOWNSTREAM_MEDIA_TYPE(415, "invalid_request_error", "unsupported_media_type"),
    /** The relay cannot decode the content coding of the request. */
    DOWNSTREAM_CODING_UNSUPPORTED(400, "invalid_request_error", "unsupported_content_encoding"),
    /** The compressed body is corrupt. */
    DOWNSTREAM_CODING_INVALID(400, "invalid_request_error", "invalid_content_encoding"),
    /** The body is longer than the limit, according to its Content-Length or while it streams. */
    DOWNSTREAM_BODY_TOO_LARGE(413, "invalid_request_error", "payload_too_large"),
    /** The body is not one strict JSON object in UTF-8, or has a duplicate name in an object with a watched path. */
    DOWNSTREAM_INVALID_JSON(400, "invalid_request_error", "invalid_json"),
    /** A field breaks a rule of the profile. */
    DOWNSTREAM_FIELD_REFUSED(400, "invalid_request_error", "invalid_request_error"),
    /** The schema of a strict text format breaks a rule of strict mode. */
    DOWNSTREAM_SCHEMA_REFUSED(400, "invalid_request_error", "invalid_json_schema"),
    /** The parameters of a strict function break a rule of strict mode. */
    DOWNSTREAM_PARAMETERS_REFUSED(400, "invalid_request_error", "invalid_function_parameters"),
    /** The request uses a known feature that is not implemented for its route. */
    DOWNSTREAM_NOT_IMPLEMENTED(501, "invalid_request_error", "not_implemented"),
    /** A warm-up has more input than is kept for the request that follows it. */
    DOWNSTREAM_WARM_UP(400, "invalid_request_error", "warmup_not_supported"),
    /** A named lane is one more than a connection may have. */
    DOWNSTREAM_LANES(400, "invalid_request_error", "websocket_stream_limit_reached"),
    /** The key may not use the model. */
    MODEL_NOT_ALLOWED(403, "permission_error", "model_not_allowed"),
    /** The key may not use the profile. */
    PROFILE_NOT_ALLOWED(403, "permission_error", "profile_not_allowed"),
    /** No route matches the model. */
    MODEL_NOT_FOUND(404, "invalid_request_error", "model_not_found"),
    /** The object that the request refers to belongs to another caller, or has no known owner. */
    OWNER_UNKNOWN(404, "invalid_request_error", "not_found"),
    /** The only endpoint that stores the response or object the request refers to is no longer configured. */
    OWNER_GONE(404, "invalid_request_error", "previous_response_not_found"),
    /** The only endpoint that stores the response or object the request refers to is ejected after failures. */
    OWNER_UNAVAILABLE(503, "service_unavailable", "owner_unavailable"),
    /** A store that the request needs, of quotas or of owners, does not answer. */
    STORE_UNAVAILABLE(503, "service_unavailable", "store_unavailable"),
    /** No connection to the upstream could be made, or its TLS handshake failed. */
    UPSTREAM_CONNECT_FAILED(502, "upstream_error", "upstream_error"),
    /** The upstream closed or reset the connection before it sent a response head. */
    UPSTREAM_CLOSED(502, "upstream_error", "upstream_error"),
    /** The upstream's response is malformed, came before the request was complete, or is a redirect. */
    UPSTREAM_MALFORMED(502, "upstream_error", "upstream_error"),
    /** The upstream's response is in a content coding that cannot be read, although it must be. */
    UPSTREAM_CODING(502, "upstream_error", "upstream_malformed"),
    /** The upstream refused the endpoint's own credentials. */
    UPSTREAM_AUTH_FAILED(502, "upstream_error", "upstream_auth_failed"),
    /** The upstream's event stream ended without a terminal event. */
    UPSTREAM_TRUNCATED(502, "upstream_error", "upstream_stream_truncated"),
    /** A response that must be collected in memory is longer than the limit. */
    UPSTREAM_ANSWER_TOO_LARGE(502, "upstream_error", "upstream_answer_too_large"),
    /** The response head or the first event did not arrive in time, or the exchange took too long. */
    UPSTREAM_TIMEOUT(504, "upstream_error", "upstream_timeout"),
    /** The upstream sent nothing for too long in the middle of a response. */
    UPSTREAM_IDLE(504, "upstream_error", "stream_idle_timeout"),
    /** The relay itself failed. */
    RELAY_INTERNAL(500, "server_error", "internal_error");

    private final int status;
    private final String type;
    private final String code;

    ErrorCode(int status, String type, String code) {
        this.status = status;
        this.type = type;
        this.code = code;
    }

    /** {@return the HTTP status to answer with if the response is not committed yet} */
    public int status() {
        return status;
    }

    /** {@return the value of {@code error.type}} */
    public String type() {
        return type;
    }

    /** {@return the value of {@code error.code}} */
    public String code() {
        return code;
    }

    /** {@return whether the downstream's connection can carry another request after this refusal} */
    public boolean isConnectionReusable() {
        return switch (this) {
            case DOWNSTREAM_BAD_REQUEST, DOWNSTREAM_TARGET_TOO_LONG, DOWNSTREAM_HEAD_TOO_LARGE,
                    DOWNSTREAM_VERSION_UNSUPPORTED, DOWNSTREAM_TRANSFER_CODING, DOWNSTREAM_TOO_SLOW,
                    RELAY_DRAINING -> false;
            default -> true;
        };
    }

    /** {@return the default value of {@code Retry-After} in seconds; 0 if the header is omitted} */
    public int retryAfterSeconds() {
        return this == RELAY_OVERLOADED || this == RELAY_DRAINING || this == OWNER_UNAVAILABLE ? 5 : 0;
    }
}
