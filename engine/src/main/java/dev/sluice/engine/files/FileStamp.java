// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * The attributes by which a change of a file is noticed.
 *
 * @param lastModified the time of the last change, in milliseconds since 1970
 * @param size         the size in bytes
 * @param fileKey      the file's identity, which changes when another file is renamed to its name
 */
public record FileStamp(long lastModified, long size, Object fileKey) {

    /**
     * Returns the current stamp of a file, or of its target if it is a link.
     *
     * @throws IOException if it cannot be read
     */
    public static FileStamp of(Path file) throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
        return new FileStamp(attributes.lastModifiedTime().toMillis(), attributes.size(), attributes.fileKey());
    }
}
