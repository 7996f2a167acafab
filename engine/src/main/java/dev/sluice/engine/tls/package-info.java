// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * TLS 1.2 and 1.3 on both sides, with BoringSSL if it loads and otherwise with the JDK's engine: contexts that are
 * reloaded when their files change, ALPN, session resumption, and certificates of both sides.
 *
 * <p>Doorways: {@link dev.sluice.engine.tls.ServerTls} for a listener, {@link dev.sluice.engine.tls.ClientTls} for a
 * cluster.
 */
package dev.sluice.engine.tls;
