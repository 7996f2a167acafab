// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.error;

/**
 * The one exception of the relay: an {@link ErrorCode} with the field and the sentence that go on the wire.
 *
 * <p>It carries no stack trace unless it has a cause: what a peer can provoke at will must be cheap.
 */
public final class RelayException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ErrorCode code;
    private final String param;
    private final long retryAfterSeconds;
    private final String allowedMethods;

    /**
     * @param code   what happened
     * @param param  the dotted path of the field at fault, or null for the request as a whole
     * @param detail one sentence for the caller: what was found and what is expected; never a value of the body
     */
    public RelayException(ErrorCode code, String param, String detail) {
        this(code, param, detail, code.retryAfterSeconds(), null);
    }

    private RelayException(ErrorCode code, String param, String detail, long retryAfterSeconds,
            String allowedMethods) {
        super(detail, null, false, false);
        this.code = code;
        this.param = param;
        this.retryAfterSeconds = retryAfterSeconds;
        this.allowedMethods = allowedMethods;
    }

    /**
     * @param code   what happened
     * @param detail one sentence for the caller
     * @param cause  what led here; its message goes to the log only
     */
    public RelayException(ErrorCode code, String detail, Throwable cause) {
        super(detail, cause);
        this.code = code;
        this.param = null;
        retryAfterSeconds = code.retryAfterSeconds();
        allowedMethods = null;
    }

    /** A refusal of the request as a whole. */
    public static RelayException of(ErrorCode code, String detail) {
        return new RelayException(code, (String) null, detail);
    }

    /** A refusal of the body as JSON. */
    public static RelayException invalidJson(String detail) {
        return of(ErrorCode.DOWNSTREAM_INVALID_JSON, detail);
    }

    /** A refusal of one field. */
    public static RelayException refusedField(String param, String detail) {
        return new RelayException(ErrorCode.DOWNSTREAM_FIELD_REFUSED, param, detail);
    }

    /** A refusal that names the time after which the request may be tried again, in seconds. */
    public static RelayException retryLater(ErrorCode code, String detail, long seconds) {
        return new RelayException(code, null, detail, seconds, null);
    }

    /**
     * Refuses a method.
     *
     * @param detail  one sentence for the caller
     * @param allowed the methods to name in {@code Allow} (RFC 9110 section 10.2.1), separated by commas
     * @return a refusal with status 405
     */
    public static RelayException methodNotAllowed(String detail, String allowed) {
        return new RelayException(ErrorCode.DOWNSTREAM_METHOD_NOT_ALLOWED, null, detail, 0, allowed);
    }

    /** {@return the methods to name in {@code Allow}, or null for no such header} */
    public String allowedMethods() {
        return allowedMethods;
    }

    /** Returns how many seconds to name in {@code Retry-After}; 0 for no such header. */
    public long retryAfterSeconds() {
        return retryAfterSeconds;
    }

    public ErrorCode code() {
        return code;
    }

    /** Returns the dotted path of the field at fault, or null. */
    public String param() {
        return param;
    }
}
