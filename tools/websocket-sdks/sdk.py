"""Drives openai-python's WebSocket client against a relay: python sdk.py BASE_URL MODE PID

MODE is native or bridge; PID is the relay's process, which the last case stops.
"""
import os
import signal
import sys
import traceback

from openai import OpenAI

BASE_URL, MODE, PID = sys.argv[1:]
MODEL = "gpt-5.5"
client = OpenAI(base_url=BASE_URL, api_key="sk-any")


def until(connection, *types):
    events = []
    for event in connection:
        events.append(event)
        if event.type in types:
            return events
    raise AssertionError(f"closed after {[event.type for event in events]}")


def turns_with_a_chain():
    with client.responses.connect() as connection:
        previous = None
        for i in range(20):
            more = {"previous_response_id": previous} if previous else {}
            connection.response.create(model=MODEL, input=f"turn {i}", store=False, **more)
            events = until(connection, "response.completed", "error")
            assert events[-1].type == "response.completed", events[-1]
            assert events[0].type == "response.created", events[0]
            assert events[-1].response.id != previous
            previous = events[-1].response.id


def an_error_leaves_the_connection_usable():
    with client.responses.connect() as connection:
        connection.response.create(model=MODEL, input="x", store=False, previous_response_id="resp_unknown")
        error = until(connection, "error")[-1]
        assert error.error.code == "previous_response_not_found", error
        connection.response.create(model=MODEL, input="x")
        until(connection, "response.completed")


def a_warm_up():
    with client.responses.connect() as connection:
        connection.send_raw('{"type":"response.create","model":"%s","input":"x","store":false,"generate":false}' % MODEL)
        events = until(connection, "response.completed")
        assert events[-1].response.output == [], events[-1]
        connection.response.create(model=MODEL, input="y", store=False, previous_response_id=events[-1].response.id)
        until(connection, "response.completed")


def two_lanes():
    with client.responses.connect() as connection:
        for lane in ("a", "b"):
            connection.send_raw('{"type":"response.create","model":"%s","input":"x","stream_id":"%s"}' % (MODEL, lane))
        done = set()
        while len(done) < 2:
            done.add(until(connection, "response.completed")[-1].stream_id)
        assert done == {"a", "b"}, done


def a_relay_that_stops_is_left_with_1012():
    codes = []

    def on_reconnecting(event):
        codes.append(event.close_code)
        return {"abort": True}

    with client.responses.connect(on_reconnecting=on_reconnecting) as connection:
        connection.response.create(model=MODEL, input="x", metadata={"mock_pace_ms": "30", "mock_events": "40"})
        until(connection, "response.created")
        os.kill(int(PID), signal.SIGTERM)
        until(connection, "response.completed")
        try:
            for event in connection:
                raise AssertionError(event)
        except AssertionError:
            raise
        except Exception:  # how the client reports the end that was not repaired is its own affair
            pass
    assert codes == [1012], codes


signal.alarm(120)
for case in (turns_with_a_chain, an_error_leaves_the_connection_usable, a_warm_up, two_lanes,
             a_relay_that_stops_is_left_with_1012):
    name = case.__name__.replace("_", " ")
    try:
        case()
    except Exception:
        print(f"FAIL  python, {MODE}: {name}", file=sys.stderr)
        traceback.print_exc()
        sys.exit(1)
    print(f"ok    python, {MODE}: {name}", flush=True)
