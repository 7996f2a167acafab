// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.websocket;

import dev.sluice.protocol.json.JsonTree;
import dev.sluice.protocol.json.JsonTree.Literal;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A writer of the {@code error} event in WebSocket mode. Its {@code status} is that of the HTTP answer, without which
 * the Codex CLI ignores the event. Headers are written twice, because the CLI reads them beside the status and the
 * SDKs read them within the error.
 */
public final class ErrorEvent {
    private ErrorEvent() {
    }

    /**
     * Writes the event.
     *
     * @param status  the HTTP status, 400 to 599
     * @param lane    the name of the lane; null for the default lane, or for the connection
     * @param headers the headers that the client may obey, such as {@code retry-after}, by their names in lower case
     * @param error   the error object as {@link JsonTree#read} returns it; not changed
     * @return the message, in UTF-8
     */
    public static byte[] of(int status, String lane, Map<String, String> headers, Map<?, ?> error) {
        Map<String, Object> event = new LinkedHashMap<>();
        event.put("type", "error");
        event.put("status", new Literal(Integer.toString(status)));
        if (lane != null) {
            event.put("stream_id", lane);
        }
        Map<Object, Object> inner = new LinkedHashMap<>(error);
        if (!headers.isEmpty()) {
            event.put("headers", new LinkedHashMap<>(headers));
            inner.put("headers", new LinkedHashMap<>(headers));
        }
        event.put("error", inner);
        return JsonTree.write(event);
    }

    /**
     * Returns an error object.
     *
     * @param type    the type, such as {@code invalid_request_error}
     * @param code    the code
     * @param message one sentence
     * @param param   the field at fault; null for none
     * @return the object, to be passed to {@link #of}
     */
    public static Map<String, Object> object(String type, String code, String message, String param) {
        Map<String, Object> error = new LinkedHashMap<>();
        error.put("type", type);
        error.put("code", code);
        error.put("message", message);
        error.put("param", param == null ? Literal.NULL : param);
        return error;
    }
}
