// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.plan;

import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.spi.Glob;
import dev.sluice.engine.spi.Principal;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.request.Profile;
import dev.sluice.protocol.request.Profiles;
import dev.sluice.protocol.request.RequestFacts;
import dev.sluice.protocol.request.RuleCompiler;
import dev.sluice.protocol.request.RuleTable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The routes in the order of the configuration; the first whose pattern matches a model wins. Immutable. */
public final class Router {
    private static final int MAX_SHOWN_CHARS = 128;
    /** The rules for a body that is not edited or whose profile is not known yet; they only find the routing fields. */
    private static final RuleTable FACTS = RuleCompiler.compile(Profiles.standard(), Profiles.standard());

    private final List<Entry> entries = new ArrayList<>();
    private final Map<String, Profile> profiles;
    private final String defaultCluster;
    private final Map<String, RuleTable> firstTables = new HashMap<>();

    /**
     * @param routes         the routes, in the order of precedence
     * @param clusters       all clusters that the routes name
     * @param profiles       all profiles that routes, clusters and paths name
     * @param defaultCluster the cluster for requests that name no model and whose owner is unknown; null for none
     */
    public Router(List<RouteConfig> routes, List<ClusterConfig> clusters, Map<String, Profile> profiles,
            String defaultCluster) {
        this.profiles = profiles;
        this.defaultCluster = defaultCluster;
        Map<String, Profile> dialects = clusters.stream().collect(Collectors.toMap(ClusterConfig::name,
                cluster -> profile(cluster.dialect())));
        for (RouteConfig route : routes) {
            entries.add(new Entry(new Glob(route.model()), route, profile(route.profile()),
                    dialects.get(route.cluster()), new HashMap<>()));
        }
        Map<List<Profile>, RuleTable> tables = new HashMap<>();
        List<String> owners = new ArrayList<>(profiles.values().stream().filter(profile -> !profile.paths().isEmpty())
                .map(Profile::name).toList());
        owners.add(null);
        for (String owner : owners) {
            Set<RuleTable> all = new HashSet<>();
            for (Entry entry : entries) {
                Profile face = owner == null ? entry.profile : profiles.get(owner);
                RuleTable table = tables.computeIfAbsent(List.of(face, entry.dialect),
                        pair -> compile(face, entry.dialect));
                entry.tables.put(face.name(), table);
                all.add(table);
            }
            firstTables.put(owner, all.size() == 1 ? all.iterator().next() : FACTS);
        }
    }

    private static RuleTable compile(Profile face, Profile dialect) {
        boolean isPlain = face.rules().isEmpty() && dialect.rules().isEmpty();
        return isPlain ? FACTS : RuleCompiler.compile(face, dialect);
    }

    private Profile profile(String name) {
        return name == null ? Profiles.standard() : profiles.get(name);
    }

    /**
     * Returns the rules for a body whose route is not known yet: those that all routes share, or only the routing
     * fields.
     */
    public RuleTable firstTable(ApiOperation operation) {
        return operation.kind() == ApiOperation.Kind.RESPONSES ? firstTables.get(operation.profile()) : FACTS;
    }

    /**
     * Returns the plan for a request whose model is known.
     *
     * @throws RelayException if no route matches the model, or the caller may not use the model or the profile
     */
    public Plan plan(RequestFacts facts, Principal principal, ApiOperation operation) {
        return planFor(facts.model(), principal, operation);
    }

    private Plan planFor(String model, Principal principal, ApiOperation operation) {
        boolean isEdited = operation.kind() == ApiOperation.Kind.RESPONSES;
        Entry found = null;
        for (int i = 0; i < entries.size(); i++) {
            Entry entry = entries.get(i);
            if (entry.glob.matches(model)
                    || isEdited && entry.glob.matches(faceOf(entry, operation).canonicalModel(model))) {
                found = entry;
                break;
            }
        }
        Function<String, RelayException> denied = name -> new RelayException(ErrorCode.MODEL_NOT_ALLOWED, "model",
                "This API key does not have access to model '" + shown(name) + "'");
        if (found == null) {
            throw principal.mayUse(model) ? unknown(model) : denied.apply(model);
        }
        Profile profile = faceOf(found, operation);
        String canonical = isEdited ? profile.canonicalModel(model) : model;
        // By the name that the route matches: a route for a name with suffixes makes that name a model of its own.
        if (!principal.mayUse(found.glob.matches(canonical) ? canonical : model)) {
            throw denied.apply(model);
        }
        if (!principal.mayUseProfile(profile.name())) {
            throw RelayException.of(ErrorCode.PROFILE_NOT_ALLOWED,
                    "This API key does not have access to the profile of this route");
        }
        String upstream = found.route.upstreamModel() == null ? canonical : found.route.upstreamModel();
        RuleTable table = isEdited ? found.tables.get(profile.name()) : FACTS;
        return new Plan(found.route, model, found.dialect.upstreamModel(upstream), table, profile, found.dialect);
    }

    private Profile faceOf(Entry entry, ApiOperation operation) {
        return operation.profile() == null ? entry.profile : profiles.get(operation.profile());
    }

    /**
     * Returns the plan for a request that names no model. It goes to the cluster that owns the named object, otherwise
     * to the only cluster that the caller may use, otherwise to the default cluster if the caller may use that.
     *
     * @param owner the name of the owning cluster; null if it is unknown
     * @throws RelayException if there is no such cluster
     */
    public Plan planWithoutModel(Principal principal, ApiOperation operation, String owner) {
        Set<String> clusters = clusters(principal, operation);
        String only = clusters.size() == 1 ? clusters.iterator().next() : defaultCluster;
        String cluster = owner != null && clusters.contains(owner) ? owner : only;
        if (cluster == null || !clusters.contains(cluster)) {
            throw RelayException.of(ErrorCode.DOWNSTREAM_PATH_UNKNOWN,
                    "id: its owner is unknown (expected: a configured default cluster, or only one cluster)");
        }
        RouteConfig route = entries.stream().map(Entry::route).filter(r -> r.cluster().equals(cluster)).findFirst()
                .orElseThrow();
        return new Plan(route, null, null, null, Profiles.standard(), Profiles.standard());
    }

    /** Returns the names of the clusters that a caller may use. */
    public Set<String> clusters(Principal principal, ApiOperation operation) {
        return principal.models().stream().flatMap(this::routesOf)
                .filter(entry -> principal.mayUseProfile(faceOf(entry, operation).name()))
                .map(entry -> entry.route.cluster()).collect(Collectors.toSet());
    }

    /** Returns whether a model that a caller may use has another name upstream. */
    public boolean isRenaming(Principal principal, ApiOperation operation) {
        return principal.models().stream().flatMap(this::routesOf)
                .filter(entry -> principal.mayUseProfile(faceOf(entry, operation).name()))
                .anyMatch(entry -> entry.route.upstreamModel() != null);
    }

    /**
     * Returns the plan for a request whose model is known before its body.
     *
     * @throws RelayException as {@link #plan(RequestFacts, Principal, ApiOperation)} does
     */
    public Plan plan(String model, Principal principal, ApiOperation operation) {
        return planFor(model, principal, operation);
    }

    /** Returns the routes for an allowed model pattern; for a literal name, the first route that matches. */
    private Stream<Entry> routesOf(Glob models) {
        if (models.isLiteral()) {
            return entries.stream().filter(entry -> entry.glob.matches(models.toString())).limit(1);
        }
        return entries.stream().filter(entry -> entry.glob.mayOverlap(models));
    }

    /** Returns the refusal of a model that no route matches. */
    public static RelayException unknown(String model) {
        return new RelayException(ErrorCode.MODEL_NOT_FOUND, "model",
                "The model '" + shown(model) + "' does not exist here (expected: one of GET /v1/models)");
    }

    /** Returns a model name for a message: only if it is printable ASCII, and at most 128 characters of it. */
    private static String shown(String model) {
        boolean isPrintable = model.chars().allMatch(c -> c >= 0x20 && c < 0x7f);
        if (!isPrintable) {
            return "(not printable)";
        }
        return model.length() <= MAX_SHOWN_CHARS ? model : model.substring(0, MAX_SHOWN_CHARS);
    }

    /** Returns the routes with a literal model name that a caller may use, which {@code GET /v1/models} lists. */
    public List<RouteConfig> listed(Principal principal) {
        return entries.stream().filter(entry -> entry.glob.isLiteral() && principal.mayUse(entry.route.model())
                && principal.mayUseProfile(entry.profile.name()))
                .map(Entry::route).toList();
    }

    /**
     * Returns the clusters whose own lists of models a caller may see: those of routes whose models are a pattern.
     *
     * @param principal the caller
     */
    public Set<String> listing(Principal principal) {
        return entries.stream().filter(Router::isListing).filter(entry -> principal.mayUseProfile(entry.profile.name()))
                .map(entry -> entry.route.cluster()).collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /**
     * Returns the cluster that serves a model under the name that the cluster itself lists.
     *
     * @param principal the caller
     * @return the cluster's name; null if no route with a pattern does, or the caller may not use it
     */
    public String servedByPattern(String model, Principal principal) {
        for (Entry entry : entries) {
            if (entry.glob.matches(model)) {
                boolean isServed = isListing(entry) && principal.mayUse(model)
                        && principal.mayUseProfile(entry.profile.name());
                return isServed ? entry.route.cluster() : null;
            }
        }
        return null;
    }

    private static boolean isListing(Entry entry) {
        return !entry.glob.isLiteral() && entry.route.upstreamModel() == null;
    }

    private record Entry(Glob glob, RouteConfig route, Profile profile, Profile dialect,
            Map<String, RuleTable> tables) {
    }
}
