// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.examples.authenticator;

import dev.sluice.engine.spi.Authenticator;
import dev.sluice.engine.spi.Principal;
import dev.sluice.engine.spi.RequestHead;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * An authenticator of tokens of the form {@code name.signature}, where the signature is the HMAC-SHA256 of the name in
 * base64url. It checks the signature at once and then asks a directory for the caller, which may answer later.
 */
public final class TokenAuthenticator implements Authenticator {
    private static final String SCHEME = "Bearer ";
    private static final String REFUSAL = "authorization: no valid token (expected: Bearer name.signature)";

    private final SecretKeySpec secret;
    private final Function<String, CompletionStage<Principal>> directory;

    /**
     * Creates an authenticator.
     *
     * @param secret    the key of the signatures
     * @param directory answers with the caller of a name, or with null if it is unknown; must not block
     */
    public TokenAuthenticator(byte[] secret, Function<String, CompletionStage<Principal>> directory) {
        this.secret = new SecretKeySpec(secret, "HmacSHA256");
        this.directory = directory;
    }

    @Override
    public void authenticate(RequestHead head, Decision decision) {
        String value = head.header("authorization");
        String token = value != null && value.startsWith(SCHEME) ? value.substring(SCHEME.length()) : "";
        int dot = token.lastIndexOf('.');
        if (dot <= 0 || !isSame(token, sign(token.substring(0, dot)))) {
            decision.refuse(REFUSAL);
            return;
        }
        // The decision may be made on any thread. It must be made in any case, or the request waits for its timeout.
        directory.apply(token.substring(0, dot)).whenComplete((caller, failure) -> {
            if (caller != null) {
                decision.accept(caller);
            } else {
                decision.refuse(failure == null ? REFUSAL
                        : "authorization: the directory failed (expected: an answer)");
            }
        });
    }

    /**
     * Returns the token of a caller.
     *
     * @param name the name of the caller
     * @return the token
     */
    public String sign(String name) {
        try {
            Mac mac = Mac.getInstance(secret.getAlgorithm());
            mac.init(secret);
            return name + '.' + Base64.getUrlEncoder().withoutPadding()
                    .encodeToString(mac.doFinal(name.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("HmacSHA256: missing (expected: part of every Java platform)", e);
        }
    }

    private static boolean isSame(String token, String expected) {
        return MessageDigest.isEqual(token.getBytes(StandardCharsets.UTF_8), expected.getBytes(StandardCharsets.UTF_8));
    }
}
