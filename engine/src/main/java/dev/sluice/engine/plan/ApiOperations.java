// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.plan;

import dev.sluice.engine.spi.RequestHead;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.request.Profile;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** The table of API operations by path. Immutable. */
public final class ApiOperations {
    static final String MODELS = "/models";
    private static final String RESPONSES = "/responses";
    private static final String API = "/v1";
    /** The prefix that the Codex CLI uses with a ChatGPT login, with or without {@link #API} after it. */
    private static final String CODEX = "/backend-api/codex";
    /** Paths that an upstream could normalize to another path. */
    private static final Pattern DISGUISED = Pattern.compile("(.*/)?\\.{1,2}(/.*)?|.*([%;\\\\]|//).*");

    private static final List<Row> ROWS = List.of(
            new Row(RESPONSES, ApiOperation.Kind.RESPONSES, "POST"),
            new Row("/responses/compact", ApiOperation.Kind.OPERATION, "POST"),
            new Row("/responses/input_tokens", ApiOperation.Kind.OPERATION, "POST"),
            new Row("/responses/[^/]+", ApiOperation.Kind.STORED, "GET", "DELETE"),
            new Row("/responses/[^/]+/cancel", ApiOperation.Kind.STORED, "POST"),
            new Row("/responses/[^/]+/input_items", ApiOperation.Kind.STORED, "GET"),
            new Row("/conversations", ApiOperation.Kind.STORED, "POST"),
            new Row("/conversations/[^/]+", ApiOperation.Kind.STORED, "GET", "POST", "DELETE"),
            new Row("/conversations/[^/]+/items", ApiOperation.Kind.STORED, "GET", "POST"),
            new Row("/conversations/[^/]+/items/[^/]+", ApiOperation.Kind.STORED, "GET", "DELETE"),
            new Row(MODELS, ApiOperation.Kind.MODELS, "GET"),
            new Row("/models/.+", ApiOperation.Kind.MODEL, "GET"));

    private final List<Prefix> prefixes = new ArrayList<>();
    private final List<String> relayedPaths;
    /** The operations of paths without an id, which are nearly all requests, so that no pattern is tried for them. */
    private final Map<String, ApiOperation> known = new HashMap<>();

    /**
     * @param profiles     the profiles; each is the face of the path prefixes that it owns
     * @param relayedPaths further paths that are relayed unchanged, together with all paths below them
     */
    public ApiOperations(Collection<Profile> profiles, List<String> relayedPaths) {
        for (Profile profile : profiles) {
            profile.paths().forEach(path -> prefixes.add(new Prefix(path, profile.name(), false)));
        }
        prefixes.add(new Prefix(CODEX + API, null, true));
        prefixes.add(new Prefix(CODEX, null, true));
        prefixes.add(new Prefix(API, null, false));
        this.relayedPaths = List.copyOf(relayedPaths);
        for (Prefix prefix : prefixes) {
            ROWS.stream().filter(Row::isLiteral).map(row -> prefix.path + row.pattern)
                    .forEach(path -> known.computeIfAbsent(path, this::match));
        }
    }

    /**
     * Returns the operation of a request.
     *
     * @throws RelayException if there is no operation at the path, or not for the method
     */
    public ApiOperation of(RequestHead head) {
        ApiOperation operation = ofPath(head.path());
        if (operation == null) {
            String meant = meant(head.path());
            throw RelayException.of(ErrorCode.DOWNSTREAM_PATH_UNKNOWN, "path: unknown (expected: " + (meant == null
                    ? "/v1/responses, /v1/models or another path of the API)"
                    : meant + "; check the base URL of the client)"));
        }
        if (operation.kind() == ApiOperation.Kind.RESPONSES && head.method().equals("GET")
                && "websocket".equalsIgnoreCase(head.header("upgrade"))) {
            return new ApiOperation(ApiOperation.Kind.WEBSOCKET, operation.path(), List.of("GET"),
                    operation.profile(), operation.alwaysStreams());
        }
        if (!operation.methods().contains(head.method())) {
            throw RelayException.methodNotAllowed("method: not allowed for this path (expected: "
                    + operation.allow() + ")", operation.allow());
        }
        return operation;
    }

    /** Returns the known path of which a path is a slip: a prefix twice, a slash too many; null for none. */
    private String meant(String path) {
        String meant = path.replaceAll("/{2,}", "/").replaceFirst("^(/v1)+(?=/|$)", "/v1");
        meant = meant.length() > 1 && meant.endsWith("/") ? meant.substring(0, meant.length() - 1) : meant;
        return !meant.equals(path) && ofPath(meant) != null ? meant : null;
    }

    /** Returns the operation at a path, or null for none. */
    public ApiOperation ofPath(String path) {
        ApiOperation operation = known.get(path);
        return operation != null ? operation : match(path);
    }

    private ApiOperation match(String path) {
        if (path.equals(RESPONSES)) {
            return new ApiOperation(ApiOperation.Kind.RESPONSES, path, List.of("POST"), null, false);
        }
        boolean isDisguised = DISGUISED.matcher(path).matches();
        for (Prefix prefix : prefixes) {
            if (path.startsWith(prefix.path + '/')) {
                String rest = path.substring(prefix.path.length());
                for (Row row : ROWS) {
                    boolean isAnsweredHere = row.kind == ApiOperation.Kind.MODEL;
                    if ((isAnsweredHere || !isDisguised) && row.pattern.matcher(rest).matches()) {
                        return new ApiOperation(row.kind, rest, row.methods, prefix.profile, prefix.alwaysStreams);
                    }
                }
            }
        }
        for (String relayed : relayedPaths) {
            if (!isDisguised && (path.equals(relayed) || path.startsWith(relayed + '/'))) {
                String rest = path.startsWith(API + '/') ? path.substring(API.length()) : path;
                return new ApiOperation(ApiOperation.Kind.RELAYED, rest,
                        List.of("GET", "POST", "DELETE"), null, false);
            }
        }
        return null;
    }

    private record Prefix(String path, String profile, boolean alwaysStreams) {
    }

    private record Row(Pattern pattern, ApiOperation.Kind kind, List<String> methods) {
        Row(String pattern, ApiOperation.Kind kind, String... methods) {
            this(Pattern.compile(pattern), kind, List.of(methods));
        }

        boolean isLiteral() {
            return pattern.pattern().indexOf('[') < 0 && pattern.pattern().indexOf('.') < 0;
        }
    }
}
