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
import java.util.function.Function;

/**
 * The responses to {@code GET /v1/models} and {@code GET /v1/models/{model}}, in the form of the API reference: what
 * the caller may really use. These are the models that routes name, and, where a route's models are a pattern, those of
 * its cluster's own list that the pattern, the routes before it and the caller's key let through.
 */
public final class ModelList {
    private static final JsonFactory JSON = new JsonFactory();

    private final Router router;
    private final long createdAt;
    private final Function<String, List<ListedModel>> upstreams;

    /**
     * @param router    the routes with the models
     * @param createdAt creation time of all models, which is the start of the relay, in seconds since the epoch
     * @param upstreams returns the models that a cluster lists itself; null if they are not known
     */
    public ModelList(Router router, long createdAt, Function<String, List<ListedModel>> upstreams) {
        this.upstreams = upstreams;
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
            for (ListedModel model : models(principal).values()) {
                writeModel(json, model);
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
        ListedModel found = find(model, principal);
        if (found == null) {
            throw Router.unknown(model);
        }
        return write(json -> writeModel(json, found));
    }

    private ListedModel find(String model, Principal principal) {
        for (RouteConfig route : router.listed(principal)) {
            if (route.model().equals(model)) {
                return new ListedModel(model, createdAt, route.cluster());
            }
        }
        String cluster = router.servedByPattern(model, principal);
        List<ListedModel> own = cluster == null ? List.of() : upstreams.apply(cluster);
        if (own == null) {
            return new ListedModel(model, createdAt, cluster); // its list is not known, so it may have the model
        }
        return own.stream().filter(each -> each.id().equals(model)).findFirst().map(each -> shown(each, cluster))
                .orElse(null);
    }

    private ListedModel shown(ListedModel model, String cluster) {
        return new ListedModel(model.id(), model.createdAt() == 0 ? createdAt : model.createdAt(),
                model.owner() == null ? cluster : model.owner());
    }

    private Map<String, ListedModel> models(Principal principal) {
        Map<String, ListedModel> models = new LinkedHashMap<>();
        for (RouteConfig route : router.listed(principal)) {
            models.putIfAbsent(route.model(), new ListedModel(route.model(), createdAt, route.cluster()));
        }
        for (String cluster : router.listing(principal)) {
            List<ListedModel> own = upstreams.apply(cluster);
            for (ListedModel model : own == null ? List.<ListedModel>of() : own) {
                if (cluster.equals(router.servedByPattern(model.id(), principal))) {
                    models.putIfAbsent(model.id(), shown(model, cluster));
                }
            }
        }
        return models;
    }

    private static void writeModel(JsonGenerator json, ListedModel model) throws IOException {
        json.writeStartObject();
        json.writeStringField("id", model.id());
        json.writeStringField("object", "model");
        json.writeNumberField("created", model.createdAt());
        json.writeStringField("owned_by", model.owner());
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
