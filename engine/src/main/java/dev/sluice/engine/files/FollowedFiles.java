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
 * The files of an object, such as a certificate. When the files change, the object is loaded again; if that fails, the
 * object that was loaded before stays in use.
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
     * @param name  the object's name in the log
     * @param files the files; null ones are ignored
     * @throws IllegalArgumentException if one cannot be read
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

    /** Runs {@code load} if the files have changed. Its failure is logged, without any content of the files. */
    public void ifChanged(Runnable load) {
        try {
            List<FileStamp> found = stamps(); // before the loading, so that a change meanwhile is seen next time
            if (found.equals(stamps)) {
                return;
            }
            stamps = found; // a failure is final until they change again
            load.run();
            complaint = null;
            LOG.info("{}: changed files loaded", name);
        } catch (IOException | RuntimeException e) {
            String problem = e instanceof IllegalArgumentException ? e.getMessage() : e.toString();
            if (!problem.equals(complaint)) { // once, not every second
                complaint = problem;
                LOG.error("{}: changed files not usable, the previous ones stay in use: {}", name, complaint);
            }
        }
    }
}
