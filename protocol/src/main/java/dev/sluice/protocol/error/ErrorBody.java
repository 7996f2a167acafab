// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.error;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * A writer of the OpenAI error object, {@code {"error":{"message","type","code","param"}}}. All four members are always
 * present.
 */
public final class ErrorBody {
    private static final JsonFactory JSON = new JsonFactory();

    private ErrorBody() {
    }

    /**
     * Writes the body of the response to a refused request.
     *
     * @param refusal the refusal; its message goes on the wire unchanged
     * @return the body, in UTF-8
     */
    public static byte[] of(RelayException refusal) {
        return of(refusal.code(), refusal.getMessage(), refusal.param());
    }

    /**
     * Writes an error body.
     *
     * @param code    the condition, which determines {@code type} and {@code code}
     * @param message one sentence for the caller
     * @param param   the dotted path of the field at fault, or null for the request as a whole
     * @return the body, in UTF-8
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
            throw new UncheckedIOException(e); // cannot happen, because the target is memory
        }
        return out.toByteArray();
    }
}
