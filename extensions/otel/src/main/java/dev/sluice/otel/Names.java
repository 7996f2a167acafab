// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.otel;

import io.opentelemetry.api.common.AttributeKey;

/**
 * The names of attributes and metrics: those of the semantic conventions of OpenTelemetry (generative AI, as of late
 * 2026, in development; HTTP; servers), and the relay's own, which begin with {@code sluice.}. They are all here,
 * because the conventions still change.
 */
final class Names {
    static final String SCOPE = "dev.sluice";

    static final String DURATION = "gen_ai.client.operation.duration";
    static final String FIRST_CHUNK = "gen_ai.client.operation.time_to_first_chunk";
    static final String OUTPUT_CHUNK = "gen_ai.client.operation.time_per_output_chunk";
    static final String INPUT_TOKENS = "gen_ai.client.inference.usage.input_tokens";
    static final String OUTPUT_TOKENS = "gen_ai.client.inference.usage.output_tokens";
    static final String CACHE_READ_TOKENS = "gen_ai.client.inference.usage.cache_read.input_tokens";
    static final String REASONING_TOKENS = "gen_ai.client.inference.usage.reasoning.output_tokens";

    static final String CHAT = "chat";
    static final String FETCH_RESPONSE = "fetch_response";
    static final String OPENAI = "openai";
    static final String RESPONSES = "responses";

    static final AttributeKey<String> OPERATION = AttributeKey.stringKey("gen_ai.operation.name");
    static final AttributeKey<String> PROVIDER = AttributeKey.stringKey("gen_ai.provider.name");
    static final AttributeKey<String> API_TYPE = AttributeKey.stringKey("openai.api.type");
    static final AttributeKey<String> REQUEST_MODEL = AttributeKey.stringKey("gen_ai.request.model");
    static final AttributeKey<String> RESPONSE_MODEL = AttributeKey.stringKey("gen_ai.response.model");
    static final AttributeKey<String> RESPONSE_ID = AttributeKey.stringKey("gen_ai.response.id");
    static final AttributeKey<String> SERVICE_TIER = AttributeKey.stringKey("openai.response.service_tier");
    static final AttributeKey<Long> USAGE_INPUT = AttributeKey.longKey("gen_ai.usage.input_tokens");
    static final AttributeKey<Long> USAGE_OUTPUT = AttributeKey.longKey("gen_ai.usage.output_tokens");
    static final AttributeKey<Long> USAGE_CACHE_READ = AttributeKey.longKey("gen_ai.usage.cache_read.input_tokens");
    static final AttributeKey<Long> USAGE_REASONING = AttributeKey.longKey("gen_ai.usage.reasoning.output_tokens");

    static final AttributeKey<String> SERVER_ADDRESS = AttributeKey.stringKey("server.address");
    static final AttributeKey<Long> SERVER_PORT = AttributeKey.longKey("server.port");
    static final AttributeKey<String> METHOD = AttributeKey.stringKey("http.request.method");
    static final AttributeKey<Long> STATUS = AttributeKey.longKey("http.response.status_code");
    static final AttributeKey<Long> RESEND_COUNT = AttributeKey.longKey("http.request.resend_count");
    static final AttributeKey<String> PROTOCOL = AttributeKey.stringKey("network.protocol.name");
    static final AttributeKey<String> ERROR_TYPE = AttributeKey.stringKey("error.type");

    static final AttributeKey<String> EXCHANGE_ID = AttributeKey.stringKey("sluice.exchange.id");
    static final AttributeKey<String> KEY = AttributeKey.stringKey("sluice.key");
    static final AttributeKey<String> ROUTE = AttributeKey.stringKey("sluice.route");
    static final AttributeKey<String> CLUSTER = AttributeKey.stringKey("sluice.cluster");
    static final AttributeKey<String> END = AttributeKey.stringKey("sluice.end");
    static final AttributeKey<Long> ATTEMPTS = AttributeKey.longKey("sluice.attempts");
    static final AttributeKey<Long> EVENTS = AttributeKey.longKey("sluice.events");
    static final AttributeKey<Boolean> HEDGE = AttributeKey.booleanKey("sluice.hedge");

    private Names() {
    }
}
