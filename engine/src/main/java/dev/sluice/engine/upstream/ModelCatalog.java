// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.upstream;

import dev.sluice.engine.cluster.Cluster;
import dev.sluice.engine.cluster.Endpoint;
import dev.sluice.engine.http.UpstreamListener;
import dev.sluice.engine.loop.LoopTicker;
import dev.sluice.engine.plan.ListedModel;
import dev.sluice.protocol.framing.BodyPiece;
import dev.sluice.protocol.json.JsonTree;
import io.netty.util.concurrent.EventExecutor;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The models of clusters, as their own {@code GET /models} lists them. A list is fetched when it is asked for and is
 * older than a minute, or after two seconds if there is none yet. A request waits only if there is none yet, for two
 * seconds at most; an upstream without a list breaks nothing.
 *
 * <p><b>Threading:</b> any loop; each fetch runs on the loop that asked for it, and is parsed on no loop at all.
 */
public final class ModelCatalog {
    private static final Logger LOG = LoggerFactory.getLogger(ModelCatalog.class);
    private static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final long MAX_WAIT_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final int MAX_BODY_BYTES = 4 * 1024 * 1024;
    private static final int MAX_ENDPOINTS = 16;
    private static final int MAX_MODELS = 2_000;
    private static final int OK = 200;

    private final Map<String, Entry> entries = new ConcurrentHashMap<>();

    /** Creates a catalog without lists. */
    public ModelCatalog() {
    }

    /** A source of connections. */
    public interface Connector {
        /** Acquires a connection that is not older than a time of the loop's clock. */
        void acquire(Endpoint endpoint, long notBefore, UpstreamListener listener);
    }

    /** {@return the models that a cluster lists, or null if they are not known} */
    public List<ListedModel> known(String cluster) {
        Entry entry = entries.get(cluster);
        return entry == null ? null : entry.models;
    }

    /**
     * Fetches the lists that are missing or old.
     *
     * @param loop      the current loop
     * @param whenReady runs on the loop, during this call or when every list that is not known has been tried
     */
    public void refresh(Collection<Cluster> clusters, Connector connector, LoopTicker ticker, EventExecutor loop,
            Runnable whenReady) {
        Countdown ready = new Countdown(whenReady, loop);
        for (Cluster cluster : clusters) {
            Entry entry = entries.computeIfAbsent(cluster.name(), name -> new Entry());
            entry.refresh(cluster, connector, ticker, loop, ready);
        }
        ready.onOne();
    }

    /** The list of one cluster. */
    private static final class Entry {
        private final List<Countdown> waiting = new ArrayList<>();
        private volatile List<ListedModel> models;
        private boolean isTried;
        private boolean isFetching;
        private long fetchedNanos;

        void refresh(Cluster cluster, Connector connector, LoopTicker ticker, EventExecutor loop, Countdown ready) {
            synchronized (this) {
                long ageNanos = ticker.nanoTime() - fetchedNanos;
                boolean isDue = !isTried || ageNanos >= (models == null ? RETRY_NANOS : FRESH_NANOS);
                if (models == null && (isFetching || isDue)) {
                    ready.add();
                    waiting.add(ready);
                }
                if (isFetching || !isDue) {
                    return;
                }
                isFetching = true;
                fetchedNanos = ticker.nanoTime();
            }
            new Fetch(this, cluster, ticker, loop).start(connector);
        }

        void onFetched(List<ListedModel> found) {
            List<Countdown> all;
            synchronized (this) {
                isFetching = false;
                isTried = true;
                if (found != null) {
                    models = found;
                }
                all = List.copyOf(waiting);
                waiting.clear();
            }
            all.forEach(Countdown::onOne);
        }
    }

    /** One fetch: a question to each endpoint of a cluster, of which the answers are merged. Confined to its loop. */
    private static final class Fetch {
        private final Entry entry;
        private final Cluster cluster;
        private final LoopTicker ticker;
        private final EventExecutor loop;
        private final List<ListQuestion> questions = new ArrayList<>();
        private final List<byte[]> answers = new ArrayList<>();
        private Runnable timeout = () -> { };
        private int open;
        private boolean isOver;

        Fetch(Entry entry, Cluster cluster, LoopTicker ticker, EventExecutor loop) {
            this.entry = entry;
            this.cluster = cluster;
            this.ticker = ticker;
            this.loop = loop;
        }

        void start(Connector connector) {
            long nowNanos = ticker.nanoTime();
            for (Endpoint endpoint : cluster.endpoints()) {
                if (questions.size() < MAX_ENDPOINTS && !endpoint.isEjected(nowNanos)) {
                    questions.add(new ListQuestion(this, endpoint));
                }
            }
            open = questions.size() + 1; // one is this method, so that no answer ends the fetch before all are asked
            timeout = ticker.schedule(this::end, MAX_WAIT_NANOS);
            questions.forEach(question -> connector.acquire(question.endpoint(), nowNanos, question));
            onOne(null);
        }

        void onOne(byte[] answer) {
            if (answer != null) {
                answers.add(answer);
            }
            if (--open == 0) {
                timeout.run();
                end();
            }
        }

        private void end() {
            if (isOver) {
                return;
            }
            isOver = true;
            questions.forEach(Question::end);
            CompletableFuture.supplyAsync(() -> merge(answers)).whenComplete((found, defect) -> {
                if (defect != null) {
                    LOG.error("the list of models of cluster {} could not be read", cluster.name(), defect);
                }
                entry.onFetched(found);
            });
        }
    }

    /** Returns the models of all lists, each once; null if none of them is a list. */
    private static List<ListedModel> merge(List<byte[]> lists) {
        Map<String, ListedModel> models = new LinkedHashMap<>();
        boolean isKnown = false;
        for (byte[] list : lists) {
            isKnown |= read(list, models);
        }
        return isKnown ? List.copyOf(models.values()) : null;
    }

    private static boolean read(byte[] json, Map<String, ListedModel> models) {
        Object read;
        try {
            read = JsonTree.read(json);
        } catch (IllegalArgumentException notJson) {
            return false;
        }
        Object list = read instanceof Map<?, ?> members ? members.containsKey("data") ? members.get("data")
                : members.get("models") : read;
        if (!(list instanceof List<?> elements)) {
            return false;
        }
        for (Object element : elements) {
            ListedModel model = element instanceof Map<?, ?> members ? model(members) : null;
            if (model != null && models.size() < MAX_MODELS) {
                models.putIfAbsent(model.id(), model);
            }
        }
        return true;
    }

    private static ListedModel model(Map<?, ?> members) {
        String id = members.get("id") instanceof String text ? text
                : members.get("slug") instanceof String slug ? slug : null;
        boolean isName = id != null && !id.isEmpty() && id.length() <= 256
                && id.chars().allMatch(c -> c > 0x20 && c != 0x7f);
        long created = members.get("created") instanceof JsonTree.Literal literal
                && literal.text().matches("\\d{1,12}") ? Long.parseLong(literal.text()) : 0;
        return isName ? new ListedModel(id, created, members.get("owned_by") instanceof String owner ? owner : null)
                : null;
    }

    /** The question to one endpoint. */
    private static final class ListQuestion extends Question {
        private final Fetch fetch;
        private final ByteArrayOutputStream body = new ByteArrayOutputStream(1024);
        private int status;

        ListQuestion(Fetch fetch, Endpoint endpoint) {
            super(endpoint, "/models", MAX_BODY_BYTES);
            this.fetch = fetch;
        }

        @Override
        void onStatus(int received) {
            status = received;
        }

        @Override
        void onPiece(BodyPiece piece) {
            body.writeBytes(piece.runs().copy(piece.bytes(), MAX_BODY_BYTES));
        }

        @Override
        void onComplete() {
            if (status != OK) {
                LOG.debug("{} has no list of models: status {}", endpoint(), status);
            }
            fetch.onOne(status == OK ? body.toByteArray() : null);
        }

        @Override
        void onUnreachable(Throwable cause) {
            fetch.onOne(null);
        }

        @Override
        void onFailed(String found) {
            LOG.debug("{} has no list of models: {}", endpoint(), found);
            fetch.onOne(null);
        }
    }

    /** Runs a task on a loop when everything that was added has happened. */
    private static final class Countdown {
        private final Runnable task;
        private final EventExecutor loop;
        private int open = 1;

        Countdown(Runnable task, EventExecutor loop) {
            this.task = task;
            this.loop = loop;
        }

        synchronized void add() {
            open++;
        }

        void onOne() {
            synchronized (this) {
                if (--open > 0) {
                    return;
                }
            }
            if (loop.inEventLoop()) {
                task.run();
            } else {
                loop.execute(task);
            }
        }
    }
}
