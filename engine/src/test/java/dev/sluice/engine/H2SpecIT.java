// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.ListenerConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** The downstream side under h2spec 2.2.0: its generic, HPACK and HTTP/2 suites, 145 cases of RFC 7540 and RFC 7541. */
class H2SpecIT extends RelayFixture {
    private static final int CASES = 145;
    /** Cases that RFC 9113 does not require, or in which Netty ends the stream in another way, each with the reason. */
    private static final Map<String, String> EXCLUDED = Map.of(
            "http2/5.1 closed: Sends a HEADERS frame",
            "RFC 9113 section 5.1, closed: a connection error is what an endpoint MAY make of it; the stream is reset",
            "http2/5.1 half closed (remote): Sends a HEADERS frame",
            "RFC 9113 section 5.1, half-closed (remote): the stream is reset, with PROTOCOL_ERROR for STREAM_CLOSED",
            "http2/5.1.1 Sends stream identifier that is numerically smaller than previous",
            "RFC 9113 section 5.1.1: the stream is reset, the connection goes on: Netty does not tell an"
                    + " identifier that was skipped from one that was closed");

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @EnabledOnOs(value = OS.LINUX, architectures = "amd64")
    void shouldConform(boolean isTls) throws Exception {
        upstream.always(H2SpecIT::answer);
        TestCertificates certificates = new TestCertificates();
        relay = Relay.launch(RelayConfig.builder()
                .listener(new ListenerConfig("127.0.0.1", 0, isTls ? certificates.config("localhost", null) : null))
                .cluster(ClusterConfig.of("up", EndpointConfig.of(upstream.url(), null)))
                .route(RouteConfig.of("*", "up")).relayedPath("/v1/embeddings") // any method, answered when complete
                .build());
        Path report = folder.resolve("report.xml");
        List<String> command = new ArrayList<>(List.of(unpack().toString(), "generic", "hpack", "http2", "-h",
                "127.0.0.1", "-p", Integer.toString(relay.port()), "-P", "/v1/embeddings", "-o", "3", "-j",
                report.toString()));
        if (isTls) {
            command.addAll(List.of("-t", "-k"));
        }
        File output = folder.resolve("h2spec.txt").toFile();
        Process h2spec = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output).start();
        assertTrue(h2spec.waitFor(5, TimeUnit.MINUTES));

        NodeList cases = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(report.toFile())
                .getElementsByTagName("testcase");
        List<String> failed = new ArrayList<>();
        for (int i = 0; i < cases.getLength(); i++) {
            Element test = (Element) cases.item(i);
            String name = test.getAttribute("package") + ' ' + test.getAttribute("classname");
            boolean isFailed = test.getElementsByTagName("failure").getLength()
                    + test.getElementsByTagName("error").getLength() > 0;
            if (isFailed && !EXCLUDED.containsKey(name)) {
                failed.add(name);
            }
        }
        assertEquals(List.of(), failed, () -> read(output.toPath()));
        assertEquals(CASES, cases.getLength());
    }

    /** Answers each complete request. An incomplete one stays open, so that h2spec can send further frames on it. */
    private static void answer(RawPeer peer) {
        try {
            while (true) {
                peer.readMessage();
                peer.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
            }
        } catch (IOException cancelled) {
            // h2spec broke off the request
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** Unpacks the static h2spec binary from a Maven plugin, which is a test dependency for this purpose only. */
    private Path unpack() throws Exception {
        Path archive = folder.resolve("h2spec.tar.gz");
        try (InputStream in = H2SpecIT.class.getResourceAsStream("/h2spec/2.2.0/h2spec_linux_amd64.tar.gz")) {
            assertNotNull(in);
            Files.copy(in, archive, StandardCopyOption.REPLACE_EXISTING);
        }
        Process tar = new ProcessBuilder("tar", "xzf", archive.toString(), "-C", folder.toString()).inheritIO().start();
        assertEquals(0, tar.waitFor());
        return folder.resolve("h2spec");
    }
}
