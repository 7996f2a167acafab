// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

import dev.sluice.protocol.event.Usage;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;

/**
 * The prices of the tokens of some models. There is no built-in list, because prices change.
 *
 * @param model       the model that served, or a pattern in which {@code *} matches any run of characters
 * @param tier        the service tier that served; null for any
 * @param input       US dollars for a million input tokens that were not cached; at least 0
 * @param cachedInput US dollars for a million cached input tokens; at least 0
 * @param output      US dollars for a million output tokens; at least 0
 */
public record PriceConfig(String model, String tier, BigDecimal input, BigDecimal cachedInput, BigDecimal output) {
    private static final BigDecimal MAX = BigDecimal.valueOf(1_000_000);
    private static final int MAX_SCALE = 6;

    public PriceConfig {
        Checks.text("price model", model);
        if (tier != null) {
            Checks.text("price tier", tier);
        }
        check("input", input);
        check("cached_input", cachedInput);
        check("output", output);
    }

    private static void check(String name, BigDecimal price) {
        if (price == null || price.signum() < 0 || price.compareTo(MAX) > 0
                || price.stripTrailingZeros().scale() > MAX_SCALE) {
            throw new ConfigException(name, name + ": " + price + " (expected: US dollars for a million tokens, 0 to "
                    + MAX + " with at most " + MAX_SCALE + " decimals)");
        }
    }

    /**
     * Returns the cost of a response, rounded half up to a millionth of a dollar. A price of one dollar for a million
     * tokens is a millionth of a dollar for each.
     *
     * @param usage the token counts
     * @return millionths of a US dollar
     */
    public long microDollars(Usage usage) {
        long cached = Math.min(usage.cachedTokens(), usage.inputTokens());
        BigDecimal cost = times(input, usage.inputTokens() - cached).add(times(cachedInput, cached))
                .add(times(output, usage.outputTokens()));
        BigInteger rounded = cost.setScale(0, RoundingMode.HALF_UP).toBigInteger();
        return rounded.bitLength() < Long.SIZE ? rounded.longValue() : Long.MAX_VALUE;
    }

    private static BigDecimal times(BigDecimal price, long tokens) {
        return price.multiply(BigDecimal.valueOf(tokens));
    }
}
