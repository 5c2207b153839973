// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two connected sockets in one process, of several types; writing one into sysfs.
 * May call libc only.
 * Called by attach.c, peer-link.c and attach-raw.c.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pair.h"

#ifndef SOL_TLS
#define SOL_TLS 282
#endif

static int inet_pair(int type, int fd[2])
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	socklen_t len = sizeof(addr);
	int listener = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	int one = 1;

	fd[0] = -1;
	fd[1] = -1;
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (listener < 0 ||
	    bind(listener, (struct sockaddr *)&addr, sizeof(addr)) ||
	    getsockname(listener, (struct sockaddr *)&addr, &len))
		goto fail;
	if (type == SOCK_STREAM && listen(listener, 1))
		goto fail;
	fd[1] = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	if (fd[1] < 0 || connect(fd[1], (struct sockaddr *)&addr, sizeof(addr)))
		goto fail;
	if (type == SOCK_DGRAM) {
		fd[0] = listener;
		return 0;
	}
	fd[0] = accept(listener, NULL, NULL);
	if (fd[0] < 0)
		goto fail;
	close(listener);
	setsockopt(fd[0], IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(fd[1], IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return 0;

fail:
	if (listener >= 0)
		close(listener);
	if (fd[1] >= 0)
		close(fd[1]);
	return -1;
}

int put_tls(int fd)
{
	const struct tls12_crypto_info_aes_gcm_128 info = {
		.info = {
			.version = TLS_1_2_VERSION,
			.cipher_type = TLS_CIPHER_AES_GCM_128,
		},
	};

	if (setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", sizeof("tls")) ||
	    setsockopt(fd, SOL_TLS, TLS_TX, &info, sizeof(info)) ||
	    setsockopt(fd, SOL_TLS, TLS_RX, &info, sizeof(info)))
		return -1;
	return 0;
}

static int tls_pair(int fd[2])
{
	int err;

	if (inet_pair(SOCK_STREAM, fd))
		return -1;
	if (put_tls(fd[0]) || put_tls(fd[1]))
		goto fail;
	return 0;

fail:
	err = errno;
	close(fd[0]);
	close(fd[1]);
	errno = err;
	return -1;
}

int pair_open(enum pair_type type, int fd[2])
{
	switch (type) {
	case PAIR_UNIX:
		return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd);
	case PAIR_SEQPACKET:
		return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd);
	case PAIR_TCP:
		return inet_pair(SOCK_STREAM, fd);
	case PAIR_TLS:
		return tls_pair(fd);
	case PAIR_DGRAM:
		return inet_pair(SOCK_DGRAM, fd);
	}
	errno = EINVAL;
	return -1;
}

int sysfs_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;
	int err;

	if (fd < 0)
		return errno;
	n = write(fd, text, strlen(text));
	err = n < 0 ? errno : 0;
	close(fd);
	return err;
}

const char *errno_name(int err)
{
	static const struct {
		int err;
		const char *name;
	} names[] = {
		{ EPERM, "EPERM" },
		{ ENOENT, "ENOENT" },
		{ EINTR, "EINTR" },
		{ EIO, "EIO" },
		{ ENXIO, "ENXIO" },
		{ E2BIG, "E2BIG" },
		{ EBADF, "EBADF" },
		{ EAGAIN, "EAGAIN" },
		{ ENOMEM, "ENOMEM" },
		{ EACCES, "EACCES" },
		{ EFAULT, "EFAULT" },
		{ EBUSY, "EBUSY" },
		{ EEXIST, "EEXIST" },
		{ ENODEV, "ENODEV" },
		{ EISDIR, "EISDIR" },
		{ EINVAL, "EINVAL" },
		{ EMFILE, "EMFILE" },
		{ ENOSPC, "ENOSPC" },
		{ EROFS, "EROFS" },
		{ EPIPE, "EPIPE" },
		{ ERANGE, "ERANGE" },
		{ EDOM, "EDOM" },
		{ EPROTO, "EPROTO" },
		{ EOVERFLOW, "EOVERFLOW" },
		{ ENOTSOCK, "ENOTSOCK" },
		{ EMSGSIZE, "EMSGSIZE" },
		{ EPROTOTYPE, "EPROTOTYPE" },
		{ EOPNOTSUPP, "EOPNOTSUPP" },
		{ EPROTONOSUPPORT, "EPROTONOSUPPORT" },
		{ ESOCKTNOSUPPORT, "ESOCKTNOSUPPORT" },
		{ ECONNRESET, "ECONNRESET" },
		{ ENOTCONN, "ENOTCONN" },
		{ ESHUTDOWN, "ESHUTDOWN" },
		{ ETIMEDOUT, "ETIMEDOUT" },
		{ EALREADY, "EALREADY" },
		{ ENOTTY, "ENOTTY" },
		{ EREMOTEIO, "EREMOTEIO" },
		{ ENOBUFS, "ENOBUFS" },
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].err == err)
			return names[i].name;
	return "E?";
}
