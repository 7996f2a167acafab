// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.auth;

import dev.sluice.engine.config.KeyConfig;
import dev.sluice.engine.config.KeyFile;
import dev.sluice.engine.files.FileStamp;
import dev.sluice.protocol.json.JsonTree;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * An editor of a key file. It replaces the file as a whole, so that no reader sees half of it, and keeps the lines that
 * it does not change, as well as the file's permissions.
 *
 * <p><b>Threading:</b> one thread at a time.
 */
public final class KeyFileEditor {
    private final Path file;
    private final Consumer<Path> check;

    /**
     * @param file  the key file; a symbolic link is followed
     * @param check refuses a file of keys that cannot be used, with an {@link IllegalArgumentException}
     */
    KeyFileEditor(Path file, Consumer<Path> check) {
        this.file = file;
        this.check = check;
    }

    /**
     * Adds a key.
     *
     * @param members the members of its line, in the form of a key file
     * @return the key
     * @throws IllegalArgumentException if it cannot be used, or another program has changed the file meanwhile; the
     *                                  message says what is wrong
     * @throws IOException              if the file cannot be written
     */
    public KeyConfig add(Map<?, ?> members) throws IOException {
        KeyConfig key = KeyFile.parse(JsonTree.text(members));
        FileStamp before = FileStamp.of(file);
        List<String> lines = Files.readAllLines(file);
        lines.add(JsonTree.text(members));
        replace(lines, before);
        return key;
    }

    /**
     * Changes the keys with a label.
     *
     * @param label   the label
     * @param changes the members to set, in the form of a key file; null removes one
     * @return the number of keys that have the label
     * @throws IllegalArgumentException if one of them cannot be used; the message says what is wrong
     * @throws IOException              if the file cannot be written
     */
    public int change(String label, Map<?, ?> changes) throws IOException {
        return rewrite(label, line -> {
            Map<Object, Object> members = new LinkedHashMap<>((Map<?, ?>) JsonTree.read(line.getBytes(
                    StandardCharsets.UTF_8)));
            changes.forEach((name, value) -> {
                if (JsonTree.Literal.NULL.equals(value)) {
                    members.remove(name);
                } else {
                    members.put(name, value);
                }
            });
            String changed = JsonTree.text(members);
            KeyFile.parse(changed);
            return changed;
        });
    }

    /**
     * Removes the keys with a label.
     *
     * @param label the label
     * @return the number of keys that had it
     * @throws IOException if the file cannot be written
     */
    public int remove(String label) throws IOException {
        return rewrite(label, line -> null);
    }

    private int rewrite(String label, Change change) throws IOException {
        FileStamp before = FileStamp.of(file);
        List<String> lines = new ArrayList<>();
        int count = 0;
        for (String line : Files.readAllLines(file)) {
            boolean isKey = !line.isBlank() && !line.startsWith("#");
            if (isKey && KeyFile.parse(line).label().equals(label)) {
                count++;
                String changed = change.of(line);
                if (changed != null) {
                    lines.add(changed);
                }
            } else {
                lines.add(line);
            }
        }
        if (count > 0) {
            replace(lines, before);
        }
        return count;
    }

    private void replace(List<String> lines, FileStamp before) throws IOException {
        Path target = file.toRealPath();
        Path next = Files.createTempFile(target.getParent(), '.' + target.getFileName().toString(), ".tmp");
        try {
            try (FileChannel channel = FileChannel.open(next, StandardOpenOption.WRITE)) {
                ByteBuffer bytes = ByteBuffer.wrap((String.join("\n", lines) + '\n').getBytes(StandardCharsets.UTF_8));
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                channel.force(true);
            }
            check.accept(next);
            PosixFileAttributeView permissions = Files.getFileAttributeView(target, PosixFileAttributeView.class);
            if (permissions != null) {
                Files.setPosixFilePermissions(next, permissions.readAttributes().permissions());
            }
            if (!FileStamp.of(target).equals(before)) {
                throw new IllegalArgumentException("key_file: changed by another program meanwhile (expected: one"
                        + " change at a time; try again)");
            }
            Files.move(next, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(next);
        }
    }

    private interface Change {
        /** Returns the new line, or null to remove it. */
        String of(String line);
    }
}
