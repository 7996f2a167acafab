// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * What tells that a file has changed.
 *
 * @param lastModified in milliseconds
 * @param size         in bytes
 * @param fileKey      the file's identity, which changes when it is replaced by a rename
 */
public record FileStamp(long lastModified, long size, Object fileKey) {

    /**
     * Returns the stamp of a file as it is now, of the one that it links to where it is a link.
     *
     * @throws IOException where it cannot be read
     */
    public static FileStamp of(Path file) throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
        return new FileStamp(attributes.lastModifiedTime().toMillis(), attributes.size(), attributes.fileKey());
    }
}
