// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.upstream;

import dev.sluice.engine.cluster.Cluster;
import dev.sluice.engine.loop.LoopTicker;
import dev.sluice.engine.plan.ApiOperation;
import dev.sluice.engine.plan.ModelList;
import dev.sluice.engine.plan.Router;
import dev.sluice.engine.spi.Principal;
import dev.sluice.protocol.error.RelayException;
import io.netty.util.concurrent.EventExecutor;
import java.util.function.Consumer;
import java.util.function.Function;

/** The answers to questions about models, from the routes and from the clusters' own lists. Thread-safe. */
public final class Models {
    private final Router router;
    private final Function<String, Cluster> clusters;
    private final ModelCatalog catalog = new ModelCatalog();
    private final ModelList list;

    /**
     * @param createdAt the creation time of the models that only routes name, in seconds since 1970
     * @param clusters  returns the cluster with a given name
     */
    public Models(Router router, long createdAt, Function<String, Cluster> clusters) {
        this.router = router;
        this.clusters = clusters;
        list = new ModelList(router, createdAt, catalog::known);
    }

    /**
     * Answers a question, now or when the lists have arrived that were never fetched before.
     *
     * @param operation a question about all models or about one
     * @param query     the query; {@code client_version} in it asks for the form of the Codex CLI
     * @param loop      the current loop, on which the answer is given
     * @param answer    receives the document, in UTF-8
     * @param refusal   receives the refusal of an unknown model
     */
    public void answer(ApiOperation operation, Principal caller, String query, ModelCatalog.Connector connector,
            LoopTicker ticker, EventExecutor loop, Consumer<byte[]> answer, Consumer<RelayException> refusal) {
        catalog.refresh(router.listing(caller).stream().map(clusters).toList(), connector, ticker, loop, () -> {
            byte[] json;
            try {
                json = operation.kind() == ApiOperation.Kind.MODEL ? list.one(operation.model(), caller)
                        : list.list(caller, query.contains("client_version="));
            } catch (RelayException unknown) {
                refusal.accept(unknown);
                return;
            }
            answer.accept(json);
        });
    }
}
