// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.mock;

import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.File;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import javax.net.ssl.SSLException;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The {@code sluice mock} command. */
@Command(name = "mock", description = "Runs a scripted upstream that speaks the Responses API.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nNotes:%n", footer = {
            "The same request always gets the same bytes, except for stamps. It can set options:", "",
            "  \"metadata\": {\"mock_events\": \"100\", \"mock_pace_ms\": \"5\"}", "",
            "The mock speaks HTTP/1.1 and HTTP/2: by ALPN over TLS, by prior knowledge in plain text. It prints one"
            + " line per answer to standard output, with the SHA-256 of its body."})
public final class MockCommand implements Callable<Integer> {
    @ArgGroup(validate = false, heading = "%nListener:%n")
    private final Listener listener = new Listener();

    @ArgGroup(validate = false, heading = "%nAnswers:%n")
    private final MockOptions options = new MockOptions();

    @Spec
    private CommandSpec spec;

    /** The options of the listening socket. */
    private static final class Listener {
        @Option(names = "--host", description = "Address to listen on. Default: ${DEFAULT-VALUE}")
        String host = "127.0.0.1";

        @Option(names = "--port",
                description = "Port to listen on; 0 lets the system choose. Default: ${DEFAULT-VALUE}")
        int port = 9000;

        @Option(names = "--certificate", paramLabel = "FILE",
                description = "Use TLS with this certificate: PEM, followed by its chain.")
        File certificate;

        @Option(names = "--key", paramLabel = "FILE", description = "Private key of the certificate: PEM, PKCS #8.")
        File key;
    }

    MockCommand() {
    }

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        SslContext tls = newTls();
        try (MockUpstream mock = new MockUpstream(listener.host, listener.port, tls, options,
                report -> print(out, report))) {
            print(out, "mock listening on " + (tls == null ? "http" : "https") + "://" + listener.host + ':'
                    + mock.port() + "/v1");
            new CountDownLatch(1).await(); // until a signal ends the process
        }
        return 0;
    }

    private SslContext newTls() {
        File certificate = listener.certificate;
        File key = listener.key;
        if (certificate == null && key == null) {
            return null;
        }
        if (certificate == null || key == null) {
            throw new ParameterException(spec.commandLine(), "--certificate and --key: only one (expected: both)");
        }
        try {
            return SslContextBuilder.forServer(certificate, key).applicationProtocolConfig(
                    new ApplicationProtocolConfig(ApplicationProtocolConfig.Protocol.ALPN,
                            ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                            ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                            ApplicationProtocolNames.HTTP_2, ApplicationProtocolNames.HTTP_1_1)).build();
        } catch (SSLException | IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--certificate " + certificate + ", --key " + key
                    + ": not usable (expected: PEM, and a key that matches the certificate)", e);
        }
    }

    private static void print(PrintWriter out, MockReport report) {
        print(out, report.responseId() + " status=" + report.status() + " events=" + report.events() + " bytes="
                + report.bytes() + " sha256=" + report.sha256() + " end=" + report.end());
    }

    private static synchronized void print(PrintWriter out, String line) {
        out.println(line);
        out.flush();
    }
}
