// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.error;

import java.util.Map;

/**
 * The only exception of the relay: an {@link ErrorCode} with the field and the sentence that go on the wire.
 *
 * <p>It has a stack trace only if it has a cause, because an exception that a peer can provoke at will must be cheap.
 */
public final class RelayException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** The reason of the refusal. */
    private final ErrorCode code;
    /** The dotted path of the field at fault; null for none. */
    private final String param;
    /** The value of the Retry-After header; 0 for none. */
    private final long retryAfterSeconds;
    /** The value of the Allow header; null for none. */
    private final String allowedMethods;
    /** Further headers of the answer. */
    private final transient Map<String, String> headers;

    /**
     * Creates an exception without a stack trace. Its {@code Retry-After} is the default of the code.
     *
     * @param code   the condition
     * @param param  the dotted path of the field at fault, or null for the request as a whole
     * @param detail one sentence for the caller that states the finding and the expected form; never a value of the
     *               body
     */
    public RelayException(ErrorCode code, String param, String detail) {
        this(code, param, detail, code.retryAfterSeconds(), null, Map.of());
    }

    private RelayException(ErrorCode code, String param, String detail, long retryAfterSeconds,
            String allowedMethods, Map<String, String> headers) {
        super(detail, null, false, false);
        this.code = code;
        this.param = param;
        this.retryAfterSeconds = retryAfterSeconds;
        this.allowedMethods = allowedMethods;
        this.headers = headers;
    }

    /**
     * Creates an exception with a cause and a stack trace. Its {@code Retry-After} is the default of the code.
     *
     * @param code   the condition
     * @param detail one sentence for the caller
     * @param cause  the cause; its message goes to the log only
     */
    public RelayException(ErrorCode code, String detail, Throwable cause) {
        super(detail, cause);
        this.code = code;
        this.param = null;
        retryAfterSeconds = code.retryAfterSeconds();
        allowedMethods = null;
        headers = Map.of();
    }

    /**
     * Creates a refusal of the request as a whole.
     *
     * @param code   the condition
     * @param detail one sentence for the caller
     * @return the refusal, without a field
     */
    public static RelayException of(ErrorCode code, String detail) {
        return new RelayException(code, (String) null, detail);
    }

    /**
     * Creates a refusal of a body that is not valid JSON.
     *
     * @param detail one sentence for the caller
     * @return the refusal, with {@link ErrorCode#DOWNSTREAM_INVALID_JSON}
     */
    public static RelayException invalidJson(String detail) {
        return of(ErrorCode.DOWNSTREAM_INVALID_JSON, detail);
    }

    /**
     * Creates a refusal of one field.
     *
     * @param param  the dotted path of the field
     * @param detail one sentence for the caller
     * @return the refusal, with {@link ErrorCode#DOWNSTREAM_FIELD_REFUSED}
     */
    public static RelayException refusedField(String param, String detail) {
        return new RelayException(ErrorCode.DOWNSTREAM_FIELD_REFUSED, param, detail);
    }

    /**
     * Creates a refusal that states when the request may be tried again.
     *
     * @param code    the condition
     * @param detail  one sentence for the caller
     * @param seconds the value of {@code Retry-After} in seconds; 0 omits the header
     * @return the refusal, without a field
     */
    public static RelayException retryLater(ErrorCode code, String detail, long seconds) {
        return retryLater(code, detail, seconds, Map.of());
    }

    /**
     * Creates a refusal that states when the request may be tried again, and more in headers.
     *
     * @param code    the condition
     * @param detail  one sentence for the caller
     * @param seconds the value of {@code Retry-After} in seconds; 0 omits the header
     * @param headers further headers of the answer
     * @return the refusal, without a field
     */
    public static RelayException retryLater(ErrorCode code, String detail, long seconds, Map<String, String> headers) {
        return new RelayException(code, null, detail, seconds, null, headers);
    }

    /**
     * Refuses a method.
     *
     * @param detail  one sentence for the caller
     * @param allowed the methods to name in {@code Allow} (RFC 9110 section 10.2.1), separated by commas
     * @return a refusal with status 405
     */
    public static RelayException methodNotAllowed(String detail, String allowed) {
        return new RelayException(ErrorCode.DOWNSTREAM_METHOD_NOT_ALLOWED, null, detail, 0, allowed,
                Map.of());
    }

    /** {@return the methods to name in {@code Allow}, or null for no such header} */
    public String allowedMethods() {
        return allowedMethods;
    }

    /** {@return further headers of the answer} */
    public Map<String, String> headers() {
        return headers == null ? Map.of() : headers;
    }

    /** {@return the value of {@code Retry-After} in seconds; 0 if the header is omitted} */
    public long retryAfterSeconds() {
        return retryAfterSeconds;
    }

    /** {@return the condition} */
    public ErrorCode code() {
        return code;
    }

    /** {@return the dotted path of the field at fault, or null for the request as a whole} */
    public String param() {
        return param;
    }
}
