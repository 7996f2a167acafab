// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.admin;

import dev.sluice.engine.config.AdminConfig;
import io.netty.channel.ChannelHandler;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** All pages of an admin listener, behind its access rules. */
public final class AdminSite {
    private final AdminAccess access;
    private final List<AdminPage> pages;
    private final LiveFeed feed;

    /**
     * @param config  the listener
     * @param sources what it shows and changes
     * @throws IllegalArgumentException if its token cannot be read
     */
    public AdminSite(AdminConfig config, AdminSources sources) {
        access = new AdminAccess(config);
        String built = AdminSite.class.getPackage().getImplementationVersion();
        LiveSnapshot snapshot = new LiveSnapshot(sources, built == null ? "development" : built);
        feed = new LiveFeed(snapshot::take);
        pages = new ArrayList<>(List.of(AdminPages.live(), feed, AdminPages.alive(),
                AdminPages.ready(sources.isReady(), sources.notes()),
                AdminPages.endpoints(sources.clusters(), sources.clock()), AdminPages.usage(sources.ledger()),
                new KeysPage(sources.keys()), new LogPage(sources.log())));
        if (sources.metricsFormat() != null) {
            pages.add(AdminPages.metrics(sources.metrics(), sources.metricsFormat()));
        }
    }

    /**
     * Returns a handler of one connection, to be added last to its pipeline, after an HTTP codec and an aggregator.
     * All connections of a site share a loop, which relays nothing.
     */
    public ChannelHandler newHandler() {
        return new AdminHandler(access, pages, feed);
    }

    /**
     * Returns a page as a GET that is let in gets it.
     *
     * @param path a path that is served
     * @return the answer
     * @throws IOException if the page cannot be made
     */
    public AdminAnswer get(String path) throws IOException {
        return pages.stream().filter(page -> page.path().equals(path)).findFirst().orElseThrow()
                .answer(new AdminRequest("GET", path, "", new byte[0]));
    }

    /** {@return the paths that are served} */
    public List<String> paths() {
        return pages.stream().map(AdminPage::path).toList();
    }

    /** Reads the token again if its file has changed; by one thread at a time. */
    public void refreshFiles() {
        access.refresh();
    }
}
