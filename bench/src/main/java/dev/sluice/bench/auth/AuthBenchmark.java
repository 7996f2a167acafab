// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.bench.auth;

import dev.sluice.engine.auth.ApiKeyAuthenticator;
import dev.sluice.engine.config.KeyConfig;
import dev.sluice.engine.http.DownstreamRequest;
import dev.sluice.engine.spi.Authenticator;
import dev.sluice.engine.spi.Principal;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
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

/** Cost of identifying one caller among others by its key. Compare with {@link #baseline}, the hash alone. */
@Fork(3)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@State(Scope.Thread)
public class AuthBenchmark {
    private static final String KEY = "sk-Zm9yIHRoZSBiZW5jaG1hcmssIG5vdCBhIHJlYWwga2V5IQ-";

    /** Number of configured keys. */
    @Param({"1", "10000"})
    public int keys;

    private ApiKeyAuthenticator authenticator;
    private DownstreamRequest request;
    private Principal found;

    /** Creates the keys. The caller uses one from the middle of the list. */
    @Setup
    public void open() {
        List<KeyConfig> all = IntStream.range(0, keys).mapToObj(i -> KeyConfig.ofSecret("caller" + i, KEY + i))
                .toList();
        authenticator = new ApiKeyAuthenticator(all);
        request = new DownstreamRequest("POST", "/v1/responses", "", new DefaultHttpHeaders().set("authorization",
                "Bearer " + KEY + keys / 2), 0, false, InetSocketAddress.createUnresolved("a", 1));
    }

    /** Measures the floor: SHA-256 of a key. */
    @Benchmark
    public byte[] baseline() throws NoSuchAlgorithmException {
        return MessageDigest.getInstance("SHA-256").digest(KEY.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Measures the identification of one caller. */
    @Benchmark
    public Principal authenticate() {
        found = null;
        authenticator.authenticate(request, new Authenticator.Decision() {
            @Override
            public void accept(Principal principal) {
                found = principal;
            }

            @Override
            public void refuse(String reason) {
                throw new IllegalStateException(reason);
            }
        });
        return found;
    }
}
