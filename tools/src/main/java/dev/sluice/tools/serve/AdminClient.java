// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.engine.config.AdminConfig;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The options that name a running relay, and the requests to its admin listener. */
final class AdminClient {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    @ArgGroup(multiplicity = "1")
    private Source source;

    @Option(names = "--token-file", paramLabel = "FILE", description = "File with the token of the admin listener."
            + " Default: that of the configuration file, or none")
    private Path tokenFile;

    @Option(names = "--ca", paramLabel = "FILE", description = "PEM file of the authorities that sign the certificate"
            + " of the admin listener; then HTTPS is used. Default: the certificate of the configuration file, or HTTP")
    private Path ca;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    /** The relay to ask. */
    private static final class Source {
        @Option(names = {"-c", "--config"}, paramLabel = "FILE",
                description = "Configuration file of the relay, which names its admin listener.")
        Path file;

        @Option(names = "--admin", paramLabel = "HOST:PORT", description = "Admin listener of the relay.")
        String admin;
    }

    /**
     * Asks the relay.
     *
     * @param body the body; null for none
     * @return the answer
     * @throws IOException if the relay cannot be reached, or refuses
     */
    JsonNode ask(String method, String path, JsonNode body) throws IOException, InterruptedException {
        String address = source.admin;
        if (source.file != null) {
            AdminConfig admin = configured(source.file);
            boolean isAny = admin.host().equals("0.0.0.0") || admin.host().equals("[::]") || admin.host().equals("::");
            address = (isAny ? "127.0.0.1" : admin.host()) + ':' + admin.port();
            tokenFile = tokenFile == null ? admin.tokenFile() : tokenFile;
            ca = ca == null && admin.tls() != null ? admin.tls().certificate() : ca;
        }
        String url = (ca == null ? "http://" : "https://") + address + path;
        HttpResponse<byte[]> answer;
        try {
            HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url)).timeout(TIMEOUT).method(method,
                    body == null ? HttpRequest.BodyPublishers.noBody()
                            : HttpRequest.BodyPublishers.ofByteArray(JSON.writeValueAsBytes(body)));
            if (tokenFile != null) {
                request.header("authorization", "Bearer " + Files.readString(tokenFile).strip());
            }
            HttpClient.Builder client = HttpClient.newBuilder().connectTimeout(TIMEOUT)
                    .version(HttpClient.Version.HTTP_1_1);
            if (ca != null) {
                client.sslContext(trusting(ca));
            }
            answer = client.build().send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
        } catch (ConnectException | IllegalArgumentException e) {
            throw new IOException(address + ": no admin listener there (expected: HOST:PORT of a running relay)", e);
        }
        if (answer.statusCode() / 100 != 2) {
            throw new IOException(url + ": status " + answer.statusCode() + reason(answer.body()));
        }
        return JSON.readTree(answer.body());
    }

    private static String reason(byte[] body) {
        String text = new String(body, StandardCharsets.UTF_8).strip();
        try {
            return ", " + JSON.readTree(text).path("error").asText(text);
        } catch (IOException notJson) {
            return text.isEmpty() ? "" : ", " + text;
        }
    }

    /** Returns a label as a segment of a path. */
    static String segment(String label) {
        return URLEncoder.encode(label, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private AdminConfig configured(Path file) throws IOException {
        // What stands for a secret is not needed here, and may be set for the relay only.
        UnaryOperator<String> environment = name -> System.getenv().getOrDefault(name, "unset");
        AdminConfig admin = new ConfigLoader(environment).load(file).config().admin();
        if (admin == null || admin.port() == 0) {
            throw new CommandLine.ParameterException(spec.commandLine(), file + ": no admin listener with a port"
                    + " (expected: admin: {address: 127.0.0.1:9090}, or --admin)");
        }
        return admin;
    }

    private static SSLContext trusting(Path authorities) throws IOException {
        try (InputStream pem = Files.newInputStream(authorities)) {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            int number = 0;
            for (Certificate each : CertificateFactory.getInstance("X.509").generateCertificates(pem)) {
                store.setCertificateEntry("authority-" + number++, each);
            }
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(store);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException(authorities + ": cannot be used (expected: certificates in PEM)", e);
        }
    }
}
