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

/** The responses to {@code GET /v1/models} and {@code GET /v1/models/{model}}, in the form of the API reference. */
public final class ModelList {
    private static final JsonFactory JSON = new JsonFactory();

    private final Router router;
    private final long createdAt;

    /**
     * @param router    the routes with the models
     * @param createdAt creation time of all models, which is the start of the relay, in seconds since the epoch
     */
    public ModelList(Router router, long createdAt) {
        this.router = router;
        this.createdAt = createdAt;
    }

    /**
     * Returns the list of models as JSON in UTF-8.
     *
     * @param principal the caller, whose models are listed
     * @param forCodex  whether the query has {@code client_version}, in which case the Codex CLI expects the member
     *                  {@code models} too
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
     * Returns one model as JSON in UTF-8.
     *
     * @throws dev.sluice.protocol.error.RelayException if the model is not listed for the caller
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
