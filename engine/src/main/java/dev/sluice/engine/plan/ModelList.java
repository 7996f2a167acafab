// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.plan;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.spi.Principal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Answers {@code GET /v1/models} and {@code GET /v1/models/{model}} from the routes, as the API reference has them. */
public final class ModelList {
    private static final JsonFactory JSON = new JsonFactory();

    private final Router router;
    private final long createdAt;

    /**
     * @param router    knows the models
     * @param createdAt seconds since the epoch that every model says of itself: when the relay started
     */
    public ModelList(Router router, long createdAt) {
        this.router = router;
        this.createdAt = createdAt;
    }

    /**
     * Returns the list, in UTF-8.
     *
     * @param forCodex whether the query has {@code client_version}: the Codex CLI then expects {@code models} too
     */
    public byte[] list(Principal principal, boolean forCodex) {
        return write(json -> {
            json.writeStartObject();
            json.writeStringField("object", "list");
            json.writeArrayFieldStart("data");
            for (Map.Entry<String, String> model : models(principal).entrySet()) {
                writeModel(json, model.getKey(), model.getValue());
            }
            json.writeEndArray();
            if (forCodex) {
                json.writeArrayFieldStart("models");
                json.writeEndArray();
            }
            json.writeEndObject();
        });
    }

    /**
     * Returns one model, in UTF-8.
     *
     * @throws dev.sluice.protocol.error.RelayException where it is not listed for this caller
     */
    public byte[] one(String model, Principal principal) {
        String cluster = models(principal).get(model);
        if (cluster == null) {
            throw Router.unknown(model);
        }
        return write(json -> writeModel(json, model, cluster));
    }

    private Map<String, String> models(Principal principal) {
        List<RouteConfig> routes = router.listed(principal);
        Map<String, String> models = new LinkedHashMap<>();
        for (RouteConfig route : routes) {
            models.putIfAbsent(route.model(), route.cluster());
        }
        return models;
    }

    private void writeModel(JsonGenerator json, String model, String cluster) throws IOException {
        json.writeStartObject();
        json.writeStringField("id", model);
        json.writeStringField("object", "model");
        json.writeNumberField("created", createdAt);
        json.writeStringField("owned_by", cluster);
        json.writeEndObject();
    }

    private static byte[] write(Content content) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(256);
        try (JsonGenerator json = JSON.createGenerator(out)) {
            content.writeTo(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // cannot happen: the target is memory
        }
        return out.toByteArray();
    }

    private interface Content {
        void writeTo(JsonGenerator json) throws IOException;
    }
}
