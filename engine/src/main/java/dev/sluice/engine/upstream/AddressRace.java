// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.upstream;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.net.ConnectException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A race of connects to the addresses of one host (RFC 8305, "happy eyeballs"). It starts with the first address and
 * adds the next one whenever a connect fails or has not succeeded within 250 ms; address families alternate. The first
 * connection wins and the others are closed.
 *
 * <p><b>Threading:</b> confined to its loop.
 */
final class AddressRace {
    /** The delay that RFC 8305 section 8 recommends. */
    private static final long DELAY_MILLIS = 250;
    /** The number of addresses that are tried; further ones are ignored. */
    private static final int MAX_ADDRESSES = 8;

    private final EventLoop loop;
    private final Bootstrap bootstrap;
    private final Result result;
    private final Iterator<InetSocketAddress> addresses;
    private int running;
    private boolean isOver;
    private Future<?> timer;
    private Throwable failure = new ConnectException("no address");

    private AddressRace(EventLoop loop, Bootstrap bootstrap, List<InetSocketAddress> addresses, Result result) {
        this.loop = loop;
        this.bootstrap = bootstrap;
        this.result = result;
        this.addresses = byTurns(addresses).iterator();
    }

    /** The receiver of the outcome, called on the loop. */
    interface Result {
        /** Receives the established connection; nothing has been read from it. */
        void onConnected(Channel channel);

        /** Reports that no connection could be made, with the last failure. */
        void onFailed(Throwable cause);
    }

    /**
     * Starts a race.
     *
     * @param bootstrap uses the loop as its group
     * @param addresses the resolved addresses, in order of preference
     */
    static void run(EventLoop loop, Bootstrap bootstrap, List<InetSocketAddress> addresses, Result result) {
        new AddressRace(loop, bootstrap, addresses, result).next();
    }

    /** Returns the addresses with alternating families, starting with the family of the first one. */
    static List<InetSocketAddress> byTurns(List<InetSocketAddress> addresses) {
        if (addresses.size() < 2) {
            return addresses;
        }
        boolean isFirst6 = addresses.get(0).getAddress() instanceof Inet6Address;
        Iterator<InetSocketAddress> same = addresses.stream()
                .filter(each -> each.getAddress() instanceof Inet6Address == isFirst6).iterator();
        Iterator<InetSocketAddress> other = addresses.stream()
                .filter(each -> each.getAddress() instanceof Inet6Address != isFirst6).iterator();
        List<InetSocketAddress> mixed = new ArrayList<>();
        while (mixed.size() < MAX_ADDRESSES && (same.hasNext() || other.hasNext())) {
            if (same.hasNext()) {
                mixed.add(same.next());
            }
            if (other.hasNext() && mixed.size() < MAX_ADDRESSES) {
                mixed.add(other.next());
            }
        }
        return mixed;
    }

    private void next() {
        stopTimer();
        if (isOver) {
            return;
        }
        if (!addresses.hasNext()) {
            if (running == 0) {
                isOver = true;
                result.onFailed(failure);
            }
            return;
        }
        running++;
        ChannelFuture connecting = bootstrap.clone().connect(addresses.next());
        connecting.addListener(done -> onLoop(() -> onOutcome(connecting)));
        if (!isOver && addresses.hasNext()) {
            timer = loop.schedule(this::next, DELAY_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    /**
     * Runs an outcome on the loop. If no socket could be created (no file descriptor left), Netty reports that on
     * another thread.
     */
    private void onLoop(Runnable outcome) {
        if (loop.inEventLoop()) {
            outcome.run();
        } else {
            loop.execute(outcome);
        }
    }

    private void onOutcome(ChannelFuture connecting) {
        running--;
        if (isOver) {
            connecting.channel().close(); // another was faster
        } else if (connecting.isSuccess()) {
            isOver = true;
            stopTimer();
            result.onConnected(connecting.channel());
        } else {
            failure = connecting.cause();
            next();
        }
    }

    private void stopTimer() {
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }
}
