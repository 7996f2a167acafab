// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The diagnosis of a file of certificate authorities that cannot be used. */
final class CaFile {
    private static final Pattern BLOCK = Pattern.compile("-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----(.*?)"
            + "-----END (?:TRUSTED |X509 )?CERTIFICATE-----", Pattern.DOTALL);

    private CaFile() {
    }

    /** Returns what is wrong with a file, with what is expected; null if nothing is, or there is no file. */
    static String problem(Path file) {
        if (file == null) {
            return null;
        }
        String text;
        try {
            text = Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return "cannot be read (expected: a file of certificates in PEM)";
        }
        Matcher blocks = BLOCK.matcher(text);
        int count = 0;
        while (blocks.find()) {
            count++;
            String problem = problem(blocks.group(1));
            if (problem != null) {
                return "certificate " + count + ' ' + problem;
            }
        }
        return count == 0 ? "no certificate in it (expected: PEM, with BEGIN CERTIFICATE)" : null;
    }

    private static String problem(String base64) {
        try {
            byte[] der = Base64.getMimeDecoder().decode(base64);
            CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
            return null;
        } catch (IllegalArgumentException e) {
            return "is not base64 (expected: PEM)";
        } catch (CertificateException e) {
            Throwable cause = e;
            while (cause.getCause() != null) {
                cause = cause.getCause();
            }
            String reason = String.valueOf(cause.getMessage());
            boolean isNameless = reason.contains("Empty issuer") || reason.contains("subject field is empty");
            return isNameless ? "has no subject, so that Java cannot use it as an authority (expected: a certificate"
                    + " with a subject; the tool that made it has an option for that)"
                    : "cannot be read, " + reason + " (expected: an X.509 certificate)";
        }
    }
}
