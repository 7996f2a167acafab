// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.redis;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** Processes of a real redis-server on loopback: one, a cluster of three, or one with a replica and a Sentinel. */
final class RedisServers {
    private final Path folder;
    private final List<Process> processes = new ArrayList<>();
    private final List<Integer> ports = new ArrayList<>();
    private String url;
    private boolean isCluster;
    private Path caFile;

    private RedisServers(Path folder) {
        this.folder = folder;
    }

    /** The ways to run servers. */
    enum Mode {
        SINGLE, SENTINEL, CLUSTER
    }

    /** Starts servers; the test is skipped where there is no redis-server on the path. */
    static RedisServers start(Mode mode, Path folder) throws Exception {
        Assumptions.assumeTrue(isInstalled(), "redis-server: not on the path (Debian: apt-get install redis-server)");
        RedisServers servers = new RedisServers(folder);
        boolean isStarted = false;
        try {
            switch (mode) {
                case SINGLE -> servers.single();
                case SENTINEL -> servers.sentinel();
                default -> servers.cluster();
            }
            isStarted = true;
            return servers;
        } finally {
            if (!isStarted) {
                servers.stop();
            }
        }
    }

    /** Starts a server that speaks TLS only, with a user {@code relay}. */
    static RedisServers startWithTls(Path folder) throws Exception {
        Assumptions.assumeTrue(isInstalled(), "redis-server: not on the path (Debian: apt-get install redis-server)");
        RedisServers servers = new RedisServers(folder);
        X509Bundle authority = new CertificateBuilder().subject("CN=Test authority").setIsCertificateAuthority(true)
                .buildSelfSigned();
        X509Bundle certificate = new CertificateBuilder().subject("CN=127.0.0.1").addSanIpAddress("127.0.0.1")
                .buildIssuedBy(authority);
        servers.caFile = Files.writeString(folder.resolve("ca.pem"), authority.getCertificatePathPEM());
        Path chain = Files.writeString(folder.resolve("chain.pem"), certificate.getCertificatePathPEM());
        Path key = Files.writeString(folder.resolve("key.pem"), certificate.getPrivateKeyPEM());
        int port = freePort();
        servers.start(port, List.of("redis-server", "--bind", "127.0.0.1", "--dir", folder.toString(), "--save", "",
                "--port", "0", "--tls-port", Integer.toString(port), "--tls-cert-file", chain.toString(),
                "--tls-key-file", key.toString(), "--tls-ca-cert-file", servers.caFile.toString(),
                "--tls-auth-clients", "no", "--user", "relay", "on", ">secret", "~test:*", "+@all", "-@dangerous",
                "+info", "--user", "default", "off"));
        servers.url = "rediss://relay@127.0.0.1:" + port;
        return servers;
    }

    private static boolean isInstalled() throws InterruptedException {
        try {
            return new ProcessBuilder("redis-server", "--version").redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor() == 0;
        } catch (IOException notFound) {
            return false;
        }
    }

    private void single() throws Exception {
        int port = freePort();
        run(port, "--save", "", "--appendonly", "no");
        url = "redis://127.0.0.1:" + port;
    }

    private void sentinel() throws Exception {
        int master = freePort();
        int replica = freePort();
        int sentinel = freePort();
        run(master, "--save", "");
        run(replica, "--save", "", "--replicaof", "127.0.0.1 " + master);
        Path config = Files.writeString(folder.resolve("sentinel.conf"), """
                port %d
                bind 127.0.0.1
                dir %s
                sentinel monitor main 127.0.0.1 %d 1
                sentinel down-after-milliseconds main 30000
                sentinel failover-timeout main 3000
                """.formatted(sentinel, folder, master));
        start(sentinel, List.of("redis-server", config.toString(), "--sentinel"));
        url = "redis-sentinel://127.0.0.1:" + sentinel + "#main";
        await("the Sentinel to know the replica", () -> cli(sentinel, "sentinel", "replicas", "main")
                .contains("master-link-status\nok"));
        // Not before: on a busy machine, the Sentinel would replace a master that is merely slow to start.
        cli(sentinel, "sentinel", "set", "main", "down-after-milliseconds", "500");
    }

    private void cluster() throws Exception {
        List<String> create = new ArrayList<>(List.of("redis-cli", "--cluster", "create"));
        for (int i = 0; i < 3; i++) {
            int port = freePort();
            run(port, "--save", "", "--cluster-enabled", "yes", "--cluster-config-file", "nodes-" + port + ".conf",
                    "--cluster-node-timeout", "2000");
            create.add("127.0.0.1:" + port);
        }
        create.add("--cluster-yes");
        exec(create);
        for (int port : List.copyOf(ports)) {
            await("the cluster", () -> cli(port, "cluster", "info").contains("cluster_state:ok"));
        }
        url = "redis://127.0.0.1:" + ports.get(0);
        isCluster = true;
    }

    private static int freePort() throws IOException {
        while (true) {
            try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                if (socket.getLocalPort() < 50_000) { // a cluster's bus uses the port plus 10,000
                    return socket.getLocalPort();
                }
            }
        }
    }

    private void run(int port, String... options) throws Exception {
        List<String> command = new ArrayList<>(List.of("redis-server", "--port", Integer.toString(port), "--bind",
                "127.0.0.1", "--dir", folder.toString(), "--repl-diskless-sync-delay", "0"));
        command.addAll(List.of(options));
        start(port, command);
    }

    private void start(int port, List<String> command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true)
                .redirectOutput(folder.resolve("redis-" + port + ".log").toFile()).start();
        processes.add(process);
        ports.add(port);
        await("a server on port " + port, () -> {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
                return true;
            } catch (IOException notYet) {
                return false;
            }
        });
    }

    /** A condition that comes true by itself. */
    interface Condition {
        boolean holds() throws Exception;
    }

    static void await(String what, Condition condition) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.holds()) {
            if (System.nanoTime() - end > 0) {
                throw new AssertionError("waited a minute for " + what);
            }
            Thread.sleep(20);
        }
    }

    private static String exec(List<String> command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes());
        if (process.waitFor() != 0) {
            throw new AssertionError(command + ": " + output);
        }
        return output;
    }

    private static String cli(int port, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("redis-cli", "-p", Integer.toString(port)));
        command.addAll(List.of(arguments));
        return exec(command);
    }

    /** Returns the answers of all servers to a command. */
    String ask(String... arguments) throws Exception {
        StringBuilder all = new StringBuilder();
        for (int port : ports) {
            all.append(cli(port, arguments));
        }
        return all.toString();
    }

    String url() {
        return url;
    }

    boolean isCluster() {
        return isCluster;
    }

    Path caFile() {
        return caFile;
    }

    int port() {
        return ports.get(0);
    }

    /** Stops all servers from answering (SIGSTOP), or lets them go on. */
    void freeze(boolean isFrozen) throws Exception {
        for (Process process : processes.stream().filter(Process::isAlive).toList()) {
            exec(List.of("kill", isFrozen ? "-STOP" : "-CONT", Long.toString(process.pid())));
        }
    }

    /** Kills the first server, which loses everything. */
    void kill() throws InterruptedException {
        processes.get(0).destroyForcibly().waitFor();
    }

    /** Starts a server in place of the first one, with nothing in it. */
    void restartEmpty() throws Exception {
        int port = ports.remove(0);
        processes.remove(0);
        run(port, "--save", "", "--appendonly", "no");
    }

    /** Kills all servers. */
    void stop() throws InterruptedException {
        for (Process process : processes) {
            process.destroyForcibly().waitFor();
        }
    }
}
