// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

/**
 * A budget of a key, of a group or of a route. Requests are refused once it is spent, until its window ends.
 *
 * @param window       the time over which it is counted
 * @param microDollars the amount in millionths of a US dollar; 0 for none
 * @param tokens       the number of input and output tokens; 0 for none
 */
public record BudgetConfig(BudgetWindow window, long microDollars, long tokens) {
    public BudgetConfig {
        Checks.present("window", window);
        Checks.atLeast("usd", microDollars, 0);
        Checks.atLeast("tokens", tokens, 0);
        if (microDollars == 0 == (tokens == 0)) {
            throw new ConfigException("usd", "budget: " + (tokens == 0 ? "neither usd nor tokens" : "usd and tokens")
                    + " (expected: one of them, above 0)");
        }
    }
}
