// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import dev.sluice.engine.config.AccessLogConfig;
import dev.sluice.engine.config.AdminConfig;
import dev.sluice.engine.config.AffinityConfig;
import dev.sluice.engine.config.Balance;
import dev.sluice.engine.config.BudgetConfig;
import dev.sluice.engine.config.BudgetWindow;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.ConfigException;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.GroupConfig;
import dev.sluice.engine.config.HealthConfig;
import dev.sluice.engine.config.Http2DownstreamConfig;
import dev.sluice.engine.config.Http2UpstreamConfig;
import dev.sluice.engine.config.HttpVersions;
import dev.sluice.engine.config.KeyConfig;
import dev.sluice.engine.config.LimitConfig;
import dev.sluice.engine.config.ListenerConfig;
import dev.sluice.engine.config.PriceConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RetryConfig;
import dev.sluice.engine.config.RevokePolicy;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.RouteConfig.DownstreamLeave;
import dev.sluice.engine.config.RouteConfig.UpstreamLoss;
import dev.sluice.engine.config.StoreLoss;
import dev.sluice.engine.config.TimeoutConfig;
import dev.sluice.engine.config.TlsConfig;
import dev.sluice.engine.config.TransportConfig;
import dev.sluice.engine.config.UsageLimits;
import dev.sluice.engine.config.WebSocketMode;
import dev.sluice.otel.OtelSettings;
import dev.sluice.protocol.request.Profile;
import dev.sluice.protocol.request.Profiles;
import dev.sluice.redis.RedisSettings;
import dev.sluice.redis.StoreLossPolicy;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * A reader of configurations, from a YAML file or from the command line. No other class takes settings from the
 * environment.
 */
final class ConfigLoader {
    private final Function<String, String> environment;

    ConfigLoader(Function<String, String> environment) {
        this.environment = environment;
    }

    /**
     * Reads a file.
     *
     * @throws SettingException if the file does not exist, is not YAML, or has an unknown or invalid setting
     * @throws IOException      if the file cannot be read
     */
    LoadedConfig load(Path file) throws IOException {
        String text;
        try {
            text = Files.readString(file);
        } catch (NoSuchFileException e) {
            throw new SettingException(file.toString(), "no such file (expected: a YAML file)");
        } catch (IOException e) {
            throw new SettingException(file.toString(), "cannot be read, " + e.getMessage()
                    + " (expected: a YAML file)");
        }
        return parse(file.getFileName().toString(), text);
    }

    /**
     * Reads the text of a file.
     *
     * @param file name of the file for messages
     * @throws SettingException if the text is not YAML, or has an unknown or invalid setting
     */
    LoadedConfig parse(String file, String text) {
        try {
            YamlSection top = new YamlSection(file, "", compose(file, text), environment).only("");
            return new LoadedConfig(top.make(() -> build(top)), state(top), otel(top), top::locate);
        } catch (StackOverflowError e) {
            throw new SettingException(file, "nested too deeply, or an alias within its own anchor (expected: the"
                    + " nesting of the settings)");
        }
    }

    private static Node compose(String file, String text) {
        try {
            return new Compose(LoadSettings.builder().setLabel(file).build()).composeString(text).orElseThrow(
                    () -> new SettingException(file, "empty (expected: listeners, clusters and routes)"));
        } catch (MarkedYamlEngineException e) {
            throw new SettingException(file + e.getProblemMark().map(mark -> ", line " + (mark.getLine() + 1))
                    .orElse(""), "not YAML: " + e.getProblem());
        } catch (YamlEngineException e) {
            throw new SettingException(file, "not YAML: " + e.getMessage());
        }
    }

    private static StateConfig state(YamlSection top) {
        if (!top.has("state")) {
            return StateConfig.NONE;
        }
        YamlSection section = top.section("state").only("state");
        Duration interval = section.duration("interval", StateConfig.NONE.interval());
        return section.make(() -> {
            if (interval.isZero()) {
                throw new ConfigException("interval", "interval: 0 (expected: longer than zero)");
            }
            if (section.has("file") && section.has("redis")) {
                throw new ConfigException("file", "file: beside redis (expected: one of them, which keeps the ledger)");
            }
            return new StateConfig(section.path("file"), interval, section.has("redis")
                    ? redis(section.section("redis")) : null);
        });
    }

    private static OtelSettings otel(YamlSection top) {
        if (!top.has("otel")) {
            return null;
        }
        YamlSection section = top.section("otel").only("otel");
        OtelSettings defaults = OtelSettings.of("http://127.0.0.1:4318");
        String endpoint = section.text("endpoint");
        double sample = section.decimal("sample", defaults.sample());
        Duration interval = section.duration("interval", defaults.interval());
        return section.make(() -> {
            try {
                return new OtelSettings(new URI(endpoint), section.path("headers_file"), section.text("service_name",
                        defaults.serviceName()), sample, interval);
            } catch (IllegalArgumentException e) {
                throw new ConfigException(e.getMessage().substring(0, e.getMessage().indexOf(':')), e.getMessage(), e);
            } catch (URISyntaxException e) {
                throw new ConfigException("endpoint", "endpoint: not a URL (expected: such as http://127.0.0.1:4318)",
                        e);
            }
        });
    }

    private static RedisSettings redis(YamlSection section) {
        section.only("state.redis");
        RedisSettings defaults = RedisSettings.of("redis://127.0.0.1");
        String onLoss = section.choice("on_store_loss", "local", "local", "open", "closed");
        try {
            return new RedisSettings(section.text("url"), section.flag("cluster", false), section.path("password_file"),
                    section.path("ca_file"), StoreLossPolicy.valueOf(onLoss.toUpperCase(Locale.ROOT)),
                    section.duration("timeout", defaults.timeout()), section.text("prefix", defaults.prefix()));
        } catch (IllegalArgumentException e) {
            String name = e.getMessage().substring(0, e.getMessage().indexOf(':'));
            throw new ConfigException("redis." + name, "redis." + e.getMessage(), e);
        }
    }

    private static RelayConfig build(YamlSection top) {
        RelayConfig.Builder builder = RelayConfig.builder();
        top.sections("listeners").forEach(section -> builder.listener(listener(section)));
        if (top.has("admin")) {
            builder.admin(admin(top.section("admin")));
        }
        YamlSection clusters = top.section("clusters");
        clusters.names().forEach(name -> builder.cluster(cluster(name, clusters.section(name))));
        top.sections("routes").forEach(section -> builder.route(route(section)));
        if (top.has("keys")) {
            top.sections("keys").forEach(section -> builder.key(key(section)));
        }
        if (top.has("key_file")) {
            builder.keyFile(top.path("key_file"));
        }
        if (top.has("groups")) {
            YamlSection groups = top.section("groups");
            groups.names().forEach(name -> builder.group(group(name, groups.section(name))));
        }
        if (top.has("prices")) {
            top.sections("prices").forEach(section -> builder.price(price(section)));
        }
        if (top.has("budget_zone")) {
            builder.budgetZone(zone(top));
        }
        if (top.has("profiles")) {
            profiles(top.section("profiles"), builder);
        }
        top.texts("relayed_paths").forEach(builder::relayedPath);
        builder.defaultCluster(top.text("default_cluster", null));
        if (top.has("via")) {
            builder.via(top.text("via"));
        }
        if (top.has("affinity")) {
            builder.affinity(affinity(top.section("affinity")));
        }
        if (top.has("limits")) {
            builder.limits(limits(top.section("limits")));
        }
        if (top.has("timeouts")) {
            builder.timeouts(timeouts(top.section("timeouts")));
        }
        if (top.has("http2")) {
            http2(top.section("http2").only("http2"), builder);
        }
        if (top.has("access_log")) {
            builder.accessLog(accessLog(top.section("access_log")));
        }
        if (top.has("on_revoke")) {
            builder.onRevoke(RevokePolicy.valueOf(top.choice("on_revoke", "continue", "continue", "cut")
                    .toUpperCase(Locale.ROOT)));
        }
        if (top.has("transport")) {
            builder.transport(transport(top.section("transport")));
        }
        RelayConfig config = builder.build();
        config.requireKeysOrLoopback();
        config.requireProtectedAdmin();
        return config;
    }

    /** Reads profiles. Each may extend a built-in profile or one defined earlier in the file. */
    private static void profiles(YamlSection section, RelayConfig.Builder builder) {
        Map<String, Profile> known = new LinkedHashMap<>(Profiles.builtIn());
        for (String name : section.names()) {
            YamlSection profile = section.section(name);
            Profile read = profile.make(() -> Profile.read(name, profile.tree(), known));
            known.put(name, read);
            builder.profile(read);
        }
    }

    private static ListenerConfig listener(YamlSection section) {
        section.only("listeners[]");
        Address address = Address.parse(section, "address");
        TlsConfig tls = tls(section, "listeners[].tls");
        return section.make(() -> new ListenerConfig(address.host, address.port, tls));
    }

    private static TlsConfig tls(YamlSection section, String path) {
        if (!section.has("tls")) {
            return null;
        }
        YamlSection files = section.section("tls").only(path);
        return files.make(() -> new TlsConfig(Path.of(files.text("certificate")), Path.of(files.text("key")),
                files.path("client_ca")));
    }

    private static AdminConfig admin(YamlSection section) {
        section.only("admin");
        Address address = Address.parse(section, "address");
        TlsConfig tls = tls(section, "admin.tls");
        return section.make(() -> new AdminConfig(address.host, address.port, tls, section.path("token_file"),
                section.texts("hosts"), section.flag("key_metrics", true)));
    }

    private static AccessLogConfig accessLog(YamlSection section) {
        section.only("access_log");
        String level = section.choice("level", "all", "all", "errors", "off");
        double sample = section.decimal("sample", AccessLogConfig.DEFAULT.sample());
        return section.make(() -> new AccessLogConfig(AccessLogConfig.Level.valueOf(level.toUpperCase(Locale.ROOT)),
                sample, section.path("file")));
    }

    private static ClusterConfig cluster(String name, YamlSection section) {
        section.only("clusters.*");
        List<EndpointConfig> endpoints = section.sections("endpoints").stream().map(endpoint -> {
            endpoint.only("clusters.*.endpoints[]");
            HttpVersions versions = switch (endpoint.choice("http", "auto", "auto", "1", "2")) {
                case "1" -> HttpVersions.HTTP_1;
                case "2" -> HttpVersions.HTTP_2;
                default -> HttpVersions.AUTO;
            };
            return endpoint.make(() -> credentials(endpoint).toBuilder().versions(versions)
                    .weight(endpoint.integer("weight", 1)).priority(endpoint.integer("priority", 0))
                    .maxInFlight(endpoint.integer("max_in_flight", 0))
                    .warmConnections(endpoint.integer("warm_connections", 0)).headers(headers(endpoint))
                    .maxConnections(endpoint.integer("max_connections", 0))
                    .maxStreams(endpoint.integer("max_streams", 0)).build());
        }).toList();
        Balance balance = Balance.valueOf(section.choice("balance", "least_inflight", "least_inflight", "round_robin",
                "weighted", "priority", "rendezvous").toUpperCase(Locale.ROOT));
        HealthConfig health = section.has("health") ? health(section.section("health")) : HealthConfig.DEFAULT;
        TlsConfig certificate = section.has("certificate") || section.has("key") ? section.make(() -> new TlsConfig(
                Path.of(section.text("certificate")), Path.of(section.text("key")))) : null;
        WebSocketMode websocket = WebSocketMode.valueOf(section.choice("websocket", "auto", "auto", "off", "native",
                "bridge").toUpperCase(Locale.ROOT));
        boolean always = section.choice("content_length", "when_known", "when_known", "always").equals("always");
        return section.make(() -> ClusterConfig.of(name, endpoints.toArray(EndpointConfig[]::new)).toBuilder()
                .caFile(section.path("ca_file")).certificate(certificate).alwaysContentLength(always)
                .dialect(section.text("dialect", null)).balance(balance).health(health)
                .maxInFlight(section.integer("max_in_flight", 0)).websocket(websocket).build());
    }

    private static Map<String, String> headers(YamlSection endpoint) {
        Map<String, String> headers = new LinkedHashMap<>();
        if (endpoint.has("headers")) {
            YamlSection section = endpoint.section("headers");
            section.names().forEach(name -> headers.put(name, section.text(name)));
        }
        return headers;
    }

    private static EndpointConfig credentials(YamlSection endpoint) {
        EndpointConfig made = EndpointConfig.of(endpoint.text("url"), endpoint.text("api_key", null));
        if (!endpoint.has("api_key_file")) {
            return made;
        }
        if (made.apiKey() != null) {
            throw new IllegalArgumentException("api_key and api_key_file: both (expected: one of them)");
        }
        return made.withApiKeyFile(endpoint.path("api_key_file"));
    }

    private static HealthConfig health(YamlSection section) {
        section.only("clusters.*.health");
        HealthConfig defaults = HealthConfig.DEFAULT;
        HealthConfig.CheckConfig check = section.has("check") ? check(section.section("check")) : null;
        return section.make(() -> defaults.toBuilder()
                .maxFailures(section.integer("max_failures", defaults.maxFailures()))
                .errorPercent(section.integer("error_percent", defaults.errorPercent()))
                .minAnswers(section.integer("min_answers", defaults.minAnswers()))
                .ejection(section.duration("ejection", defaults.ejection()))
                .maxEjection(section.duration("max_ejection", defaults.maxEjection()))
                .maxRest(section.duration("max_rest", defaults.maxRest()))
                .panicPercent(section.integer("panic_percent", defaults.panicPercent())).check(check).build());
    }

    private static HealthConfig.CheckConfig check(YamlSection section) {
        section.only("clusters.*.health.check");
        return section.make(() -> new HealthConfig.CheckConfig(section.text("path"),
                section.duration("interval", Duration.ofSeconds(10)),
                section.duration("timeout", Duration.ofSeconds(3))));
    }

    private static RouteConfig route(YamlSection section) {
        section.only("routes[]");
        String loss = section.choice("on_upstream_loss", "abort", "abort", "failed_event");
        String leave = section.choice("on_downstream_leave", "cancel", "cancel", "drain");
        RetryConfig retry = section.has("retry") ? retry(section.section("retry")) : RetryConfig.DEFAULT;
        return section.make(() -> RouteConfig.of(section.text("model"), section.text("cluster")).toBuilder()
                .upstreamModel(section.text("upstream_model", null)).profile(section.text("profile", null))
                .onUpstreamLoss(UpstreamLoss.valueOf(loss.toUpperCase(Locale.ROOT)))
                .onDownstreamLeave(DownstreamLeave.valueOf(leave.toUpperCase(Locale.ROOT))).retry(retry)
                .keepAlive(section.duration("keep_alive", Duration.ZERO)).limits(usageLimits(section)).build());
    }

    private static RetryConfig retry(YamlSection section) {
        section.only("routes[].retry");
        return section.make(() -> new RetryConfig(section.flag("reused_connection", true),
                section.flag("idempotent", false),
                Set.copyOf(section.integers("statuses")),
                section.decimal("hedge_quantile", 0)));
    }

    private static KeyConfig key(YamlSection section) {
        section.only("keys[]");
        return section.make(() -> new KeyConfig(section.text("label"), section.text("sha256"),
                section.texts("models"), section.texts("profiles"), section.instant("expires"), usageLimits(section),
                section.text("group", null)));
    }

    private static GroupConfig group(String name, YamlSection section) {
        section.only("groups.*");
        return section.make(() -> new GroupConfig(name, usageLimits(section)));
    }

    private static UsageLimits usageLimits(YamlSection section) {
        List<BudgetConfig> budgets = !section.has("budgets") ? List.of()
                : section.sections("budgets").stream().map(ConfigLoader::budget).toList();
        return new UsageLimits(section.integer("max_in_flight", 0), section.integer("requests_per_minute", 0),
                section.integer("tokens_per_minute", 0), budgets);
    }

    private static BudgetConfig budget(YamlSection section) {
        section.only("keys[].budgets[]");
        return section.make(() -> new BudgetConfig(new BudgetWindow(section.text("window")),
                microDollars(section.exact("usd", BigDecimal.ZERO)), section.longInteger("tokens", 0)));
    }

    private static long microDollars(BigDecimal dollars) {
        try {
            return dollars.movePointRight(6).longValueExact();
        } catch (ArithmeticException e) {
            throw new ConfigException("usd", "usd: " + dollars
                    + " (expected: US dollars with at most 6 decimals, such as 50 or 0.25)");
        }
    }

    private static PriceConfig price(YamlSection section) {
        section.only("prices[]");
        BigDecimal input = section.exact("input", BigDecimal.ZERO);
        return section.make(() -> new PriceConfig(section.text("model"), section.text("tier", null), input,
                section.exact("cached_input", input), section.exact("output", BigDecimal.ZERO)));
    }

    private static ZoneId zone(YamlSection top) {
        return top.make(() -> {
            try {
                return ZoneId.of(top.text("budget_zone"));
            } catch (DateTimeException e) {
                throw new ConfigException("budget_zone", "budget_zone: " + top.text("budget_zone")
                        + " (expected: a zone such as UTC or Europe/Berlin)");
            }
        });
    }

    private static AffinityConfig affinity(YamlSection section) {
        section.only("affinity");
        AffinityConfig defaults = AffinityConfig.DEFAULT;
        return section.make(() -> new AffinityConfig(section.integer("max_entries", defaults.maxEntries()),
                section.duration("id_ttl", defaults.idTtl()), section.duration("session_ttl", defaults.sessionTtl()),
                AffinityConfig.UnknownIds.valueOf(section.choice("unknown_ids", "relay", "relay", "refuse")
                        .toUpperCase(Locale.ROOT)),
                storeLoss(section, "on_store_loss", defaults.onStoreLoss())));
    }

    private static StoreLoss storeLoss(YamlSection section, String name, StoreLoss otherwise) {
        return StoreLoss.valueOf(section.choice(name, otherwise.name().toLowerCase(Locale.ROOT), "refuse", "continue")
                .toUpperCase(Locale.ROOT));
    }

    private static LimitConfig limits(YamlSection section) {
        section.only("limits");
        LimitConfig defaults = LimitConfig.DEFAULT;
        return section.make(() -> defaults.toBuilder()
                .maxBodyBytes(section.bytes("max_body_bytes", defaults.maxBodyBytes()))
                .maxHeldBytes(section.bytes("max_held_bytes", defaults.maxHeldBytes()))
                .holdBytes(size(section, "hold_bytes", defaults.holdBytes()))
                .replayBytes(section.bytes("replay_bytes", defaults.replayBytes()))
                .maxExchanges(section.integer("max_exchanges", defaults.maxExchanges()))
                .maxQueued(section.integer("max_queued", defaults.maxQueued()))
                .maxQueueTime(section.duration("max_queue_time", defaults.maxQueueTime()))
                .maxHeadBytes(size(section, "max_head_bytes", defaults.maxHeadBytes()))
                .maxTargetBytes(size(section, "max_target_bytes", defaults.maxTargetBytes()))
                .drainBytes(section.bytes("drain_bytes", defaults.drainBytes()))
                .heldMemoryShare(section.decimal("held_memory_share", defaults.heldMemoryShare()))
                .maxWebSockets(section.integer("max_websockets", defaults.maxWebSockets()))
                .maxWebSocketsPerCaller(section.integer("max_websockets_per_caller",
                        defaults.maxWebSocketsPerCaller()))
                .rateLimitHeaders(section.flag("ratelimit_headers", defaults.rateLimitHeaders()))
                .onQuotaLoss(storeLoss(section, "on_quota_loss", defaults.onQuotaLoss())).build());
    }

    private static TimeoutConfig timeouts(YamlSection section) {
        section.only("timeouts");
        TimeoutConfig.Builder builder = TimeoutConfig.builder();
        section.ifDuration("request_head", builder::requestHead);
        section.ifDuration("body_grace", builder::bodyGrace);
        section.ifDuration("connect", builder::connect);
        section.ifDuration("tls_handshake", builder::tlsHandshake);
        section.ifDuration("response_head", builder::responseHead);
        section.ifDuration("first_event", builder::firstEvent);
        section.ifDuration("between_reads", builder::betweenReads);
        section.ifDuration("exchange", builder::exchange);
        section.ifDuration("write_stall", builder::writeStall);
        section.ifDuration("websocket_idle", builder::websocketIdle);
        section.ifDuration("downstream_idle", builder::downstreamIdle);
        section.ifDuration("upstream_idle", builder::upstreamIdle);
        section.ifDuration("upstream_lifetime", builder::upstreamLifetime);
        section.ifDuration("quota", builder::quota);
        section.ifDuration("affinity", builder::affinity);
        section.ifDuration("drain", builder::drain);
        return section.make(builder::build);
    }

    private static void http2(YamlSection section, RelayConfig.Builder builder) {
        if (section.has("downstream")) {
            builder.http2(http2Downstream(section.section("downstream")));
        }
        if (section.has("upstream")) {
            builder.http2(http2Upstream(section.section("upstream")));
        }
    }

    private static Http2DownstreamConfig http2Downstream(YamlSection section) {
        section.only("http2.downstream");
        Http2DownstreamConfig defaults = Http2DownstreamConfig.DEFAULT;
        return section.make(() -> new Http2DownstreamConfig(section.integer("max_streams", defaults.maxStreams()),
                size(section, "stream_window_bytes", defaults.streamWindowBytes()),
                size(section, "connection_window_bytes", defaults.connectionWindowBytes()),
                size(section, "max_header_list_bytes", defaults.maxHeaderListBytes()),
                section.integer("max_resets", defaults.maxResets()),
                section.integer("max_control_frames", defaults.maxControlFrames())));
    }

    private static Http2UpstreamConfig http2Upstream(YamlSection section) {
        section.only("http2.upstream");
        Http2UpstreamConfig defaults = Http2UpstreamConfig.DEFAULT;
        return section.make(() -> new Http2UpstreamConfig(section.integer("max_streams", defaults.maxStreams()),
                section.integer("max_connections", defaults.maxConnections()),
                section.integer("max_queued", defaults.maxQueued()),
                section.duration("max_queue_time", defaults.maxQueueTime()),
                size(section, "stream_window_bytes", defaults.streamWindowBytes()),
                size(section, "connection_window_bytes", defaults.connectionWindowBytes()),
                size(section, "max_header_list_bytes", defaults.maxHeaderListBytes()),
                section.duration("ping_interval", defaults.pingInterval()),
                section.duration("ping_timeout", defaults.pingTimeout())));
    }

    private static int size(YamlSection section, String name, int byDefault) {
        return Math.toIntExact(section.bytes(name, byDefault));
    }

    private static TransportConfig transport(YamlSection section) {
        section.only("transport");
        String kind = section.choice("kind", "auto", "auto", "epoll", "io_uring", "nio");
        return section.make(() -> new TransportConfig(TransportConfig.Kind.valueOf(kind.toUpperCase(Locale.ROOT)),
                section.integer("loops", 0), section.flag("spin", false)));
    }

    /** Returns the configuration of {@code serve} without a file: one upstream for every model. */
    LoadedConfig ofArguments(String upstream, String listen, String admin, String adminTokenFile, String keyFile,
            String websocket) {
        try {
            Address address = Address.of(listen);
            String key = environment.apply("OPENAI_API_KEY");
            RelayConfig.Builder builder = RelayConfig.builder().listen(address.host, address.port)
                    .cluster(ClusterConfig.of("upstream", EndpointConfig.of(upstream, key))
                            .withWebsocket(mode(websocket)))
                    .route(RouteConfig.of("*", "upstream"));
            if (keyFile != null) {
                builder.keyFile(Path.of(keyFile));
            }
            if (admin != null) {
                Address adminAddress = Address.of(admin);
                AdminConfig pages = new AdminConfig(adminAddress.host, adminAddress.port);
                builder.admin(adminTokenFile == null ? pages : pages.withTokenFile(Path.of(adminTokenFile)));
            }
            RelayConfig config = builder.build();
            config.requireKeysOrLoopback();
            config.requireProtectedAdmin();
            return new LoadedConfig(config, StateConfig.NONE, null, path -> "command line");
        } catch (IllegalArgumentException e) {
            throw new SettingException("command line", e.getMessage());
        }
    }

    private static WebSocketMode mode(String name) {
        try {
            return WebSocketMode.valueOf(name.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException unknown) {
            throw new IllegalArgumentException("websocket: " + name + " (expected: auto, off, native or bridge)");
        }
    }

    private record Address(String host, int port) {
        static Address parse(YamlSection section, String name) {
            String text = section.text(name);
            return section.make(() -> of(text));
        }

        static Address of(String text) {
            int colon = text.lastIndexOf(':');
            try {
                String host = text.substring(0, colon);
                boolean isBracketed = host.startsWith("[") && host.endsWith("]");
                return new Address(isBracketed ? host.substring(1, host.length() - 1) : host,
                        Integer.parseInt(text.substring(colon + 1)));
            } catch (IndexOutOfBoundsException | NumberFormatException e) {
                throw new IllegalArgumentException("address: " + text + " (expected: HOST:PORT)", e);
            }
        }
    }
}
