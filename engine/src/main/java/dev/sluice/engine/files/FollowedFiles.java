// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.files;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Files that something was made from: when they change it is made again, and where that fails it stays as it was.
 *
 * <p><b>Threading:</b> one thread at a time.
 */
public final class FollowedFiles {
    private static final Logger LOG = LoggerFactory.getLogger(FollowedFiles.class);

    private final String name;
    private final List<Path> files;
    private List<FileStamp> stamps;
    private String complaint;

    /**
     * @param name  how the log calls what they are of
     * @param files those that are null do not count
     * @throws IllegalArgumentException where one cannot be read
     */
    public FollowedFiles(String name, Path... files) {
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

    /** Runs {@code load} if the files have changed; what it throws is logged, without what is in the files. */
    public void ifChanged(Runnable load) {
        try {
            List<FileStamp> found = stamps(); // before the loading: a change meanwhile is seen next time
            if (found.equals(stamps)) {
                return;
            }
            stamps = found; // it will not get better before they change again
            load.run();
            complaint = null;
            LOG.info("{}: files were read again", name);
        } catch (IOException | RuntimeException e) {
            if (!e.toString().equals(complaint)) { // once, not every second
                complaint = e.toString();
                LOG.error("{}: files were not read, it stays as it was: {}", name, complaint);
            }
        }
    }
}
