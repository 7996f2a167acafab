// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import dev.sluice.engine.config.ConfigException;
import dev.sluice.engine.config.ListenerConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.tools.serve.ConfigWarnings.Warning;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;

/** Finds out whether the addresses of a configuration can be bound, by binding each of them for a moment. */
final class AddressProbe {
    private AddressProbe() {
    }

    /**
     * Binds and releases the addresses of the listeners and the admin pages.
     *
     * @return a warning for each address that is in use, perhaps by the relay that runs with this configuration
     * @throws ConfigException if an address can never be bound by this user on this machine
     */
    static List<Warning> probe(RelayConfig config) {
        List<Warning> warnings = new ArrayList<>();
        for (int i = 0; i < config.listeners().size(); i++) {
            ListenerConfig listener = config.listeners().get(i);
            probe("listeners[" + i + "].address", listener.host(), listener.port(), warnings);
        }
        if (config.admin() != null) {
            probe("admin.address", config.admin().host(), config.admin().port(), warnings);
        }
        return warnings;
    }

    private static void probe(String path, String host, int port, List<Warning> warnings) {
        InetSocketAddress address = new InetSocketAddress(host, port);
        if (address.isUnresolved()) {
            throw new ConfigException(path, path + ": " + host + " has no address (expected: an address or a name of"
                    + " this machine)");
        }
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(address, 1);
        } catch (IOException e) {
            String found = path + ": " + host + ':' + port + ": " + e.getMessage();
            if (!String.valueOf(e.getMessage()).contains("in use")) {
                throw new ConfigException(path, found + (String.valueOf(e.getMessage()).contains("ermission")
                        ? " (expected: a port that this user may bind; those below 1024 need CAP_NET_BIND_SERVICE, or a"
                        + " socket unit of systemd)" : " (expected: an address of this machine)"), e);
            }
            warnings.add(new Warning(path, found
                    + " (expected: a free address, unless the relay that is to be reloaded uses it)"));
        }
    }
}
