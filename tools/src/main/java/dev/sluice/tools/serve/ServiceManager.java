// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import dev.sluice.engine.config.RelayConfig;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDomainDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The interface to systemd, or to another service manager with the same protocols. It reports the state of this process
 * (sd_notify(3), {@code NOTIFY_SOCKET}) and takes over listening sockets (sd_listen_fds(3), {@code LISTEN_FDS}).
 */
final class ServiceManager {
    private static final Logger LOG = LoggerFactory.getLogger(ServiceManager.class);
    private static final int FIRST_FD = 3;
    private static final int MAX_FDS = 64;
    private static final int O_NONBLOCK = 04000;
    /** Columns of /proc/net/tcp, and its value for the state of a listening socket. */
    private static final int STATE = 3;
    private static final int INODE = 9;
    private static final String LISTEN = "0A";

    private final Function<String, String> environment;

    ServiceManager(Function<String, String> environment) {
        this.environment = environment;
    }

    /**
     * Returns a configuration whose first listeners use the inherited sockets, in their order, or the same
     * configuration if this process inherited none.
     *
     * @throws SettingException if the sockets cannot be used
     */
    RelayConfig withInheritedSockets(RelayConfig config) {
        String count = environment.apply("LISTEN_FDS");
        if (count == null || !Long.toString(ProcessHandle.current().pid()).equals(environment.apply("LISTEN_PID"))) {
            return config;
        }
        int sockets = count.matches("\\d{1,2}") ? Integer.parseInt(count) : -1;
        if (sockets < 0 || sockets > Math.min(MAX_FDS, config.listeners().size())) {
            throw new SettingException("LISTEN_FDS", count + " sockets for " + config.listeners().size()
                    + " listeners (expected: no more sockets than listeners)");
        }
        RelayConfig adopted = config;
        for (int i = 0; i < sockets; i++) {
            checkNonBlocking(FIRST_FD + i);
            checkListening(FIRST_FD + i);
            adopted = adopted.withListener(i, adopted.listeners().get(i).withFd(FIRST_FD + i));
        }
        return adopted;
    }

    /**
     * Checks that a socket does not block. Two processes may accept from the same socket, and the slower one must not
     * block until the next connection arrives.
     */
    private static void checkNonBlocking(int fd) {
        String info;
        try {
            info = Files.readString(Path.of("/proc/self/fdinfo/" + fd));
        } catch (IOException e) {
            throw new SettingException("LISTEN_FDS", "no file descriptor " + fd + " (expected: a listening socket)");
        }
        String flags = info.replaceFirst("(?s).*flags:\\s*([0-7]+).*", "$1");
        if ((Integer.parseInt(flags, 8) & O_NONBLOCK) == 0) {
            throw new SettingException("LISTEN_FDS", "socket " + fd
                    + " is blocking (expected: non-blocking, in systemd NonBlocking=true in the service)");
        }
    }

    /**
     * Checks that a socket listens. The kernel's tables list the sockets of this network namespace only; a socket from
     * another namespace is accepted.
     */
    private static void checkListening(int fd) {
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + fd)).toString();
            String inode = target.replaceAll("\\D", "");
            boolean isOther = !target.startsWith("socket:");
            for (String table : new String[] {"/proc/net/tcp", "/proc/net/tcp6"}) {
                for (String line : Files.isReadable(Path.of(table)) ? Files.readAllLines(Path.of(table))
                        : List.<String>of()) {
                    String[] fields = line.trim().split("\\s+");
                    isOther |= fields.length > INODE && fields[INODE].equals(inode) && !fields[STATE].equals(LISTEN);
                }
            }
            if (isOther) {
                throw new SettingException("LISTEN_FDS", "file descriptor " + fd
                        + " is not a listening socket (expected: ListenStream= with an address in the socket unit)");
            }
        } catch (IOException e) {
            LOG.debug("file descriptor {} not checked", fd, e); // its use will fail if it is not a listening socket
        }
    }

    /** Reports that the relay serves. */
    void ready() {
        tell("READY=1\nSTATUS=serving");
    }

    /** Reports the start of a reload. A call of {@link #ready} must follow. */
    void reloading() {
        tell("RELOADING=1\nMONOTONIC_USEC=" + TimeUnit.NANOSECONDS.toMicros(System.nanoTime()));
    }

    /** Reports that the relay drains and then stops. */
    void stopping() {
        tell("STOPPING=1\nSTATUS=draining");
    }

    private void tell(String state) {
        String path = environment.apply("NOTIFY_SOCKET");
        if (path == null || path.isEmpty()) {
            return;
        }
        if (!Epoll.isAvailable()) {
            LOG.warn("NOTIFY_SOCKET: state not sent, {} (expected: epoll's native library)",
                    Epoll.unavailabilityCause().toString());
            return;
        }
        EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        try {
            // An at sign denotes the abstract namespace, whose names begin with a zero byte.
            String address = path.startsWith("@") ? '\0' + path.substring(1) : path;
            ChannelFuture told = new Bootstrap().group(loop).channel(EpollDomainDatagramChannel.class)
                    .handler(new ChannelInboundHandlerAdapter()).connect(new DomainSocketAddress(address)).await();
            if (told.isSuccess()) {
                told = told.channel().writeAndFlush(ByteBufUtil.writeUtf8(told.channel().alloc(), state)).await();
            }
            if (!told.isSuccess()) {
                LOG.warn("NOTIFY_SOCKET: state not sent: {}", told.cause().toString());
            }
            told.channel().close().sync();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            LOG.warn("NOTIFY_SOCKET: state not sent: {}", e.toString()); // the relay works without it
        } finally {
            loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
    }
}
