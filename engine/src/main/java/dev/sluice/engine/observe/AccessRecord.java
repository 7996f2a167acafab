// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.observe;

import dev.sluice.protocol.event.Usage;

/**
 * What the access log says of one exchange. Names and numbers only: no header value, no key, no body byte.
 *
 * @param id            the exchange's id
 * @param remote        who was connected
 * @param protocol      what the downstream spoke, by its name in ALPN: h2, http/1.1, http/1.0
 * @param method        the method
 * @param path          the path, without its query
 * @param principal     who called, or null where that was not found out
 * @param model         the model asked for, or null
 * @param upstreamModel the model the upstream was asked for, or null
 * @param cluster       where it went, or null
 * @param endpoint      the endpoint of the last attempt, or null
 * @param upstreamProtocol what that endpoint spoke, or null
 * @param attempts      how many attempts were made
 * @param status        the HTTP status sent, or 0 for none
 * @param end           how it ended
 * @param error         the error's code, or null
 * @param events        complete events relayed
 * @param requestBytes  bytes of the request body
 * @param responseBytes bytes of the response body
 * @param firstEventMicros time to the first event, or -1
 * @param micros        time of the whole exchange
 * @param responseId    the response's id, or null
 * @param responseStatus how the response says it ended, or null
 * @param usage         token counts, or null where unknown
 */
public record AccessRecord(String id, String remote, String protocol, String method, String path, String principal,
        String model, String upstreamModel, String cluster, String endpoint, String upstreamProtocol, int attempts,
        int status, String end, String error, long events, long requestBytes, long responseBytes, long firstEventMicros,
        long micros, String responseId, String responseStatus, Usage usage) {
}
