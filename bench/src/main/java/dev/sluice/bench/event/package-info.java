// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/** What observing an event stream costs. */
package dev.sluice.bench.event;
