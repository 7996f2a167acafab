// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import dev.sluice.engine.admission.Admission;
import dev.sluice.engine.plan.ApiOperation;
import dev.sluice.engine.request.AttemptRunner;
import dev.sluice.engine.request.RequestPath;
import dev.sluice.engine.spi.Authenticator;
import dev.sluice.engine.spi.Principal;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Stages 3 and 4 of an exchange: identify the caller and admit the request; then the request's path begins. */
final class ExchangeEntry implements Authenticator.Decision, Admission.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(ExchangeEntry.class);

    private final ExchangeContext exchange;
    private final ExchangeEnding ending;
    private final RequestPath.Listener requestListener;
    private final AttemptRunner.Listener attemptListener;
    private final boolean isWithinLimit;
    private ApiOperation operation;

    /**
     * @param isWithinLimit whether the relay has room for an exchange whose caller is not known yet
     */
    ExchangeEntry(ExchangeContext exchange, ExchangeEnding ending, RequestPath.Listener requestListener,
            AttemptRunner.Listener attemptListener, boolean isWithinLimit) {
        this.exchange = exchange;
        this.ending = ending;
        this.requestListener = requestListener;
        this.attemptListener = attemptListener;
        this.isWithinLimit = isWithinLimit;
    }

    void start() {
        ActiveConfig config = exchange.services.config();
        try {
            operation = config.operations().of(exchange.request);
            Upgrade.check(exchange, operation);
            config.authenticator().authenticate(exchange.request, this);
        } catch (RelayException refusal) {
            ending.refuse(refusal);
        } catch (RuntimeException e) {
            LOG.error("exchange {}: the authenticator failed", exchange.id, e);
            ending.refuse(RelayException.of(ErrorCode.RELAY_INTERNAL, "The relay could not identify the caller"));
        }
    }

    /** Called by the authenticator, on any thread; only its first decision counts. */
    @Override
    public void accept(Principal caller) {
        exchange.services.onLoop(() -> onIdentified(caller));
    }

    /** Called by the authenticator, on any thread. */
    @Override
    public void refuse(String reason) {
        exchange.services.onLoop(() -> {
            if (exchange.life.state() == ExchangeState.AUTHENTICATING) {
                ending.refuse(RelayException.of(ErrorCode.DOWNSTREAM_KEY_INVALID,
                        reason == null ? "authorization: refused (expected: credentials of this relay)" : reason));
            }
        });
    }

    private void onIdentified(Principal caller) {
        if (exchange.life.state() != ExchangeState.AUTHENTICATING) {
            return; // the downstream left in the meantime
        }
        exchange.principal = caller;
        exchange.life.moveTo(ExchangeState.ADMITTING);
        try {
            if (exchange.services.relay().life().isRefusing()) {
                throw RelayException.of(ErrorCode.RELAY_DRAINING, "The relay is stopping");
            }
            if (!isWithinLimit) {
                throw RelayException.of(ErrorCode.RELAY_OVERLOADED,
                        "The relay has reached its limit of requests in flight");
            }
            switch (operation.kind()) {
                case MODELS, MODEL -> exchange.services.answerModels(operation, caller, exchange.request.query(),
                        ending::answer, ending::refuse);
                case WEBSOCKET -> new Upgrade(exchange, operation, ending).accept();
                default -> {
                    exchange.admission = exchange.services.newAdmission(caller, this);
                    exchange.admission.enterRelay(this::onAdmitted);
                }
            }
        } catch (RelayException refusal) {
            ending.refuse(refusal);
        }
    }

    private void onAdmitted() {
        try {
            exchange.life.moveTo(ExchangeState.PLANNING);
            exchange.requestPath = new RequestPath(new RequestPath.Call(exchange.request,
                    operation, exchange.principal, exchange.message), exchange.id,
                    exchange.services.request(), exchange.source, exchange.admission, requestListener,
                    attemptListener);
            exchange.requestPath.start();
        } catch (RelayException refusal) {
            ending.refuse(refusal);
        }
    }

    @Override
    public void onRefused(RelayException refusal) {
        ending.refuse(refusal);
    }
}
