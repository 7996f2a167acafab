// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * TLS 1.2 and 1.3 on either side, by BoringSSL where it loads and otherwise by the JDK's engine: contexts that follow
 * their files, ALPN, resumption, certificates of both sides.
 *
 * <p>Doorways: {@link dev.sluice.engine.tls.ServerTls} of a listener, {@link dev.sluice.engine.tls.ClientTls} of a
 * cluster.
 */
package dev.sluice.engine.tls;
