// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.load;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** The options of {@code sluice load}, in the groups in which its help shows them. */
final class LoadOptions {
    private LoadOptions() {
    }

    /** The target of the requests. */
    static final class Target {
        @Option(names = "--url", paramLabel = "URL", description = "Base URL of the target, including /v1.")
        URI url;

        @Option(names = "--key", paramLabel = "KEY", description = "API key for the target.")
        String key;

        @Option(names = "--http2", description = "Use HTTP/2: by ALPN over TLS, by prior knowledge in plain text.")
        boolean isHttp2;

        @Option(names = "--streams-per-connection", paramLabel = "N",
                description = "Maximum concurrent streams per HTTP/2 connection. Default: ${DEFAULT-VALUE}")
        int streamsPerConnection = 100;

        @Option(names = "--websocket",
                description = "Use WebSocket: each request is a message, and so is each event.")
        boolean isWebSocket;

        @Option(names = "--lanes", paramLabel = "N",
                description = "Requests side by side on one WebSocket. Default: ${DEFAULT-VALUE}")
        int lanes = 1;

        @Option(names = "--ca", paramLabel = "FILE", description = "PEM file of the certificate authorities to trust.")
        Path ca;

        Target() {
        }
    }

    /** The number of requests and the time. */
    static final class Shape {
        @Option(names = "--rate", paramLabel = "N", description = "Requests per second.")
        double rate;

        @Option(names = "--streams", paramLabel = "N", description = "Concurrent requests, in place of --rate.")
        int streams;

        @Option(names = "--max-streams", paramLabel = "N",
                description = "With --rate: maximum concurrent requests; others count as errors. Default: "
                        + "${DEFAULT-VALUE}")
        int maxStreams = 20000;

        @Option(names = "--seconds", paramLabel = "N",
                description = "Measured time in seconds. Default: ${DEFAULT-VALUE}")
        int seconds = 10;

        @Option(names = "--warmup", paramLabel = "N",
                description = "Warm-up time in seconds, not measured. Default: ${DEFAULT-VALUE}")
        int warmupSeconds = 3;

        @Option(names = "--batch", description = "Run once per line of standard input, with the arguments on the line,"
                + " and print each exit status. A warm JVM measures better.")
        boolean isBatch;

        Shape() {
        }
    }

    /** The content of the requests, and of their answers. */
    static final class Requests {
        @Option(names = "--model", paramLabel = "NAME",
                description = "Model of the requests. Default: ${DEFAULT-VALUE}")
        String model = "gpt-5.2-codex";

        @Option(names = "--events", paramLabel = "N",
                description = "Deltas per answer. Default: ${DEFAULT-VALUE}")
        int events = 32;

        @Option(names = "--pace-ms", paramLabel = "MS",
                description = "Pause between two writes of events. Default: ${DEFAULT-VALUE}")
        int paceMillis;

        @Option(names = "--glue", paramLabel = "N",
                description = "Events per write of the mock. Default: ${DEFAULT-VALUE}")
        int glue = 1;

        @Option(names = "--request-bytes", paramLabel = "N",
                description = "Size of a transcript of tool outputs in each request. Default: a few words")
        int requestBytes;

        @Option(names = "--image-bytes", paramLabel = "N",
                description = "Size of an image in each request, in base64. Default: none")
        int imageBytes;

        @Option(names = "--documents", description = "Request JSON documents instead of streams.")
        boolean isDocument;

        @Option(names = "--leave-after", paramLabel = "N",
                description = "Close the connection or HTTP/2 stream after N events. Default: never")
        int leaveAfter;

        Requests() {
        }
    }

    /** The results besides the printed one. */
    static final class Output {
        @Option(names = "--pid", paramLabel = "PID",
                description = "Target process. Its CPU time and memory are read, with its descendants.")
        long pid;

        @Option(names = "--json", paramLabel = "FILE", description = "Write the result to this file, as JSON.")
        Path json;

        @Option(names = {"--html", "--page"}, paramLabel = "FILE",
                description = "Write a page with plots to this file.")
        Path html;

        @Option(names = "--compare", arity = "2", paramLabel = "FILE", description = "Compare two results that --json"
                + " has written, in place of a run; with --html, on a page.")
        List<Path> compared = List.of();

        @Option(names = "--hdr", paramLabel = "FILE", description = "Write an HdrHistogram log to this file.")
        Path hdr;

        Output() {
        }
    }
}
