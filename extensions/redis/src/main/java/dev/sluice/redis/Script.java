// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.redis;

import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.async.RedisScriptingAsyncCommands;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** A script, which the server knows by its hash after it was sent once. All numbers are microseconds or counts. */
enum Script {
    /**
     * Admits units of several limits, all or none. For each key, the arguments are the microseconds of one unit, the
     * limit, and the number of units. Returns the number of the limit that is reached, or 0, and the time to wait for
     * it, then the used time of each limit.
     */
    ADMIT("""
            local time = redis.call('TIME')
            local now = time[1] * 1000000 + time[2]
            local full, worst, at = {}, 0, 0
            for i = 1, #KEYS do
              local unit, limit = tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i - 1])
              full[i] = tonumber(redis.call('GET', KEYS[i]) or 0)
              if full[i] < now then full[i] = now end
              local wait = full[i] - now - (limit - 1) * unit
              if wait > worst then worst, at = wait, i end
            end
            local answer = {at, math.ceil(worst)}
            for i = 1, #KEYS do
              if at == 0 then
                full[i] = full[i] + tonumber(ARGV[3 * i - 2]) * tonumber(ARGV[3 * i])
                redis.call('SET', KEYS[i], string.format('%.0f', full[i]), 'PX',
                  math.ceil((full[i] - now) / 1000) + 1000)
              end
              answer[i + 2] = math.ceil(full[i] - now)
            end
            return answer
            """),
    /** Adds to the used time of several limits, or takes from it. For each key, the argument is the time. */
    SETTLE("""
            local time = redis.call('TIME')
            local now = time[1] * 1000000 + time[2]
            for i = 1, #KEYS do
              local full = tonumber(redis.call('GET', KEYS[i]) or 0)
              if full < now then full = now end
              full = full + tonumber(ARGV[i])
              if full <= now then
                redis.call('DEL', KEYS[i])
              else
                redis.call('SET', KEYS[i], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000) + 1000)
              end
            end
            return {}
            """),
    /** Notes that the relay of the argument lives, and returns the number of relays that do. */
    BEAT("""
            local now = tonumber(redis.call('TIME')[1])
            redis.call('ZADD', KEYS[1], now, ARGV[1])
            redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - 15)
            redis.call('EXPIRE', KEYS[1], 60)
            return {redis.call('ZCARD', KEYS[1])}
            """),
    /** Notes that what the first argument names rests for the milliseconds of the second one; the latest end counts. */
    REST("""
            local time = redis.call('TIME')
            local now = time[1] * 1000 + math.floor(time[2] / 1000)
            redis.call('ZADD', KEYS[1], 'GT', now + ARGV[2], ARGV[1])
            redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
            redis.call('EXPIRE', KEYS[1], 86400)
            return {}
            """),
    /** Returns what rests, each with the milliseconds that are left, those that rest the longest first. */
    RESTS("""
            local time = redis.call('TIME')
            local now = time[1] * 1000 + math.floor(time[2] / 1000)
            local rests = redis.call('ZRANGE', KEYS[1], '+inf', '(' .. string.format('%.0f', now), 'BYSCORE', 'REV',
              'LIMIT', 0, 1000, 'WITHSCORES')
            for i = 2, #rests, 2 do
              rests[i] = string.format('%.0f', rests[i] - now)
            end
            return rests
            """);

    private final String text;
    private final String digest;

    Script(String text) {
        this.text = text;
        try {
            digest = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(
                    text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java platform has it
        }
    }

    /** Runs the script, which answers numbers, and sends it first if the server does not know it. */
    CompletableFuture<List<Long>> run(RedisScriptingAsyncCommands<String, String> commands, String[] keys,
            String... arguments) {
        return ask(commands, keys, arguments);
    }

    /** Runs the script, which answers values of one type: Long or String. */
    <T> CompletableFuture<List<T>> ask(RedisScriptingAsyncCommands<String, String> commands, String[] keys,
            String... arguments) {
        return commands.<List<T>>evalsha(digest, ScriptOutputType.MULTI, keys, arguments).toCompletableFuture()
                .handle((answer, failure) -> {
                    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
                    if (cause instanceof RedisNoScriptException) {
                        return commands.<List<T>>eval(text, ScriptOutputType.MULTI, keys, arguments)
                                .toCompletableFuture();
                    }
                    return failure == null ? CompletableFuture.completedFuture(answer)
                            : CompletableFuture.<List<T>>failedFuture(cause);
                }).thenCompose(next -> next);
    }
}
