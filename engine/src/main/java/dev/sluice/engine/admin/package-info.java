// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * The admin listener: pages for operators and monitoring, and the few changes that can be made while a relay runs.
 * {@link dev.sluice.engine.admin.AdminAccess} decides about each request,
 * {@link dev.sluice.engine.admin.AdminPages} has the pages, and {@link dev.sluice.engine.admin.LiveFeed} feeds the page
 * that shows the relay live. Everything here runs on a loop of its own, which relays nothing.
 */
package dev.sluice.engine.admin;
