// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.bench.upstream;

import dev.sluice.engine.cluster.Cluster;
import dev.sluice.engine.cluster.Slot;
import dev.sluice.engine.config.Balance;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.HealthConfig;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Cost of choosing an endpoint and of counting its request in and out. {@code -prof gc} shows no allocation.
 * {@link #baseline} draws two random numbers.
 */
@Fork(2)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@State(Scope.Thread)
public class EndpointChoiceBenchmark {
    /** The load-balancing strategy. */
    @Param({"LEAST_INFLIGHT", "ROUND_ROBIN", "WEIGHTED", "PRIORITY", "RENDEZVOUS"})
    public Balance balance;

    /** Number of endpoints in the cluster. */
    @Param({"2", "20"})
    public int endpoints;

    private Cluster cluster;
    private long hash = 1;

    /** Creates the cluster. */
    @Setup
    public void open() {
        EndpointConfig[] all = IntStream.range(0, endpoints).mapToObj(i ->
                EndpointConfig.of("http://127.0.0.1:" + (1000 + i) + "/v1", null)).toArray(EndpointConfig[]::new);
        cluster = new Cluster(ClusterConfig.of("c", all).withBalance(balance, HealthConfig.DEFAULT), 0, null);
    }

    /** Measures the floor: two random numbers. */
    @Benchmark
    public int baseline() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        return random.nextInt(endpoints) + random.nextInt(endpoints - 1);
    }

    /** Measures one choice and the release of the chosen endpoint. */
    @Benchmark
    public Slot choose() {
        Slot chosen = cluster.choose("gpt-5.2", Set.of(), hash++, 0);
        chosen.close();
        return chosen;
    }
}
