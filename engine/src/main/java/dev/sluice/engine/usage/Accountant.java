// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.usage;

import dev.sluice.engine.event.ResponseRelay;
import dev.sluice.engine.plan.Plan;
import dev.sluice.engine.spi.Principal;
import dev.sluice.engine.spi.UsageRecord;
import dev.sluice.engine.spi.UsageSink;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells a {@link UsageSink} what an exchange used. A sink that throws costs a log line and nothing else. */
public final class Accountant {
    private static final Logger LOG = LoggerFactory.getLogger(Accountant.class);

    private final UsageSink sink;

    /** Creates an accountant; {@code sink} may be null for nobody. */
    public Accountant(UsageSink sink) {
        this.sink = sink;
    }

    /**
     * Accounts for one exchange that reached an upstream.
     *
     * @param body       what was relayed; null where no response came
     * @param isComplete whether the response came to an end of its own
     */
    public void account(String exchangeId, Principal principal, Plan plan, ResponseRelay body, boolean isComplete) {
        if (sink == null) {
            return;
        }
        try {
            sink.record(new UsageRecord(exchangeId, principal.name(), plan.route().cluster(), plan.model(),
                    plan.upstreamModel(), body == null ? null : body.responseId(), body == null ? null : body.usage(),
                    isComplete));
        } catch (RuntimeException e) {
            LOG.error("usage of exchange {} was not recorded: the sink failed", exchangeId, e);
        }
    }
}
