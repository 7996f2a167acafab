// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * {@code sluice load}: many streams at a fixed rate or number, each event timed from the mock's own stamp, each answer
 * compared with what the mock has sent. Aims at any relay in front of {@code sluice mock}.
 */
package dev.sluice.tools.load;
