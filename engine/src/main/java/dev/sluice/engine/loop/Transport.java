// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.loop;

import dev.sluice.engine.config.TransportConfig;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.AbstractNioChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.Socket;
import io.netty.channel.unix.UnixChannel;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringDatagramChannel;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerSocketChannel;
import io.netty.channel.uring.IoUringSocketChannel;
import io.netty.util.Version;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.Map;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A system interface for sockets, with the socket classes and event loops that belong together. */
public enum Transport {
    /** Linux epoll. */
    EPOLL(EpollSocketChannel.class, EpollSocketChannel::new, EpollServerSocketChannel.class,
            EpollDatagramChannel.class),
    /** Linux io_uring. */
    IO_URING(IoUringSocketChannel.class, IoUringSocketChannel::new, IoUringServerSocketChannel.class,
            IoUringDatagramChannel.class),
    /** The JDK's selector. */
    NIO(NioSocketChannel.class, NioSocketChannel::new, NioServerSocketChannel.class, NioDatagramChannel.class);

    /** The result of {@link #takeWaiting} if the peer has closed or reset the connection. */
    public static final int ENDED = -1;
    private static final Logger LOG = LoggerFactory.getLogger(Transport.class);

    private final Class<? extends Channel> socketType;
    private final Supplier<? extends Channel> newSocket;
    private final Class<? extends ServerChannel> serverSocketType;
    private final Class<? extends DatagramChannel> datagramType;

    Transport(Class<? extends Channel> socketType, Supplier<? extends Channel> newSocket,
            Class<? extends ServerChannel> serverSocketType, Class<? extends DatagramChannel> datagramType) {
        this.socketType = socketType;
        this.newSocket = newSocket;
        this.serverSocketType = serverSocketType;
        this.datagramType = datagramType;
    }

    /**
     * Chooses a transport, and logs why it is not the first choice.
     *
     * @throws IllegalStateException if {@code kind} names a transport that is not available
     */
    public static Transport choose(TransportConfig.Kind kind) {
        return switch (kind) {
            case NIO -> NIO;
            case EPOLL -> require(EPOLL);
            case IO_URING -> require(IO_URING);
            case AUTO -> auto();
        };
    }

    private static Transport auto() {
        String problem = EPOLL.problem();
        if (problem == null) {
            return EPOLL;
        }
        LOG.info("transport: epoll cannot be used, {}", problem);
        return NIO;
    }

    private static Transport require(Transport wanted) {
        String problem = wanted.problem();
        if (problem != null) {
            throw new IllegalStateException("transport: " + wanted + " cannot be used, " + problem
                    + " (expected: its native library, or transport auto)");
        }
        return wanted;
    }

    /** Returns the reason why this transport is not available, or null if it is. */
    private String problem() {
        if (this == NIO) {
            return null;
        }
        if (this == IO_URING) {
            // With a multishot poll, Netty 4.2.18 does not notice a reset that follows data at once, and the exchange
            // would wait for its idle timeout. Netty reads this property before its first use of io_uring.
            System.getProperties().putIfAbsent("io.netty.iouring.pollAddMultishotEnabled", "false");
        }
        Throwable cause = this == EPOLL ? Epoll.unavailabilityCause() : IoUring.unavailabilityCause();
        if (cause != null) {
            Throwable root = cause;
            while (root.getCause() != null) {
                root = root.getCause();
            }
            return root.toString();
        }
        return versionMismatch(this == EPOLL ? "epoll" : "io_uring", Version.identify());
    }

    /**
     * Returns a message if a native library and its classes have different versions, otherwise null. Such a library
     * loads, but fails at the first refused connection.
     */
    static String versionMismatch(String name, Map<String, Version> versions) {
        Version classes = versions.get("netty-transport-classes-" + name);
        Version natives = versions.get("netty-transport-native-" + name);
        if (classes == null || natives == null || classes.artifactVersion().equals(natives.artifactVersion())) {
            return null; // a repackaged jar may lack its version file, so there is nothing to compare
        }
        return "its native library is " + natives.artifactVersion() + ", its classes are " + classes.artifactVersion();
    }

    /** Returns the transport of a given event loop. */
    public static Transport of(EventLoop loop) {
        if (loop instanceof IoEventLoopGroup group) {
            if (group.isIoType(EpollIoHandler.class)) {
                return EPOLL;
            }
            if (group.isIoType(NioIoHandler.class)) {
                return NIO;
            }
            if (group.isIoType(IoUringIoHandler.class)) {
                return IO_URING;
            }
        }
        throw new IllegalArgumentException("event loop: " + loop.getClass().getName()
                + " (expected: one of Netty's epoll, io_uring or NIO loops)");
    }

    /** Creates a group of {@code threads} event loops whose threads are named {@code name-1} and so on. */
    public EventLoopGroup newGroup(int threads, String name, boolean spin) {
        return new MultiThreadIoEventLoopGroup(threads, new NamedThreads(name), newHandlerFactory(spin));
    }

    private IoHandlerFactory newHandlerFactory(boolean spin) {
        return switch (this) {
            case EPOLL -> spin ? EpollIoHandler.newFactory(0, () -> (supplier, hasTasks) -> hasTasks
                    ? supplier.get() : io.netty.channel.SelectStrategy.BUSY_WAIT) : EpollIoHandler.newFactory();
            case IO_URING -> IoUringIoHandler.newFactory();
            case NIO -> spin ? NioIoHandler.newFactory(SelectorProvider.provider(),
                    () -> (supplier, hasTasks) -> supplier.get()) : NioIoHandler.newFactory();
        };
    }

    /** {@return the class of stream sockets} */
    public Class<? extends Channel> socketType() {
        return socketType;
    }

    /** {@return a new stream socket} */
    public Channel newSocket() {
        return newSocket.get();
    }

    /** {@return the class of listening sockets} */
    public Class<? extends ServerChannel> serverSocketType() {
        return serverSocketType;
    }

    /**
     * Creates a channel for an inherited listening socket.
     *
     * @param fd the file descriptor
     * @throws IllegalArgumentException if this transport is not epoll
     */
    public ServerChannel inheritedServerSocket(int fd) {
        if (this != EPOLL) {
            throw new IllegalArgumentException("transport: " + this + " cannot take over a listening socket (expected:"
                    + " epoll)");
        }
        return new EpollServerSocketChannel(fd);
    }

    /**
     * {@return whether an outstanding read of a channel takes bytes out of its socket before the loop handles them, so
     * that {@link #takeWaiting} cannot find them; true with io_uring}
     */
    public static boolean readsAhead(Channel channel) {
        return channel instanceof IoUringSocketChannel;
    }

    /**
     * Asks the kernel what waits on a socket at this moment, whether or not its event loop has been told. The bytes
     * that are found are taken from the socket, so its connection must be closed then.
     *
     * @param channel a socket of this transport, from which no read is in progress
     * @param scratch a direct buffer of the calling thread, of at least one byte; its content is lost
     * @return the number of bytes that were taken; 0 if nothing waits; {@link #ENDED} if the peer has closed or reset
     *         the connection
     */
    public static int takeWaiting(Channel channel, ByteBuffer scratch) {
        scratch.clear();
        try {
            if (channel instanceof UnixChannel socket) {
                return socket.fd().read(scratch, 0, scratch.capacity());
            }
            if (channel.unsafe() instanceof AbstractNioChannel.NioUnsafe unsafe
                    && unsafe.ch() instanceof SocketChannel socket) {
                return socket.read(scratch);
            }
            return 0; // a channel in memory, from which nothing can wait
        } catch (IOException gone) { // a reset, or the file descriptor is closed
            return ENDED;
        }
    }

    /**
     * Sends bytes on a socket at once, without the way through Netty's outbound buffer, if that changes nothing else:
     * the transport is epoll, no other handler sees what {@code ctx} writes, and no bytes wait before these.
     *
     * @param ctx   the context of the handler that writes; the caller is on its loop
     * @param bytes borrowed; those that were sent are skipped
     * @return whether all bytes were sent. If not, the rest must be written to {@code ctx}: the socket is full, or
     *         broken, which Netty then reports
     */
    static boolean sendNow(ChannelHandlerContext ctx, ByteBuf bytes) {
        if (!(ctx.channel() instanceof EpollSocketChannel channel) || ctx.pipeline().firstContext() != ctx
                || !bytes.hasMemoryAddress()) {
            return false;
        }
        ChannelOutboundBuffer queued = channel.unsafe().outboundBuffer();
        if (queued == null || queued.totalPendingWriteBytes() > 0 || !channel.isActive()) {
            return false;
        }
        try {
            int sent = ((Socket) channel.fd()).sendAddress(bytes.memoryAddress(), bytes.readerIndex(),
                    bytes.writerIndex());
            bytes.skipBytes(Math.max(0, sent));
            return !bytes.isReadable();
        } catch (IOException broken) { // Netty meets an error too when it writes the rest, and closes the channel
            return false;
        }
    }

    /** {@return the class of datagram sockets} */
    public Class<? extends DatagramChannel> datagramType() {
        return datagramType;
    }

    private static final class NamedThreads extends DefaultThreadFactory {
        private final String name;
        private int count;

        NamedThreads(String name) {
            super(name, false);
            this.name = name;
        }

        @Override
        protected synchronized Thread newThread(Runnable r, String ignored) {
            return super.newThread(r, name + '-' + ++count);
        }
    }
}
