// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.plan;

/**
 * A model in a list of models.
 *
 * @param id        the name
 * @param createdAt the creation time in seconds since 1970
 * @param owner     the owner that the list names
 */
public record ListedModel(String id, long createdAt, String owner) {
}
