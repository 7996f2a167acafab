// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.error;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Writes the OpenAI error object, {@code {"error":{"message","type","code","param"}}}, all four members always there.
 */
public final class ErrorBody {
    private static final JsonFactory JSON = new JsonFactory();

    private ErrorBody() {
    }

    /**
     * Returns the body that answers {@code refusal}, in UTF-8.
     *
     * @param refusal the refusal; its message goes on the wire as it is
     */
    public static byte[] of(RelayException refusal) {
        return of(refusal.code(), refusal.getMessage(), refusal.param());
    }

    /**
     * Returns an error body, in UTF-8.
     *
     * @param code    gives {@code type} and {@code code}
     * @param message one sentence for the caller
     * @param param   the dotted path of the field at fault, or null
     */
    public static byte[] of(ErrorCode code, String message, String param) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(256);
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            json.writeObjectFieldStart("error");
            json.writeStringField("message", message);
            json.writeStringField("type", code.type());
            json.writeStringField("code", code.code());
            json.writeStringField("param", param);
            json.writeEndObject();
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // cannot happen: the target is memory
        }
        return out.toByteArray();
    }
}
