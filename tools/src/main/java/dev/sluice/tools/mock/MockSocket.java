// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.mock;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A handler that answers the events of one WebSocket: lanes that run side by side, warm-ups, steering, and the limit of
 * a connection. A response that is not stored is known on its connection only.
 */
final class MockSocket extends SimpleChannelInboundHandler<WebSocketFrame> {
    private static final String DEFAULT = "";

    private final MockOptions defaults;
    private final Consumer<MockReport> reports;
    private final Map<String, Lane> lanes = new HashMap<>();
    private final Set<String> known = new HashSet<>();
    private ChannelHandlerContext below;
    private int responses;
    private boolean isLimitTold;

    MockSocket(MockOptions defaults, Consumer<MockReport> reports) {
        this.defaults = defaults;
        this.reports = reports;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        below = ctx.pipeline().context("wsdecoder"); // writes from here on are bytes, framed by the answers themselves
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, WebSocketFrame frame) throws JsonProcessingException {
        if (frame instanceof PingWebSocketFrame) {
            ctx.writeAndFlush(new PongWebSocketFrame(frame.content().retain()));
        } else if (frame instanceof CloseWebSocketFrame close) {
            ctx.writeAndFlush(new CloseWebSocketFrame(close.statusCode() < 0 ? 1000 : close.statusCode(), ""))
                    .addListener(sent -> ctx.close());
        } else if (frame instanceof TextWebSocketFrame text) {
            onText(text.text());
        }
    }

    private void onText(String text) throws JsonProcessingException {
        JsonNode event;
        try {
            event = ResponseObject.JSON.readTree(text);
        } catch (JsonProcessingException e) {
            refuse(null, 400, "invalid_json", "The message is not JSON");
            return;
        }
        String name = event.path("stream_id").asText(DEFAULT);
        switch (event.path("type").asText()) {
            case "response.create" -> lanes.computeIfAbsent(name, Lane::new).add(text, event);
            case "response.steer" -> steer(event);
            default -> refuse(name, 400, "unknown_event_type", "The mock knows response.create and response.steer");
        }
    }

    private void steer(JsonNode event) {
        String id = event.path("previous_response_id").asText();
        for (Lane lane : List.copyOf(lanes.values())) {
            if (lane.streaming != null && lane.response.id().equals(id)) {
                lane.steer(event);
                return;
            }
        }
        ObjectNode failed = ResponseObject.JSON.createObjectNode().put("type", "response.steer.failed");
        failed.putObject("error").put("code", "response_not_active").put("message", "No such response runs");
        failed.set("input", event.path("input"));
        send(null, failed);
    }

    private void refuse(String lane, int status, String code, String message) {
        ObjectNode error = ResponseObject.JSON.createObjectNode().put("type", "error").put("status", status);
        error.putObject("error").put("type", status >= 500 ? "server_error" : "invalid_request_error")
                .put("code", code).put("message", message).putNull("param");
        send(lane, error);
    }

    private void send(String lane, JsonNode event) {
        ByteBuf batch = Unpooled.buffer();
        new SocketAnswerWire(below, lane == null || lane.isEmpty() ? null : lane).message(batch, event.toString());
        below.writeAndFlush(batch);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        for (Lane lane : List.copyOf(lanes.values())) {
            if (lane.streaming != null) {
                lane.streaming.pump();
            }
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        for (Lane lane : List.copyOf(lanes.values())) {
            if (lane.streaming != null) {
                lane.streaming.onClosed();
            }
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ctx.close(); // a reset is a normal end here; the report records it
    }

    /** One lane: its requests run one after the other. */
    private final class Lane {
        private final String name;
        private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
        private boolean isBusy;
        private ResponseObject response;
        private MockOptions options;
        private StreamedAnswer streaming;

        Lane(String name) {
            this.name = name;
        }

        void add(String text, JsonNode event) {
            waiting.add(() -> begin(text, event));
            next();
        }

        private void next() {
            if (!isBusy && !waiting.isEmpty()) {
                isBusy = true;
                waiting.poll().run();
            }
        }

        private void end() {
            isBusy = false;
            streaming = null;
            next();
        }

        private void begin(String text, JsonNode event) {
            try {
                options = defaults.with(event.path("metadata"));
            } catch (IllegalArgumentException e) {
                refuse(name, 400, "mock", e.getMessage());
                end();
                return;
            }
            if (options.headDelayMillis > 0) {
                below.executor().schedule(() -> answer(text, event), options.headDelayMillis, TimeUnit.MILLISECONDS);
            } else {
                answer(text, event);
            }
        }

        private void answer(String text, JsonNode event) {
            String previous = event.path("previous_response_id").asText(null);
            boolean isStored = event.path("store").asBoolean(true);
            responses++;
            if (options.maxResponses > 0 && responses > options.maxResponses) {
                if (!isLimitTold) {
                    refuse(null, 400, "websocket_connection_limit_reached", "The connection has reached its limit");
                }
                isLimitTold = true;
            } else if (options.status != 200) {
                refuse(name, options.status, "mock", "The mock was told to refuse.");
            } else if (!event.path("model").isTextual()) {
                refuse(name, 400, "missing_required_parameter", "model: missing (expected: a string)");
            } else if (previous != null && !isStored && !known.contains(previous)) {
                refuse(name, 400, "previous_response_not_found", "Not known on this connection");
            } else {
                response = new ResponseObject((text + responses).getBytes(StandardCharsets.UTF_8), event);
                String call = response.callWithoutRequest(id -> previous != null && isStored || known.contains(id));
                if (call != null) {
                    known.remove(previous); // as the service does: a failed continuation cannot be repeated
                    refuse(name, 400, "invalid_request", "No tool call found for the output with call_id " + call);
                } else {
                    known.add(response.id());
                    if (event.path("generate").asBoolean(true)) {
                        stream();
                        return;
                    }
                    warmUp();
                }
            }
            end();
        }

        private void stream() {
            streaming = new StreamedAnswer(new SocketAnswerWire(below, name.isEmpty() ? null : name), response, options,
                    reports, this::end);
            streaming.start();
        }

        private void warmUp() {
            for (String status : List.of("in_progress", "completed")) {
                ObjectNode made = ResponseObject.JSON.createObjectNode().put("type", status.equals("completed")
                        ? "response.completed" : "response.created");
                made.set("response", response.in(status, null, null, null));
                send(name, made);
            }
        }

        /** Ends the running response, and begins another one that has the new input. */
        private void steer(JsonNode event) {
            ObjectNode accepted = ResponseObject.JSON.createObjectNode().put("type", "response.steer.accepted");
            accepted.putObject("steer").put("id", response.itemId("steer")).put("previous_response_id", response.id());
            send(name, accepted);
            streaming.onClosed();
            ObjectNode ended = ResponseObject.JSON.createObjectNode().put("type", "response.incomplete");
            ObjectNode incomplete = response.in("incomplete", (ArrayNode) null, null, null);
            incomplete.putObject("incomplete_details").put("reason", "steered");
            ended.set("response", incomplete);
            send(name, ended);
            ObjectNode request = ResponseObject.JSON.createObjectNode().put("model", incomplete.path("model").asText());
            request.put("previous_response_id", response.id());
            request.set("input", event.path("input"));
            response = new ResponseObject(request.toString().getBytes(StandardCharsets.UTF_8), request);
            known.add(response.id());
            stream();
        }
    }
}
