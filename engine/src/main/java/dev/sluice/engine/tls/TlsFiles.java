// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.tls;

import dev.sluice.engine.loop.FileStamp;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import io.netty.handler.codec.http2.Http2SecurityUtil;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The files of a TLS context: when they change it is made again, and where that fails it stays as it was. */
final class TlsFiles {
    private static final Logger LOG = LoggerFactory.getLogger(TlsFiles.class);

    private final String name;
    private final List<Path> files;
    private List<FileStamp> stamps;
    private String complaint;

    /**
     * @param name  how the log calls it
     * @param files those that are null do not count
     */
    TlsFiles(String name, Path... files) {
        this.name = name;
        this.files = Stream.of(files).filter(Objects::nonNull).toList();
        try {
            stamps = stamps();
        } catch (IOException e) {
            throw new IllegalArgumentException(name + ": " + e.getMessage() + " (expected: readable files)", e);
        }
    }

    private List<FileStamp> stamps() throws IOException {
        List<FileStamp> found = new ArrayList<>();
        for (Path file : files) {
            found.add(FileStamp.of(file));
        }
        return found;
    }

    /** Runs {@code load} if the files have changed; by one thread at a time. */
    void ifChanged(Runnable load) {
        try {
            List<FileStamp> found = stamps(); // before the loading: a change meanwhile is seen next time
            if (found.equals(stamps)) {
                return;
            }
            stamps = found; // it will not get better before they change again
            load.run();
            complaint = null;
            LOG.info("{}: certificates were read again", name);
        } catch (IOException | RuntimeException e) {
            if (!e.toString().equals(complaint)) { // once, not every second
                complaint = e.toString();
                LOG.error("{}: certificates were not read, they stay as they were: {}", name, complaint);
            }
        }
    }

    /** Returns the provider of either side. */
    static SslProvider provider() {
        return OpenSsl.isAvailable() ? SslProvider.OPENSSL : SslProvider.JDK;
    }

    /** Sets what both sides have in common. The ciphers are those that RFC 9113 section 9.2.2 leaves. */
    static SslContextBuilder prepare(SslContextBuilder builder, String... protocols) {
        return builder.sslProvider(provider()).protocols("TLSv1.3", "TLSv1.2")
                .ciphers(Http2SecurityUtil.CIPHERS, SupportedCipherSuiteFilter.INSTANCE)
                .applicationProtocolConfig(new ApplicationProtocolConfig(Protocol.ALPN,
                        SelectorFailureBehavior.NO_ADVERTISE, SelectedListenerFailureBehavior.ACCEPT, protocols));
    }
}
