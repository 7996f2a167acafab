// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.engine.config.AccessLogConfig;
import dev.sluice.engine.spi.ExchangeEnd;
import dev.sluice.engine.spi.ObservedAttempt;
import dev.sluice.engine.spi.ObservedExchange;
import dev.sluice.engine.spi.ObservedSession;
import dev.sluice.engine.spi.RequestHead;
import dev.sluice.protocol.event.Usage;
import dev.sluice.protocol.json.JsonTree;
import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The page about the access log lists the fields of its lines, in their order and with their types. */
class AccessLogSchemaTest {
    private static final SocketAddress REMOTE = new InetSocketAddress("127.0.0.1", 1);

    private final List<String> lines = new ArrayList<>();
    private final AccessLog log = new AccessLog(100, lines::add);

    /** Returns the rows of the page between two headings, as "name type". */
    private static List<String> documented(String from, String to) throws IOException {
        String page = Files.readString(Path.of("..", "docs", "access-log.md"));
        String part = page.substring(page.indexOf(from), page.indexOf(to));
        return Pattern.compile("^\\| `([\\w.\\[\\]]+)` \\| (\\w+) \\|", Pattern.MULTILINE).matcher(part).results()
                .map(row -> row.group(1) + ' ' + row.group(2).replace("time", "text")).toList();
    }

    private List<String> written() {
        log.close();
        List<String> fields = new ArrayList<>();
        collect("", (Map<?, ?>) JsonTree.read(lines.get(0).getBytes(StandardCharsets.UTF_8)), fields);
        return fields;
    }

    private static void collect(String prefix, Map<?, ?> members, List<String> fields) {
        members.forEach((name, value) -> {
            String path = prefix + name;
            if (value instanceof Map<?, ?> inner) {
                fields.add(path + " object");
                collect(path + '.', inner, fields);
            } else if (value instanceof List<?> list) {
                fields.add(path + " list");
                collect(path + "[].", (Map<?, ?>) list.get(0), fields);
            } else {
                boolean isFlag = value == JsonTree.Literal.TRUE || value.equals(JsonTree.Literal.TRUE);
                fields.add(path + (value instanceof String ? " text" : isFlag ? " flag" : " number"));
            }
        });
    }

    /** Returns an object whose methods return something that is known. */
    private static <T> T full(Class<T> type, Map<String, Object> values) {
        Map<Object, Object> attached = new HashMap<>();
        InvocationHandler handler = (proxy, method, arguments) -> {
            if (method.getName().equals("attach")) {
                return attached.put(arguments[0], arguments[1]);
            }
            if (method.getName().equals("attachment")) {
                return attached.get(arguments[0]);
            }
            Object value = values.get(method.getName());
            Class<?> result = method.getReturnType();
            return value != null ? value : result == String.class ? "x" : result == long.class ? (Object) 1_000L
                    : result == int.class ? (Object) 2 : result == boolean.class ? (Object) true : null;
        };
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }

    @Test
    void shouldListTheFieldsOfAnExchange() throws IOException {
        RequestHead head = full(RequestHead.class, Map.of("remoteAddress", REMOTE));
        ObservedExchange exchange = full(ObservedExchange.class, Map.of("request", head, "end", ExchangeEnd.COMPLETED,
                "status", 200, "usage", new Usage(1, 1, 1, 1, 1, true)));
        log.use(new AccessLogConfig(AccessLogConfig.Level.ALL, Math.nextDown(1.0), null));
        AccessLogObserver observer = new AccessLogObserver(log);

        observer.onAttemptEnded(exchange, full(ObservedAttempt.class, Map.of()));
        observer.onEnded(exchange);

        assertEquals(documented("## Fields of an exchange", "## Fields of a WebSocket"), written());
    }

    @Test
    void shouldListTheFieldsOfAWebSocket() throws IOException {
        new AccessLogObserver(log).onSessionEnded(new ObservedSession("x", REMOTE, "/v1/responses", "x", 1_000, 1, 1, 1,
                1, 1, 1, 1000, true));

        assertEquals(documented("## Fields of a WebSocket", "## Fewer lines"), written());
    }
}
