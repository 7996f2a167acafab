// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.json;

/** A decoder of escapes in member names, so that names written in different forms compare as equal. */
final class NameDecoder {
    private NameDecoder() {
    }

    /**
     * Decodes {@code name[0, length)} in place to UTF-8. A lone surrogate becomes the three bytes of its generalized
     * UTF-8 form, which no valid name contains.
     *
     * @param name   a checked JSON string without its quotes
     * @param length the length of the string in bytes
     * @return the decoded length in bytes; never more than {@code length}
     */
    static int decode(byte[] name, int length) {
        int out = 0;
        int i = 0;
        while (i < length) {
            byte b = name[i];
            if (b != '\\') {
                name[out++] = b;
                i++;
                continue;
            }
            byte kind = name[i + 1];
            if (kind != 'u') {
                name[out++] = simple(kind);
                i += 2;
                continue;
            }
            int unit = hex4(name, i + 2);
            i += 6;
            int codePoint = unit;
            if (Character.isHighSurrogate((char) unit) && i + 5 < length && name[i] == '\\' && name[i + 1] == 'u') {
                int next = hex4(name, i + 2);
                if (Character.isLowSurrogate((char) next)) {
                    codePoint = Character.toCodePoint((char) unit, (char) next);
                    i += 6;
                }
            }
            out = writeUtf8(name, out, codePoint);
        }
        return out;
    }

    private static byte simple(byte kind) {
        return switch (kind) {
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            default -> kind; // quote, backslash, slash
        };
    }

    private static int hex4(byte[] name, int at) {
        int value = 0;
        for (int i = at; i < at + 4; i++) {
            value = value << 4 | Character.digit(name[i], 16);
        }
        return value;
    }

    private static int writeUtf8(byte[] name, int at, int codePoint) {
        int out = at;
        if (codePoint < 0x80) {
            name[out++] = (byte) codePoint;
        } else if (codePoint < 0x800) {
            name[out++] = (byte) (0xc0 | codePoint >> 6);
            name[out++] = (byte) (0x80 | codePoint & 0x3f);
        } else if (codePoint < 0x10000) {
            name[out++] = (byte) (0xe0 | codePoint >> 12);
            name[out++] = (byte) (0x80 | codePoint >> 6 & 0x3f);
            name[out++] = (byte) (0x80 | codePoint & 0x3f);
        } else {
            name[out++] = (byte) (0xf0 | codePoint >> 18);
            name[out++] = (byte) (0x80 | codePoint >> 12 & 0x3f);
            name[out++] = (byte) (0x80 | codePoint >> 6 & 0x3f);
            name[out++] = (byte) (0x80 | codePoint & 0x3f);
        }
        return out;
    }
}
