# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 the Sluice authors
"""The rows of the comparison: the loads, the protocols on both sides of a relay, and the budgets."""
from collections import namedtuple

# what: a description. load: arguments of `sluice load`. unit: of the cost, or what else is measured (LABELS).
Load = namedtuple("Load", "what load unit")
LOADS = {  # the first ones let a JVM compile its code early
    "json": Load("short JSON requests, 32 at a time", "--streams 32 --documents", "answer"),
    "turn": Load("a 100 KB request (a transcript), 50 events, 16 at a time",
                 "--streams 16 --events 50 --request-bytes 100000", "answer"),
    "flood1": Load("64 streams as fast as they go, 1 event to a write", "--streams 64 --events 2000", "event"),
    "flood16": Load("64 streams as fast as they go, 16 events to a write", "--streams 64 --events 2000 --glue 16",
                    "event"),
    "fat": Load("10 MB requests (an image in base64), 4 at a time", "--streams 4 --events 1 --image-bytes 10000000",
                "MB"),
    "leave": Load("16 streams that are left after 20 events", "--streams 16 --events 1000 --glue 4 --leave-after 20",
                  "answer"),
    "paced": Load("500 streams, 40 events/s each", "--streams 500 --events 40 --pace-ms 25", "event"),
    "64x20": Load("200 streams, 64 events each, one every 20 ms", "--streams 200 --events 64 --pace-ms 20", "event"),
    "trickle": Load("one stream, an event each ms", "--streams 1 --events 1500 --pace-ms 1", "event"),
    "quiet": Load("5,000 open streams, an event every 5 s each", "--streams 5000 --events 1000 --pace-ms 5000",
                  "stream"),
    "storm": Load("500 streams that begin at once", "--streams 500 --events 40 --pace-ms 25", "storm"),
    "start": Load("from the start of the process to its first answer", "", "start"),
    "hour": Load("5,000 streams, 4 events/s each, for an hour", "--streams 5000 --events 480 --pace-ms 250", "hour"),
}
# What is measured, by unit, where it is not processor time.
LABELS = {"stream": "KiB resident a stream", "storm": "us to the first event, p99", "start": "ms to the first answer",
          "hour": "KiB resident, the last tenth over the second"}
LONGER = {"fat": 3}  # times --seconds: with few answers a round, those cut off at its ends would weigh too much
QUIET_STREAMS = 5000
SUSTAINED_STEP, SUSTAINED_LIMIT_MICROS = 100, 20_000

# The protocols of a path: is_tls_down, is_http2_down, is_tls_up, is_http2_up, is_websocket.
Path = namedtuple("Path", "what is_tls_down is_http2_down is_tls_up is_http2_up is_websocket")
PLAIN = "plain"
PATHS = {
    PLAIN: Path("HTTP/1.1 on both sides", False, False, False, False, False),
    "up-tls": Path("HTTP/1.1 to HTTP/1.1 over TLS", False, False, True, False, False),
    "up-h2": Path("HTTP/1.1 to HTTP/2 over TLS", False, False, True, True, False),
    "down-h2": Path("HTTP/2 over TLS to HTTP/1.1", True, True, False, False, False),
    "both-tls": Path("HTTP/1.1 over TLS on both sides", True, False, True, False, False),
    "both-h2": Path("HTTP/2 over TLS on both sides", True, True, True, True, False),
    "ws": Path("WebSocket on both sides", False, False, False, False, True),
}
# The rows that are measured unless --only names others. `hour` takes an hour for each target.
DEFAULTS = [name for name in LOADS if name != "hour"] + [
    name + "@" + path for path in ("up-tls", "up-h2", "down-h2", "both-h2") for name in ("json", "turn", "paced",
                                                                                         "trickle")] + [
    name + "@ws" for name in ("turn", "paced", "trickle")]

PROXIES = ("nginx", "haproxy", "envoy", "caddy")
# LLM gateways, which re-serialize answers. They are measured after the other targets, and only in the scenarios whose
# load they accept. SGLang's router and SMG refuse a transcript whose function calls have no id; the API does not
# require one.
GATEWAYS = {"litellm": ("trickle", "flood16", "json", "turn"), "sglang": ("trickle", "flood16", "json"),
            "smg": ("trickle", "flood16", "json")}

# The budgets of sluice. `cheapest`: the highest ratio of its cost to that of the cheapest proxy. `p50`, `p99`: the
# same for the latency of an event. The others are limits of a figure.
BUDGETS = {
    "turn": [("cheapest", 1.05)],
    "fat": [("cheapest", 1.05)],
    "json": [("cheapest", 1.0), ("gateways", 5)],
    "paced": [("cheapest", 1.0), ("p50", 1.0), ("p99", 1.5), ("calls", 2.5)],
    "storm": [("cheapest", 1.5)],
    "trickle": [("cheapest", 1.0), ("p50 over the best, us", 3), ("calls", 3.1)],
    "quiet": [("KiB", 8)],
    "start": [("ms", 600)],
    "hour": [],
}
BUDGETS.update((name, [("cheapest", 1.0)]) for name in LOADS if name not in BUDGETS)
BUDGETS.update((name, [("cheapest", 1.0)]) for name in DEFAULTS if "@" in name and not name.endswith("@ws"))


class Scenario:
    """A load on a path. Its name is that of the load, followed by `@` and the path unless it is the plain one."""

    def __init__(self, name):
        """Raises KeyError if there is no such load or path."""
        self.name = name
        load, _, path = name.partition("@")
        self.load_name = load
        self.what, self.load, self.unit = LOADS[load]
        self.path_name = path or PLAIN
        self.path = PATHS[self.path_name]
        if path:
            self.what += ", " + self.path.what

    def label(self):
        return LABELS.get(self.unit, "us per " + self.unit)

    def seconds(self, of_a_round):
        return of_a_round * LONGER.get(self.load_name, 1)

    def budgets(self):
        return BUDGETS.get(self.name, [])
