// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.websocket;

import dev.sluice.protocol.json.JsonTree;
import dev.sluice.protocol.json.JsonTree.Literal;
import dev.sluice.protocol.websocket.ErrorEvent;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.util.LinkedHashMap;
import java.util.Map;

/** The answer to an event that changes a running response, where no upstream can do that. */
final class UnservedEvent {
    private static final String MESSAGE = "This upstream takes no input while a response runs (expected: a new"
            + " response.create after its end)";

    private UnservedEvent() {
    }

    /**
     * Returns the answer.
     *
     * @param type {@code response.steer} or {@code response.inject}
     * @param text the whole event, one JSON object; borrowed
     * @return a message that echoes the input, so that the client can send it otherwise
     */
    static byte[] answer(String type, ByteBuf text) {
        Map<?, ?> event = read(text);
        boolean isSteer = type.equals("response.steer");
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("type", type + ".failed");
        if (isSteer) {
            Map<String, Object> steer = new LinkedHashMap<>();
            steer.put("previous_response_id", orNull(event.get("previous_response_id")));
            answer.put("steer", steer);
        } else {
            answer.put("response_id", orNull(event.get("response_id")));
        }
        answer.put("error", ErrorEvent.object("invalid_request_error", isSteer ? "steering_not_supported"
                : "injection_not_supported", MESSAGE, null));
        answer.put("input", orNull(event.get("input")));
        return JsonTree.write(answer);
    }

    private static Map<?, ?> read(ByteBuf text) {
        try {
            return (Map<?, ?>) JsonTree.read(ByteBufUtil.getBytes(text));
        } catch (IllegalArgumentException tooMany) {
            return Map.of(); // too many values to echo
        }
    }

    private static Object orNull(Object value) {
        return value == null ? Literal.NULL : value;
    }
}
