// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import dev.sluice.engine.downstream.DownstreamPort;
import dev.sluice.engine.downstream.DownstreamRequest;
import dev.sluice.engine.downstream.ExchangeStarter;
import dev.sluice.engine.downstream.RequestListener;
import dev.sluice.engine.loop.LoopTicker;
import dev.sluice.engine.observe.Counter;
import dev.sluice.engine.observe.LoopRecorder;
import dev.sluice.engine.upstream.HealthChecks;
import dev.sluice.engine.upstream.UpstreamPools;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.event.ScannerPool;
import dev.sluice.protocol.json.JsonLimits;
import dev.sluice.protocol.request.RequestScanner;
import dev.sluice.protocol.request.RuleTable;
import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/** What the exchanges of one event loop share. Confined to the loop. */
final class LoopContext implements ExchangeStarter {
    /** The step in which bodies are copied into the processor's cache and scanned. */
    private static final int SCRATCH_BYTES = 16 * 1024;
    private static final int MAX_SPARE_SCANNERS = 64;

    private final RelayCore core;
    private final EventLoop loop;
    private final LoopTicker ticker;
    private final UpstreamPools pools;
    private final LoopRecorder recorder;
    private HealthChecks checks;
    private final ScannerPool scanners = new ScannerPool();
    private final byte[] scratch = new byte[SCRATCH_BYTES];
    private final Map<RuleTable, ArrayDeque<RequestScanner>> spareScanners = new HashMap<>();

    LoopContext(RelayCore core, EventLoop loop) {
        this.core = core;
        this.loop = loop;
        ticker = new LoopTicker(loop, core.clock());
        pools = new UpstreamPools(loop, ticker, core.setup().timeouts(),
                core.setup().config().http2Upstream(), core.allocator());
        recorder = core.metrics().newRecorder();
    }

    @Override
    public RequestListener newExchange(DownstreamRequest request, DownstreamPort port) {
        recorder.add(Counter.EXCHANGES_STARTED, 1);
        return new Exchange(core, this, request, port);
    }

    @Override
    public void onHeadRefused(RelayException refusal) {
        recorder.add(Counter.HEADS_REFUSED, 1);
    }

    @Override
    public void onTailBegun() {
        core.beginTail();
    }

    @Override
    public void onTailEnded() {
        core.endTail();
    }

    @Override
    public boolean isDraining() {
        return !core.isReady();
    }

    @Override
    public LoopTicker ticker() {
        return ticker;
    }

    RequestScanner takeScanner(RuleTable table) {
        RequestScanner taken = spareScanners.computeIfAbsent(table, t -> new ArrayDeque<>()).poll();
        return taken == null ? new RequestScanner(table, JsonLimits.DEFAULT, scratch) : taken;
    }

    void giveBack(RequestScanner scanner) {
        scanner.reset(null); // keeps nothing of the body alive
        ArrayDeque<RequestScanner> spare = spareScanners.get(scanner.table());
        if (spare != null && spare.size() < MAX_SPARE_SCANNERS) { // null: its table went with the last configuration
            spare.push(scanner); // the one that is still in the processor's cache comes first
        }
    }

    /** Goes over to another configuration. */
    void use(Setup next) {
        spareScanners.clear(); // of tables that nobody asks for any more
        pools.use(next.timeouts(), next.config().http2Upstream(), next.endpoints());
        if (checks != null) {
            checks.use(next.endpoints());
        }
    }

    /** Opens connections that are to be ready before the first request. */
    void keepWarm(Setup setup) {
        pools.keepWarm(setup.endpoints());
    }

    /** Asks endpoints whether they are well, from this loop on behalf of all. */
    void startChecks(Setup setup) {
        checks = new HealthChecks(ticker, pools);
        checks.use(setup.endpoints());
    }

    EventLoop eventLoop() {
        return loop;
    }

    UpstreamPools pools() {
        return pools;
    }

    LoopRecorder recorder() {
        return recorder;
    }

    /** Returns the scanners of what comes back. */
    ScannerPool scanners() {
        return scanners;
    }

    byte[] scratch() {
        return scratch;
    }

    void close() {
        pools.close();
    }
}
