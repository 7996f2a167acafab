#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 the Sluice authors
"""Drills: a relay under load while its environment fails.

  tools/drill.py blocked  the relay's standard output is not read; every stream goes on, and each exchange is a line of
                          the access log or one of those that are counted as dropped
  tools/drill.py kill     one of the relay's two endpoints is killed (SIGKILL) and restarted every few seconds
  tools/drill.py poison   an upstream sends one response more than it was asked for, in a packet of its own; no caller
                          may get what was meant for another. --through nginx or haproxy tries these, to compare
  tools/drill.py rest     one of two endpoints refuses everything (429 in each form, 401, 403, 503); it rests, and no
                          caller sees that
  tools/drill.py reuse    one of two endpoints is killed and restarted, and the other closes each kept connection when
                          it is used again; no caller may get a 502
  tools/drill.py roll     one relay after another takes over the listening socket while the one before it drains
                          (SIGTERM). --websocket native or bridge: the clients keep a WebSocket each; no response that
                          has begun may be lost, and none may be made twice
  tools/drill.py sockets  many WebSockets (--clients 5000), of which --active 1000 have a response all the time and the
                          others none; no one is closed, and the relay's memory stays what it is
  tools/drill.py state    three relays share a redis-server: a key keeps its rate across all of them while one is killed
                          and replaced; then the server is frozen, killed and restarted empty, and no stream is cut

Mock upstreams, relays and clients run on loopback; this script starts and stops them. It prints the outcomes and exits
with 1 if a requirement is violated. It needs only Python 3.8 or later and a JDK.
"""
import argparse
import collections
import email.utils
import hashlib
import http.client
import json
import os
import random
import resource
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SLUICE = os.path.join(HOME, "sluice")
EVENTS, PACE_MS = 20, 25  # a stream that lasts half a second
DOWN_SECONDS = 1
BODY = json.dumps({"model": "m", "stream": True, "input": "hi"}).encode()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def await_port(port, process):
    for _ in range(600):
        if process.poll() is not None:
            sys.exit("drill: a process exited with %d before it listened" % process.returncode)
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    sys.exit("drill: port %d: no listener (expected: one within 30 s)" % port)


class Mock:
    """A mock upstream that can be killed and restarted."""

    def __init__(self, pace_ms=PACE_MS, *options):
        self.port = free_port()
        self.pace_ms = pace_ms
        self.options = options
        self.process = None
        self.output = tempfile.NamedTemporaryFile("w+", suffix=".log")

    def start(self):
        self.process = subprocess.Popen([SLUICE, "mock", "--port", str(self.port), "--events", str(EVENTS),
                                         "--pace-ms", str(self.pace_ms), *self.options],
                                        stdout=self.output, stderr=subprocess.DEVNULL)
        await_port(self.port, self.process)

    def ends(self):
        """Returns how the answers of the mock have ended, with their counts."""
        with open(self.output.name) as file:
            return collections.Counter(line.split("end=")[1].strip() for line in file if "end=" in line)

    def kill(self):
        self.process.kill()
        self.process.wait()


class Scripted:
    """An upstream of this script's own: `answer` gets a connection and the number of the request on it."""
    GOOD = ("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n"
            "0\r\n\r\n")
    EVENTS = ('data: {"type":"response.created","sequence_number":0,"response":{"id":"resp_1"}}\n\n'
              'data: {"type":"response.completed","sequence_number":1,"response":{"id":"resp_1","status":"completed"}}'
              '\n\n')

    def __init__(self, answer):
        self.answer = answer
        self.requests = 0
        self.answered = 0
        self.server = socket.socket()
        self.server.bind(("127.0.0.1", 0))
        self.server.listen(1024)
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection:
            count = 0
            data = b""
            try:
                while True:
                    while b"\r\n\r\n" not in data:
                        data = self.more(connection, data)
                    head, data = data.split(b"\r\n\r\n", 1)
                    length = [int(line.split(b":")[1]) for line in head.lower().split(b"\r\n")
                              if line.startswith(b"content-length:")]
                    while len(data) < (length or [0])[0]:
                        data = self.more(connection, data)
                    data = data[(length or [0])[0]:]
                    count += 1
                    self.requests += 1
                    answer = self.answer(count)
                    if answer is None:
                        return
                    self.answered += 1
                    connection.sendall(answer.encode())
            except OSError:
                return

    @staticmethod
    def more(connection, data):
        more = connection.recv(65536)
        if not more:
            raise OSError("the relay has closed the connection")
        return data + more

    @classmethod
    def good(cls):
        return cls.GOOD % (len(cls.EVENTS), cls.EVENTS)

    def kill(self):
        self.server.close()


class Relay:
    """A relay, with the endpoint of each exchange from its access log."""

    def __init__(self, config, listening=None, notify=None):
        environment = dict(os.environ)
        command = [SLUICE, "serve", "-c", config]
        fds = ()
        if listening is not None:
            # sd_listen_fds(3): the sockets begin at descriptor 3, and LISTEN_PID is the process that may use them.
            command = ["/bin/sh", "-c", "exec 3<&%d; LISTEN_PID=$$ LISTEN_FDS=1 exec \"$@\"" % listening.fileno(), "sh",
                       *command]
            fds = (listening.fileno(),)
        if notify is not None:
            environment["NOTIFY_SOCKET"] = notify
        self.errors = tempfile.NamedTemporaryFile("w+", suffix=".log")
        self.process = subprocess.Popen(command, env=environment, pass_fds=fds, stdout=subprocess.PIPE,
                                        stderr=self.errors, text=True)
        self.endpoints = {}
        self.may_read = threading.Event()
        self.may_read.set()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.may_read.wait()
            if line.startswith("{"):
                record = json.loads(line)
                if "id" in record and record["status"] != 101:  # not the end of a WebSocket, nor its beginning
                    self.endpoints[record["id"]] = record.get("endpoint")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def text(self):
        with open(self.errors.name) as file:
            return file.read()


class Exchange:
    """One request and its outcome."""

    def __init__(self, client):
        self.start = time.monotonic()
        self.client = client
        self.id = None
        self.events = 0
        self.status = 0
        self.outcome = "?"


class Client(threading.Thread):
    """A client that sends one request after another; every second client keeps its connection."""

    def __init__(self, number, port, stop):
        super().__init__(daemon=True)
        self.port = port
        self.stop = stop
        self.keeps = number % 2 == 0
        self.connection = None
        self.exchanges = []

    def run(self):
        while not self.stop.is_set():
            exchange = Exchange(self)
            self.exchanges.append(exchange)
            try:
                self.ask(exchange)
            except ConnectionRefusedError:
                exchange.outcome = "refused connection"
            except (ConnectionError, TimeoutError, socket.timeout, EOFError) as e:
                begun = exchange.events > 0
                exchange.outcome = "cut in mid-stream" if begun else "no answer (%s)" % type(e).__name__
            if exchange.outcome != "whole":
                self.leave()
                time.sleep(0.05)

    def leave(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def ask(self, exchange):
        is_reused = self.connection is not None
        if not is_reused:
            self.connection = socket.create_connection(("127.0.0.1", self.port), 30)
        request = (b"POST /v1/responses HTTP/1.1\r\nHost: drill\r\nContent-Type: application/json\r\nContent-Length: "
                   + str(len(BODY)).encode() + b"\r\n\r\n" + BODY)
        try:
            self.connection.sendall(request)
            data = self.receive(b"")
        except (ConnectionError, EOFError):
            self.leave()
            if not is_reused:
                raise
            self.ask(exchange)  # like every HTTP client whose kept connection turns out to be closed
            return
        while b"\r\n\r\n" not in data:
            data = self.receive(data)
        head, data = data.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").lower().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines[1:])
        exchange.status = int(lines[0].split()[1])
        exchange.id = headers.get("x-sluice-request-id")
        if "chunked" not in headers.get("transfer-encoding", ""):
            exchange.outcome = "status %d" % exchange.status
            return
        while not data.endswith(b"0\r\n\r\n"):
            exchange.events = data.count(b"\n\n")
            data = self.receive(data)
        exchange.events = data.count(b"\n\n")
        exchange.outcome = "whole" if b"response.completed" in data else "ended without its last event"
        if not self.keeps or headers.get("connection") == "close":
            self.leave()

    def receive(self, data):
        more = self.connection.recv(65536)
        if not more:
            raise EOFError()
        return data + more


class SocketClient(Client):
    """A client that keeps a WebSocket and returns, as the Codex CLI does, when it is closed between two responses."""

    def __init__(self, number, port, stop):
        super().__init__(number, port, stop)
        self.data = b""
        self.closes = collections.Counter()

    def ask(self, exchange):
        while True:
            if self.connection is None:
                self.open()
            body = b'{"type":"response.create",' + BODY[1:]
            try:
                self.connection.sendall(b"\x81" + self.length(len(body)) + b"\0\0\0\0" + body)  # a mask that changes nothing
                self.await_end(exchange)
                return
            except (EOFError, ConnectionError):
                self.leave()
                if exchange.events > 0:
                    raise

    def open(self):
        self.connection = socket.create_connection(("127.0.0.1", self.port), 30)
        self.connection.sendall(b"GET /v1/responses HTTP/1.1\r\nHost: drill\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                                b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        self.data = b""
        while b"\r\n\r\n" not in self.data:
            self.data = self.receive(self.data)
        head, self.data = self.data.split(b"\r\n\r\n", 1)
        if b" 101 " not in head.split(b"\r\n")[0]:
            self.closes["handshake %s" % head.split(b" ")[1].decode()] += 1
            raise EOFError()

    @staticmethod
    def length(count):
        return bytes([0x80 | count]) if count < 126 else b"\xfe" + count.to_bytes(2, "big")

    def take(self, count):
        while len(self.data) < count:
            self.data = self.receive(self.data)
        taken, self.data = self.data[:count], self.data[count:]
        return taken

    def await_end(self, exchange):
        message = b""
        while True:
            first, length = self.take(2)
            if length > 125:
                length = int.from_bytes(self.take(2 if length == 126 else 8), "big")
            payload = self.take(length)
            opcode = first & 15
            if opcode == 8:
                self.closes[int.from_bytes(payload[:2], "big")] += 1
                raise EOFError()
            if opcode == 9:
                self.connection.sendall(b"\x8a" + self.length(length) + b"\0\0\0\0" + payload)
            if opcode > 7:
                continue
            message += payload
            if first & 0x80:
                exchange.events += 1
                if b'"type":"error"' in message[:40]:
                    exchange.outcome = "error " + message[:60].decode()
                    return
                if b'"type":"response.completed"' in message[:60]:
                    exchange.outcome = "whole"
                    return
                message = b""


def load(port, count, client=Client):
    stop = threading.Event()
    clients = [client(i, port, stop) for i in range(count)]
    for client in clients:
        client.start()

    def end():
        stop.set()
        for client in clients:
            client.join(60)
        return [exchange for client in clients for exchange in client.exchanges]
    return end


def write_config(port, mocks, idempotent, balance="least_inflight", keys=False, admin=None, websocket="off"):
    file = tempfile.NamedTemporaryFile("w", suffix=".yaml", delete=False)
    endpoints = "".join("      - {url: 'http://127.0.0.1:%d/v1', priority: %d%s}\n" % (mock.port, i, ", api_key: sk-%d" % i
                        if keys else "") for i, mock in enumerate(mocks))
    file.write("listeners:\n  - address: 127.0.0.1:%d\nclusters:\n  up:\n    health: {max_failures: 3, ejection: 500ms,"
               " max_ejection: 1s}\n    websocket: '%s'\n    balance: %s\n    endpoints:\n%sroutes:\n  - model: m\n    cluster: up\n    retry:"
               " {idempotent: %s}\n" % (port, websocket, balance, endpoints, "true" if idempotent else "false"))
    if admin is not None:
        file.write("admin:\n  address: 127.0.0.1:%d\n" % admin)
    file.close()
    return file.name


def print_table(title, counts):
    print(title)
    for name, count in sorted(counts.items(), key=lambda item: -item[1]):
        print("  %7d  %s" % (count, name))


def metric(admin, name):
    with urllib.request.urlopen("http://127.0.0.1:%d/metrics" % admin, timeout=10) as answer:
        for line in answer.read().decode().splitlines():
            if line.startswith(name + " "):
                return int(float(line.split()[1]))
    sys.exit("drill: /metrics: no line %s" % name)


def blocked(arguments):
    mock = Mock(1)
    mock.start()
    port, admin = free_port(), free_port()
    relay = Relay(write_config(port, [mock], False, admin=admin))
    await_port(port, relay.process)
    relay.may_read.clear()
    end = load(port, arguments.clients)
    time.sleep(arguments.seconds)
    exchanges = end()
    dropped = metric(admin, "sluice_access_log_dropped_total")
    relay.may_read.set()
    code = relay.stop()
    relay.reader.join(60)
    mock.kill()
    lines = len(relay.endpoints)
    print("standard output blocked for %d s, %d clients" % (arguments.seconds, arguments.clients))
    print_table("outcomes", collections.Counter(each.outcome for each in exchanges))
    print("lines: %d written, %d dropped" % (lines, dropped))
    problems = []
    bad = [each for each in exchanges if each.outcome != "whole"]
    if bad:
        problems.append("%d of %d exchanges were cut or refused" % (len(bad), len(exchanges)))
    if dropped == 0:
        problems.append("no line was dropped, so that nothing is shown: more --seconds or --clients are needed")
    if lines + dropped != len(exchanges):
        problems.append("%d lines and %d dropped ones for %d exchanges" % (lines, dropped, len(exchanges)))
    if code:
        problems.append("the relay ended with %d" % code)
    return problems


def kill(arguments):
    mocks = [Mock(), Mock()]
    port = free_port()
    for mock in mocks:
        mock.start()
    relay = Relay(write_config(port, mocks, not arguments.not_idempotent))
    await_port(port, relay.process)
    mortal = "127.0.0.1:%d" % mocks[0].port
    end = load(port, arguments.clients)
    until = time.monotonic() + arguments.seconds
    births, kills = [], 0
    time.sleep(2)
    while time.monotonic() < until:
        mocks[0].kill()
        kills += 1
        time.sleep(DOWN_SECONDS)
        mocks[0].start()
        births.append(time.monotonic())
        time.sleep(arguments.every)
    exchanges = end()
    time.sleep(1)
    relay.stop()
    for mock in mocks:
        mock.kill()

    def endpoint(exchange):
        return relay.endpoints.get(exchange.id)
    whole = [each for each in exchanges if each.outcome == "whole"]
    print("%d kills in %d s, %d clients, %s" % (kills, arguments.seconds, arguments.clients,
                                               "not idempotent" if arguments.not_idempotent else "idempotent"))
    print_table("outcomes", collections.Counter(each.outcome for each in exchanges))
    print_table("whole answers", collections.Counter("the endpoint that is killed" if endpoint(each) == mortal
                                                     else "the other" for each in whole))
    back = [sum(1 for each in whole if endpoint(each) == mortal and 0 < each.start - birth < arguments.every)
            for birth in births]
    print("answers of the reborn endpoint after each restart: %s" % back)
    bad = [each for each in exchanges if each.outcome != "whole"]
    early = [each for each in bad if each.events == 0]
    touched = [each for each in bad if each.events > 0 and endpoint(each) != mortal]
    problems = []
    if early and not arguments.not_idempotent:
        problems.append("%d failed before their first event" % len(early))
    if any(each.status != 502 for each in early):
        problems.append("%d failed with a status other than 502" % sum(each.status != 502 for each in early))
    if touched:
        problems.append("%d streams of the healthy endpoint were cut" % len(touched))
    if births and min(back) == 0:
        problems.append("a restarted endpoint got no requests")
    return problems


def reuse(arguments):
    steady = Scripted(lambda count: Scripted.good() if count == 1 else None)
    mortal = Mock()
    mortal.start()
    port = free_port()
    relay = Relay(write_config(port, [mortal, steady], True))
    await_port(port, relay.process)
    end = load(port, arguments.clients)
    until = time.monotonic() + arguments.seconds
    kills = 0
    while time.monotonic() < until:
        time.sleep(1.6)
        mortal.kill()
        kills += 1
        time.sleep(DOWN_SECONDS)
        mortal.start()
    exchanges = end()
    relay.stop()
    mortal.kill()
    steady.kill()
    print("%d kills in %d s, %d clients; the other endpoint got %d requests, and closed each kept connection that was"
          " used again" % (kills, arguments.seconds, arguments.clients, steady.requests))
    print_table("outcomes", collections.Counter(each.outcome for each in exchanges))
    relay.reader.join(60)
    served = sum(endpoint == "127.0.0.1:%d" % steady.port for endpoint in relay.endpoints.values())
    print("the other endpoint processed %d requests, for %d exchanges that it served" % (steady.answered, served))
    failed = [each for each in exchanges if each.events == 0 and each.outcome != "whole"]
    problems = ["%d of %d failed before their first event" % (len(failed), len(exchanges))] if failed else []
    if steady.answered != served:
        problems.append("%d requests were processed twice" % (steady.answered - served))
    return problems


def in_an_hour():
    return time.time() + 3600


REFUSALS = [  # name, status, headers, body
    ("429", 429, "", "{}"),
    ("429, retry-after", 429, "Retry-After: 60\r\n", "{}"),
    ("429, retry-after as a date", 429, "Retry-After: %s\r\n"
     % email.utils.formatdate(in_an_hour(), usegmt=True), "{}"),
    ("429, retry-after-ms", 429, "retry-after-ms: 60000\r\n", "{}"),
    ("429, x-ratelimit-reset-requests", 429,
     "x-ratelimit-remaining-requests: 0\r\nx-ratelimit-reset-requests: 1m0s\r\n", "{}"),
    ("429, resets_in_seconds", 429, "", '{"error":{"type":"usage_limit_reached","resets_in_seconds":60}}'),
    ("429, resets_at", 429, "", '{"error":{"type":"usage_limit_reached","resets_at":%d}}' % in_an_hour()),
    ("200, then 429 as an event", 200, "Content-Type: text/event-stream\r\n",
     'data: {"type":"error","code":"rate_limit_exceeded"}\n\n'),
    ("401", 401, "", "{}"),
    ("403", 403, "", "{}"),
    ("503", 503, "", "{}"),
]


def rest(arguments):
    problems = []
    for name, status, headers, body in REFUSALS:
        for balance in ("round_robin", "priority"):
            for clients in (1, 8):
                refusal = "HTTP/1.1 %d Refused\r\n%sContent-Length: %d\r\n\r\n%s" % (
                    status, headers, len(body), body)
                bad = Scripted(lambda count: refusal)
                good = Scripted(lambda count: Scripted.good())
                port = free_port()
                relay = Relay(write_config(port, [bad, good], False, balance, True))
                await_port(port, relay.process)
                end = load(port, clients)
                time.sleep(arguments.seconds / (4 * len(REFUSALS)))
                exchanges = end()
                relay.stop()
                bad.kill()
                good.kill()
                outcomes = collections.Counter(each.outcome for each in exchanges)
                print("%s, %s, %d at once: %s; the refusing endpoint was asked %d times" % (name, balance, clients,
                                                                                         dict(outcomes), bad.requests))
                if set(outcomes) != {"whole"}:
                    problems.append("%s, %s, %d at once: callers saw %s" % (name, balance, clients, dict(outcomes)))
                if bad.requests > 40 and bad.requests * 20 > len(exchanges):
                    problems.append("%s, %s, %d at once: it did not rest" % (name, balance, clients))
    return problems


class Poisoner(Scripted):
    """An upstream that answers each request twice; the second response comes a moment later."""
    BODY = b'data: {"type":"response.completed","response":{"id":"%s","status":"completed"}}\n\n'

    def __init__(self):
        super().__init__(None)

    def serve(self, connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        data = b""
        with connection:
            try:
                while True:
                    while b"drill-id: " not in data.lower() or not data.endswith(BODY):
                        data = self.more(connection, data)
                    self.requests += 1
                    caller = data.lower().split(b"drill-id: ")[1].split(b"\r\n")[0]
                    body = self.BODY % caller
                    answer = (b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: %d\r\n\r\n%s"
                              % (len(body), body))
                    connection.sendall(answer)
                    time.sleep(random.random() / 500)
                    connection.sendall(answer)
                    data = b""
            except OSError:
                return


def ask_as(connection, caller):
    connection.sendall(b"POST /v1/responses HTTP/1.1\r\nHost: drill\r\nDrill-Id: %s\r\nContent-Type: application/json\r\n"
                       b"Content-Length: %d\r\n\r\n%s" % (caller, len(BODY), BODY))
    data = b""
    while b"\r\n\r\n" not in data:
        data = Scripted.more(connection, data)
    head, data = data.split(b"\r\n\r\n", 1)
    head = head.lower()
    is_whole = (lambda: data.endswith(b"0\r\n\r\n")) if b"chunked" in head else (
        lambda: len(data) >= int(head.split(b"content-length: ")[1].split(b"\r\n")[0]))
    while not is_whole():
        data = Scripted.more(connection, data)
    return head.split(b" ")[1], data


def poison(arguments):
    upstream = Poisoner()
    port = free_port()
    proxy = None
    folder = tempfile.mkdtemp()
    if arguments.through == "sluice":
        proxy = Relay(write_config(port, [upstream], False))
    else:
        config = os.path.join(folder, "proxy.conf")
        with open(config, "w") as file:
            file.write(PROXIES[arguments.through] % {"port": port, "upstream": upstream.port, "folder": folder})
        command = ["nginx", "-c", config] if arguments.through == "nginx" else ["haproxy", "-db", "-f", config]
        proxy = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    await_port(port, proxy.process if isinstance(proxy, Relay) else proxy)
    counts = collections.Counter()
    lock = threading.Lock()

    def run(number):
        connection = None
        for i in range(arguments.exchanges // 8):
            caller = b"caller-%d-%d" % (number, i)
            outcome = "its own answer"
            try:
                if connection is None:
                    connection = socket.create_connection(("127.0.0.1", port), 30)
                status, body = ask_as(connection, caller)
                if status != b"200":
                    outcome = "status " + status.decode()
                elif b'"%s"' % caller not in body:
                    outcome = "the answer of another"
            except (OSError, IndexError):
                outcome = "no answer"
                connection.close()
                connection = None
            with lock:
                counts[outcome] += 1
    callers = [threading.Thread(target=run, args=(i,), daemon=True) for i in range(8)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    if isinstance(proxy, Relay):
        proxy.stop()
    else:
        proxy.send_signal(signal.SIGTERM)
        proxy.wait(30)
    upstream.kill()
    print_table("8 callers through %s" % arguments.through, counts)
    wrong = counts["the answer of another"]
    return ["%d of %d exchanges got the answer of another" % (wrong, sum(counts.values()))] if wrong else []


PROXIES = {
    "nginx": """daemon off; pid %(folder)s/pid; error_log %(folder)s/log; events {}
http { access_log off; client_body_temp_path %(folder)s; proxy_temp_path %(folder)s;
  upstream up { server 127.0.0.1:%(upstream)d; keepalive 64; }
  server { listen 127.0.0.1:%(port)d; location / { proxy_pass http://up; proxy_http_version 1.1;
    proxy_set_header Connection ""; proxy_buffering off; } } }""",
    "haproxy": """defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  http-reuse always
frontend in
  bind 127.0.0.1:%(port)d
  default_backend up
backend up
  server a 127.0.0.1:%(upstream)d
""",
}


def roll(arguments):
    is_native = arguments.websocket == "native"
    mock = Mock(PACE_MS, *(["--websocket"] if is_native else []))
    mock.start()
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(1024)
    listening.setblocking(False)  # two processes accept; the slower must not block
    port = listening.getsockname()[1]
    config = write_config(port, [mock], False, websocket=arguments.websocket or "off")
    folder = tempfile.mkdtemp()
    notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notify.bind(os.path.join(folder, "notify"))
    notify.settimeout(60)

    def start():
        relay = Relay(config, listening, os.path.join(folder, "notify"))
        while not notify.recv(4096).startswith(b"READY=1"):
            pass
        return relay
    relay = start()
    end = load(port, arguments.clients, SocketClient if arguments.websocket else Client)
    until = time.monotonic() + arguments.seconds
    relays = [relay]
    codes = []
    time.sleep(2)
    while time.monotonic() < until:
        following = start()
        relays.append(following)
        codes.append(relay.stop())  # drains; both serve until the drain ends
        relay = following
        time.sleep(arguments.every)
    exchanges = end()
    codes.append(relay.stop())
    made = mock.ends()
    mock.kill()
    print("%d relays one after the other in %d s, %d clients" % (len(relays), arguments.seconds, arguments.clients))
    print_table("outcomes", collections.Counter(each.outcome for each in exchanges))
    print("exchanges of each relay: %s" % [len(each.endpoints) for each in relays])
    kernel = [each for each in exchanges if each.outcome == "no answer (ConnectionResetError)"]
    print("connections reset before an answer, by the kernel: %d" % len(kernel))
    problems = []
    bad = [each for each in exchanges if each.outcome != "whole" and each not in kernel]
    if bad:
        problems.append("%d of %d exchanges were cut or refused" % (len(bad), len(exchanges)))
    if any(codes):
        problems.append("relays ended with %s" % codes)
    if arguments.websocket:
        closes = sum((client.closes for client in {each.client for each in exchanges}), collections.Counter())
        print_table("closes that the clients have seen", collections.Counter({str(k): n for k, n in closes.items()}))
        print_table("answers of the mock", made)
        if set(closes) - {1012}:
            problems.append("closes with another status than 1012")
        if made["complete"] != len([each for each in exchanges if each.outcome == "whole"]):
            problems.append("%d answers were made for %d requests" % (sum(made.values()), len(exchanges)))
    return problems


class QuietSockets(threading.Thread):
    """WebSockets that have had one request, and from then on only answer pings."""
    WARM_UP = b'{"type":"response.create","model":"m","generate":false,"input":[]}'

    def __init__(self, port, count):
        super().__init__(daemon=True)
        self.port = port
        self.selector = selectors.DefaultSelector()
        self.closed = 0
        self.pings = 0
        self.is_stopped = False
        for number in range(count):
            client = SocketClient(number, port, None)
            client.open()
            client.connection.sendall(b"\x81" + client.length(len(self.WARM_UP)) + b"\0\0\0\0" + self.WARM_UP)
            client.await_end(Exchange(number))
            self.selector.register(client.connection, selectors.EVENT_READ, client)

    def run(self):
        while not self.is_stopped:
            for key, _ in self.selector.select(0.2):
                try:
                    data = key.fileobj.recv(4096)
                except OSError:
                    data = b""
                if data == b"\x89\x00":
                    self.pings += 1
                    key.fileobj.sendall(b"\x8a\x80\0\0\0\0")
                else:
                    self.closed += 1
                    self.selector.unregister(key.fileobj)
                    key.fileobj.close()


def resident_kib(pid):
    with open("/proc/%d/status" % pid) as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))


def sockets(arguments):
    mode = arguments.websocket or "native"
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    mock = Mock(100, *(["--websocket"] if mode == "native" else []))
    mock.start()
    port = free_port()
    admin = free_port()
    relay = Relay(write_config(port, [mock], False, admin=admin, websocket=mode))
    await_port(port, relay.process)
    pid = relay.process.pid
    quiet_count = arguments.clients - arguments.active
    before = resident_kib(pid)
    quiet = QuietSockets(port, quiet_count)
    quiet.start()
    time.sleep(5)
    opened = resident_kib(pid)
    result = tempfile.NamedTemporaryFile("r", suffix=".json")
    load_process = subprocess.Popen([SLUICE, "load", "--url", "http://127.0.0.1:%d/v1" % port, "--websocket", "--model", "m",
                                     "--streams", str(arguments.active), "--events", str(EVENTS), "--pace-ms", "100",
                                     "--warmup", "20", "--seconds", str(arguments.seconds), "--json", result.name],
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(25)
    samples = []
    open_count = 0
    while load_process.poll() is None:
        samples.append(resident_kib(pid))
        open_count = max(open_count, metric(admin, "sluice_websockets_open"))
        time.sleep(1)
    quiet.is_stopped = True
    quiet.join()
    samples = samples[:arguments.seconds - 10]
    third = len(samples) // 3
    first, last = sorted(samples[:third])[third // 2], sorted(samples[-third:])[third // 2]
    outcome = json.load(result)
    code = relay.stop()
    mock.kill()
    print("%d connections, %d of them with a response, %d s, %s" % (open_count, arguments.active, arguments.seconds, mode))
    print("resident memory: %d MiB before, %d MiB with %d quiet connections (the JVM's own growth included)"
          % (before // 1024, opened // 1024, quiet_count))
    print("  under load: median %d MiB in the first third, %d MiB in the last; from %d to %d MiB"
          % (first // 1024, last // 1024, min(samples) // 1024, max(samples) // 1024))
    errors = sum(outcome["errors"].values()) + outcome["wrong"]
    print("responses: %d (%d events), failed or not what the mock sent: %d; pings answered: %d"
          % (outcome["answers"], outcome["events"], errors, quiet.pings))
    problems = []
    if open_count < arguments.clients:
        problems.append("%d connections at most (expected: %d)" % (open_count, arguments.clients))
    if quiet.closed or errors or code:
        problems.append("%d quiet connections were closed, %d responses failed, the relay ended with %d"
                        % (quiet.closed, errors, code))
    if last > first * 1.05:
        problems.append("the resident memory grew from %d to %d KiB" % (first, last))
    return problems


class LimitedCaller(threading.Thread):
    """A caller with a key, which asks one relay after the other and takes short refusals as they come."""

    def __init__(self, key, ports, stop, pause):
        super().__init__(daemon=True)
        self.key = key
        self.ports = ports
        self.stop = stop
        self.pause = pause
        self.results = []  # (start, seconds to the first byte, outcome)

    def run(self):
        number = random.randrange(3)
        while not self.stop.is_set():
            number += 1
            start = time.monotonic()
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.ports[number % len(self.ports)], timeout=30)
                connection.request("POST", "/v1/responses", BODY, {"Content-Type": "application/json",
                                                                   "Authorization": "Bearer " + self.key})
                answer = connection.getresponse()
                first = time.monotonic() - start
                body = answer.read()
                whole = answer.status != 200 or b"response.completed" in body
                self.results.append((start, first, str(answer.status) if whole else "cut"))
                connection.close()
                if answer.status == 429:
                    time.sleep(self.pause)
            except (OSError, http.client.HTTPException) as failure:
                self.results.append((start, time.monotonic() - start, type(failure).__name__))
                time.sleep(0.2)
            time.sleep(self.pause)


def waits(results, since, until):
    """Returns the median and the longest time to the first byte of requests that began in an interval, in ms."""
    taken = sorted(first for start, first, _ in results if since <= start < until)
    return "%6.1f ms, at most %6.1f ms (%d requests)" % (taken[len(taken) // 2] * 1000, taken[-1] * 1000, len(taken)) \
        if taken else "none"


def state(arguments):
    if shutil.which("redis-server") is None:
        sys.exit("drill: redis-server: not on the path (Debian: apt-get install redis-server)")
    folder = tempfile.mkdtemp()
    store_port = free_port()

    def start_store():
        process = subprocess.Popen(["redis-server", "--port", str(store_port), "--bind", "127.0.0.1", "--save", "", "--dir",
                                    folder], stdout=subprocess.DEVNULL)
        await_port(store_port, process)
        return process
    store = start_store()
    mock = Mock(5)
    mock.start()
    ports = [free_port() for _ in range(3)]
    rate = 600

    def start_relay(number):
        file = tempfile.NamedTemporaryFile("w", suffix=".yaml", delete=False)
        keys = "".join("  - {label: %s, sha256: %s, requests_per_minute: %d}\n"
                       % (label, hashlib.sha256(("sk-" + label).encode()).hexdigest(), limit)
                       for label, limit in (("limited", rate), ("free", 10_000_000)))
        file.write("listeners: [{address: '127.0.0.1:%d'}]\nclusters: {up: {endpoints: [{url: 'http://127.0.0.1:%d/v1'}]}}\n"
                   "routes: [{model: m, cluster: up}]\nkeys:\n%sstate: {redis: {url: 'redis://127.0.0.1:%d'}}\n"
                   % (ports[number], mock.port, keys, store_port))
        file.close()
        relay = Relay(file.name)
        await_port(ports[number], relay.process)
        return relay
    relays = [start_relay(number) for number in range(3)]
    time.sleep(3)  # the relays know each other
    problems = []

    stop = threading.Event()
    limited = [LimitedCaller("sk-limited", ports, stop, 0.05) for _ in range(30)]
    begun = time.monotonic()
    for caller in limited:
        caller.start()
    time.sleep(arguments.seconds / 3)
    relays[0].process.kill()
    relays[0].process.wait()
    time.sleep(3)
    relays[0] = start_relay(0)
    time.sleep(max(0.0, begun + arguments.seconds - time.monotonic()))
    stop.set()
    for caller in limited:
        caller.join(60)
    lasted = time.monotonic() - begun
    results = [result for caller in limited for result in caller.results]
    print_table("30 callers with one key of %d requests a minute for %.1f s; a relay is killed and replaced" % (rate, lasted),
                collections.Counter(outcome for _, _, outcome in results))
    made = sum(mock.ends().values())
    allowed = rate + rate * lasted / 60
    print("requests that reached the upstream: %d (allowed: %d at once, and %d that came back)" % (made, rate,
                                                                                                 rate * lasted / 60))
    if abs(made - allowed) > 0.01 * allowed:
        problems.append("%d requests were admitted (allowed: %d within 1 %%)" % (made, allowed))

    stop = threading.Event()
    free = [LimitedCaller("sk-free", ports, stop, 0.01) for _ in range(8)]
    for caller in free:
        caller.start()
    marks = [time.monotonic()]
    time.sleep(6)
    marks.append(time.monotonic())
    store.send_signal(signal.SIGSTOP)
    time.sleep(1)
    marks.append(time.monotonic())
    time.sleep(6)
    marks.append(time.monotonic())
    store.send_signal(signal.SIGCONT)
    time.sleep(10)
    marks.append(time.monotonic())
    store.kill()
    store.wait()
    time.sleep(6)
    marks.append(time.monotonic())
    store = start_store()
    time.sleep(12)
    marks.append(time.monotonic())
    stop.set()
    for caller in free:
        caller.join(60)
    results = [result for caller in free for result in caller.results]
    print_table("8 callers with another key", collections.Counter(outcome for _, _, outcome in results))
    for name, since, until in zip(("the store answers", "the first second of a frozen store", "frozen", "it goes on", "killed",
                                   "restarted empty"), marks, marks[1:]):
        print("  %-36s first byte after %s" % (name, waits(results, since, until)))
    if any(outcome != "200" for _, _, outcome in results):
        problems.append("requests failed while the store did")
    back = [relay.text().count("answers again") for relay in relays]
    print("changes that the relays have logged: %s lost, %s back" % ([relay.text().count("does not answer") for relay in
                                                                   relays], back))
    if min(back) < 1:
        problems.append("a relay did not notice that the store was back")
    codes = [relay.stop() for relay in relays]
    mock.kill()
    store.kill()
    if any(codes):
        problems.append("relays ended with %s" % codes)
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("drill", choices=["blocked", "kill", "poison", "reuse", "rest", "roll", "sockets", "state"])
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--every", type=float, default=4, help="seconds between two failures or takeovers")
    parser.add_argument("--clients", type=int, help="default: 50; sockets: 5000")
    parser.add_argument("--active", type=int, default=1000, help="sockets: connections with a response")
    parser.add_argument("--websocket", choices=["native", "bridge"], help="roll: the clients use WebSocket; sockets:"
                        " default native")
    parser.add_argument("--not-idempotent", action="store_true", help="kill: the route does not allow requests to be"
                        " processed twice")
    parser.add_argument("--exchanges", type=int, default=10000, help="poison: the number of requests")
    parser.add_argument("--through", choices=["sluice", *PROXIES], default="sluice", help="poison: the proxy to try")
    arguments = parser.parse_args()
    arguments.clients = arguments.clients or (5000 if arguments.drill == "sockets" else 50)
    subprocess.run([SLUICE, "--version"], check=True, stdout=subprocess.DEVNULL)  # builds if needed
    drills = {"blocked": blocked, "kill": kill, "poison": poison, "reuse": reuse, "rest": rest, "roll": roll,
              "sockets": sockets, "state": state}
    problems = drills[arguments.drill](arguments)
    for problem in problems:
        print("PROBLEM: " + problem)
    print("passed" if not problems else "failed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
