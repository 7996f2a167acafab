// Drives openai-node's WebSocket client against a relay: node sdk.mjs BASE_URL MODE PID
// MODE is native or bridge; PID is the relay's process, which the last case stops.
import assert from 'node:assert/strict';
import OpenAI from 'openai';
import { ResponsesWS } from 'openai/resources/responses/ws';
import { ResponsesWebSocketSession } from 'openai/lib/responses/responses-websocket-session';

const [baseURL, mode, pid] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey: 'sk-any' });
const model = 'gpt-5.5';
const limits = { maxLanes: 64, maxBufferedEvents: 100_000, maxBufferedBytes: 256 * 1024 * 1024 };

async function open(options) {
    const socket = new ResponsesWS(client, options);
    socket.on('error', () => {});
    await new Promise((resolve) => socket.socket.on('open', resolve));
    return socket;
}

const cases = {
    async 'three lanes side by side, each with its own events'() {
        const socket = await open();
        const seen = [];
        socket.on('event', (event) => seen.push(event));
        const session = new ResponsesWebSocketSession(socket, limits);
        const lanes = [session.lane(), session.lane('a'), session.lane('b')];
        lanes.forEach((lane, i) => lane.create({ model, input: `lane ${i}`, store: false }));
        const finals = await Promise.all(lanes.map((lane) => lane.finalResponse()));
        assert.deepEqual(finals.map((response) => response.status), ['completed', 'completed', 'completed']);
        assert.equal(new Set(finals.map((response) => response.id)).size, 3);
        assert.deepEqual([...new Set(seen.map((event) => event.stream_id))].sort(), ['a', 'b', undefined]);
        socket.close();
    },
    async 'seventeen requests, none of them refused'() {
        const socket = await open();
        const session = new ResponsesWebSocketSession(socket, limits);
        const lanes = Array.from({ length: 17 }, (_, i) => session.lane(`l${i}`));
        lanes.forEach((lane) => lane.create({ model, input: 'hi' }));
        const finals = await Promise.all(lanes.map((lane) => lane.finalResponse()));
        assert.equal(finals.filter((response) => response.status === 'completed').length, 17);
        socket.close();
    },
    async 'an unstored response is continued on its connection'() {
        const socket = await open();
        const lane = new ResponsesWebSocketSession(socket, limits).lane();
        lane.create({ model, input: 'one', store: false });
        let previous = (await lane.finalResponse()).id;
        for (let i = 0; i < 20; i++) {
            lane.create({ model, input: 'more', store: false, previous_response_id: previous });
            const next = await lane.finalResponse();
            assert.notEqual(next.id, previous);
            previous = next.id;
        }
        lane.create({ model, input: 'more', store: false, previous_response_id: 'resp_unknown' });
        await assert.rejects(lane.finalResponse());
        lane.create({ model, input: 'again', store: false });
        assert.equal((await lane.finalResponse()).status, 'completed');
        socket.close();
    },
    async 'a request of 20 MB in one frame'() {
        const socket = await open();
        const lane = new ResponsesWebSocketSession(socket, limits).lane();
        lane.create({ model, input: 'x'.repeat(20 * 1024 * 1024) });
        assert.equal((await lane.finalResponse()).status, 'completed');
        socket.close();
    },
    async 'an invalid lane is refused without a lane'() {
        const socket = await open();
        for (const lane of ['', 'x'.repeat(257)]) {
            const error = new Promise((resolve) => socket.once('event', resolve));
            socket.send({ type: 'response.create', model, input: 'hi', stream_id: lane });
            const event = await error;
            assert.equal(event.type, 'error');
            assert.equal(event.error.code, 'invalid_stream_id');
            assert.equal(event.stream_id, undefined);
        }
        socket.close();
    },
    async 'steering'() {
        const socket = await open();
        const seen = [];
        const done = new Promise((resolve) => socket.on('event', (event) => {
            seen.push(event);
            if (event.type === 'response.created' && seen.filter((one) => one.type === event.type).length === 1) {
                socket.send({ type: 'response.steer', previous_response_id: event.response.id, input: 'stop' });
            }
            if (['response.completed', 'response.failed'].includes(event.type)) {
                resolve();
            }
        }));
        socket.send({ type: 'response.create', model, input: 'hi', metadata: { mock_pace_ms: '20' } });
        await done;
        const types = seen.map((event) => event.type);
        if (mode === 'native') {
            assert.ok(types.includes('response.steer.accepted') && types.includes('response.incomplete'), types.join());
            assert.equal(types.filter((type) => type === 'response.created').length, 2);
        } else {
            const failed = seen.find((event) => event.type === 'response.steer.failed');
            assert.equal(failed.error.code, 'steering_not_supported');
            assert.equal(failed.input, 'stop');
        }
        socket.close();
    },
    async 'a relay that stops lets the response end, and is left with status 1012'() {
        const socket = await open({ reconnect: { maxRetries: 1, onReconnecting: () => ({ abort: true }) } });
        const closed = new Promise((resolve) => socket.socket.on('close', resolve));
        const lane = new ResponsesWebSocketSession(socket, limits).lane();
        lane.create({ model, input: 'hi', metadata: { mock_pace_ms: '30', mock_events: '40' } });
        await lane.receive();
        process.kill(Number(pid), 'SIGTERM');
        assert.equal((await lane.finalResponse()).status, 'completed');
        assert.equal(await closed, 1012);
        socket.close();
    },
};

for (const [name, run] of Object.entries(cases)) {
    const timer = setTimeout(() => { console.error(`FAIL  node, ${mode}: ${name}: no end after 60 s`); process.exit(1); },
        60_000);
    try {
        await run();
        console.log(`ok    node, ${mode}: ${name}`);
    } catch (error) {
        console.error(`FAIL  node, ${mode}: ${name}: ${error.stack}\n${JSON.stringify(error.cause ?? error)}`);
        process.exit(1);
    }
    clearTimeout(timer);
}
process.exit(0);
