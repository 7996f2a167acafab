// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * {@code sluice load}: a load generator that runs streams at a fixed rate or in a fixed number. It times each event
 * from the mock's own stamp and compares each answer with the bytes that the mock sent. It works with any relay in
 * front of {@code sluice mock}.
 */
package dev.sluice.tools.load;
