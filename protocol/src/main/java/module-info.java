// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/** The wire format of the Responses API as Sluice handles it: scanners, rewriters and records, without any I/O. */
module dev.sluice.protocol {
    requires transitive io.netty.buffer;
    requires io.netty.common;
    requires com.fasterxml.jackson.core;

    exports dev.sluice.protocol.error;
    exports dev.sluice.protocol.event;
    exports dev.sluice.protocol.framing;
    exports dev.sluice.protocol.json;
    exports dev.sluice.protocol.request;
    exports dev.sluice.protocol.rewrite;
}
