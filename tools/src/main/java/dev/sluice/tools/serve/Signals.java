// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import java.lang.reflect.Proxy;

/**
 * The process's signals. The JDK has them in {@code sun.misc} only, which is there to stay (jdk.unsupported) and which
 * compilers warn of: that is why it is called by reflection.
 */
final class Signals {
    private Signals() {
    }

    /**
     * Runs something whenever a signal comes, instead of what the JVM does, on a thread of its own each time.
     *
     * @param name without SIG, such as HUP
     * @return whether this system has the signal and leaves it to us
     */
    static boolean on(String name, Runnable action) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object proxy = Proxy.newProxyInstance(Signals.class.getClassLoader(), new Class<?>[] {handler},
                    (self, method, arguments) -> {
                        if (method.getName().equals("handle")) {
                            action.run();
                            return null;
                        }
                        return method.getName().equals("equals") ? self == arguments[0]
                                : method.getName().equals("hashCode") ? name.hashCode() : "on " + name;
                    });
            signal.getMethod("handle", signal, handler).invoke(null, signal.getConstructor(String.class)
                    .newInstance(name), proxy);
            return true;
        } catch (ReflectiveOperationException unavailable) { // also where the signal is unknown or taken (-Xrs)
            return false;
        }
    }
}
