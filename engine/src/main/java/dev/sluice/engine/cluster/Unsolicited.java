// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.cluster;

/** The stages of distrust in an endpoint that sends bytes that belong to no response. */
public enum Unsolicited {
    /** It did so for the first time within a minute. */
    FIRST,
    /** It did so again within a minute: from now on its connections are not reused. */
    REPEATED,
    /** Its connections were not reused already. */
    KNOWN
}
