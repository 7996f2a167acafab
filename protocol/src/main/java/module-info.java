// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * The wire format of the Responses API as Sluice handles it: scanners, rewriters and records, without any I/O. What the
 * configuration and the records of an embedded relay use is exported to all; the rest serves the engine.
 */
@SuppressWarnings("module") // the engine is compiled after this module
module dev.sluice.protocol {
    requires transitive io.netty.buffer;
    requires io.netty.common;
    requires com.fasterxml.jackson.core;

    exports dev.sluice.protocol.error;
    exports dev.sluice.protocol.event;
    exports dev.sluice.protocol.json;
    exports dev.sluice.protocol.request;

    exports dev.sluice.protocol.framing to dev.sluice.engine;
    exports dev.sluice.protocol.rewrite to dev.sluice.engine;
    exports dev.sluice.protocol.websocket to dev.sluice.engine;
}
