// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.admin;

import dev.sluice.engine.config.AccessLogConfig;
import dev.sluice.engine.observe.AccessLog;
import dev.sluice.protocol.json.JsonTree;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The settings of the access log. A change counts until the relay is restarted, or until the settings in its
 * configuration change.
 */
final class LogPage implements AdminPage {
    private static final Logger LOG = LoggerFactory.getLogger(LogPage.class);
    private static final Set<String> MEMBERS = Set.of("level", "sample", "output");
    private static final String FILE = "file";
    private static final String DEFAULT = "default";

    private final AccessLog log;

    LogPage(AccessLog log) {
        this.log = log;
    }

    @Override
    public String path() {
        return "/log";
    }

    @Override
    public Set<String> methods() {
        return Set.of("GET", "PUT");
    }

    @Override
    public AdminAnswer answer(AdminRequest request) {
        if (request.method().equals("PUT")) {
            try {
                change(request.body());
            } catch (IllegalArgumentException e) {
                return AdminAnswer.error(400, e.getMessage());
            }
        }
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("level", log.config().level().name().toLowerCase(Locale.ROOT));
        settings.put("sample", new JsonTree.Literal(Double.toString(log.config().sample())));
        settings.put("output", log.isToFile() ? FILE : DEFAULT);
        settings.put("dropped_lines", KeysPage.number(log.droppedLines()));
        return AdminAnswer.json(200, JsonTree.write(settings));
    }

    private void change(byte[] body) {
        if (!(JsonTree.readUnique(body) instanceof Map<?, ?> members)) {
            throw new IllegalArgumentException("body: not an object (expected: level, sample, output)");
        }
        for (Object name : members.keySet()) {
            if (!MEMBERS.contains(name)) {
                throw new IllegalArgumentException(name + ": unknown (expected: level, sample, output)");
            }
        }
        AccessLogConfig now = log.config();
        boolean isToFile = output(members.get("output"));
        AccessLogConfig next = new AccessLogConfig(level(members.get("level"), now), sample(members.get("sample"), now),
                now.file());
        if (isToFile && now.file() == null) {
            throw new IllegalArgumentException("output: file (expected: default, because access_log.file is not set)");
        }
        log.use(next, isToFile);
        LOG.info("access log: level {}, sample {}, output {}", next.level().name().toLowerCase(Locale.ROOT),
                next.sample(), isToFile ? FILE : DEFAULT);
    }

    private boolean output(Object value) {
        if (value == null) {
            return log.isToFile();
        }
        if (!value.equals(FILE) && !value.equals(DEFAULT)) {
            throw new IllegalArgumentException("output: another value (expected: default or file)");
        }
        return value.equals(FILE);
    }

    private static AccessLogConfig.Level level(Object value, AccessLogConfig now) {
        if (value == null) {
            return now.level();
        }
        for (AccessLogConfig.Level level : AccessLogConfig.Level.values()) {
            if (level.name().toLowerCase(Locale.ROOT).equals(value)) {
                return level;
            }
        }
        throw new IllegalArgumentException("level: another value (expected: all, errors or off)");
    }

    private static double sample(Object value, AccessLogConfig now) {
        if (value == null) {
            return now.sample();
        }
        if (value instanceof JsonTree.Literal literal && literal.text().matches("\\d{1,9}(\\.\\d{1,9})?")) {
            return Double.parseDouble(literal.text());
        }
        throw new IllegalArgumentException("sample: not such a number (expected: above 0, at most 1)");
    }
}
