// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * WebSocket mode downstream (RFC 6455): the connection, its lanes, and the exchange that each request becomes.
 *
 * <p>A message that asks for a response is an exchange like any other, with {@code POST} as its method and the headers
 * of the handshake as its head. This package turns the message into a request body and the response into messages.
 * The plan decides whether the upstream is asked over HTTP or over a WebSocket.
 */
package dev.sluice.engine.websocket;
