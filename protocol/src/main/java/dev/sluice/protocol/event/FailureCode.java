// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.event;

/**
 * The HTTP statuses that the error codes of the API stand for. Upstreams write a code as a string or as a number; a
 * code that is itself an HTTP status of a failure stands for that status.
 */
final class FailureCode {
    private static final int BAD_GATEWAY = 502;

    private FailureCode() {
    }

    /**
     * Returns the status that an error stands for.
     *
     * @param code the error's code; null for none
     * @param type the error's type; null for none. It counts if the code is unknown
     * @return a status from 400 to 599; 502 if neither is known
     */
    static int status(String code, String type) {
        int byCode = byCode(code == null ? "" : code);
        if (byCode != 0) {
            return byCode;
        }
        return switch (type == null ? "" : type) {
            case "authentication_error" -> 401;
            case "permission_error" -> 403;
            case "invalid_request_error" -> 400;
            case "not_found_error" -> 404;
            case "rate_limit_error" -> 429;
            case "overloaded_error", "service_unavailable", "service_unavailable_error" -> 503;
            default -> BAD_GATEWAY;
        };
    }

    private static int byCode(String code) {
        if (code.length() == 3 && code.charAt(0) >= '4' && code.charAt(0) <= '5' && isDigit(code.charAt(1))
                && isDigit(code.charAt(2))) {
            return Integer.parseInt(code);
        }
        return switch (code) {
            case "no_accounts", "quota_exhausted", "server_is_overloaded", "overloaded", "overloaded_error",
                    "slow_down" -> 503;
            case "rate_limit_exceeded", "usage_limit_reached", "insufficient_quota" -> 429;
            case "invalid_api_key", "invalid_authentication", "token_invalidated" -> 401;
            case "model_not_found" -> 404;
            case "invalid_request_error", "context_length_exceeded", "invalid_prompt" -> 400;
            default -> 0;
        };
    }

    /** Returns whether an error is known to be the server's own, and not just unknown. */
    static boolean isServerError(String code, String type) {
        return byCode(code == null ? "" : code) >= 500 || isServerError(code) || isServerError(type);
    }

    private static boolean isServerError(String name) {
        return switch (name == null ? "" : name) {
            case "server_error", "internal_error", "internal_server_error", "api_error", "bad_gateway",
                    "upstream_error", "timeout", "gateway_timeout", "service_unavailable" -> true;
            default -> false;
        };
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }
}
