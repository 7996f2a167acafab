// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import java.lang.reflect.Proxy;

/**
 * Handlers for the signals of the process. The JDK offers them only in {@code sun.misc}. That package is there to stay
 * (module jdk.unsupported), but compilers warn about it, so it is called by reflection.
 */
final class Signals {
    private Signals() {
    }

    /**
     * Runs an action on each occurrence of a signal, on a new thread each time, in place of the JVM's own action.
     *
     * @param name   the name without SIG, such as HUP
     * @param action the action, which may block
     * @return whether the handler is installed; false if the system does not have the signal or the JVM reserves it
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
        } catch (ReflectiveOperationException unavailable) { // also if the signal is unknown or reserved (-Xrs)
            return false;
        }
    }
}
