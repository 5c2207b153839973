# SPDX-License-Identifier: GPL-2.0-only
"""Addresses of servers: looked up by name, kept while name servers are dead."""
import asyncio
import socket
import threading
import unittest
from concurrent.futures import ThreadPoolExecutor
from unittest import mock

from usbip_fleet import net


class Names(unittest.TestCase):
    def setUp(self):
        self.asked = []
        self.answer = threading.Event()
        self.addCleanup(self.answer.set)
        self.port = 1  # where nobody is

        def getaddrinfo(host, port, *_, **__):
            self.asked.append(host)
            self.answer.wait(10)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", self.port))]
        for patch in (mock.patch.object(net.socket, "getaddrinfo", getaddrinfo),
                      mock.patch.object(net, "ANSWER", 0.1)):
            patch.start()
            self.addCleanup(patch.stop)

    def play(self, coroutine):
        asyncio.run(asyncio.wait_for(coroutine(), 20))

    async def fails(self, host, words):
        with self.assertRaisesRegex(net.NetError, words):
            (await host.connect()).close()

    def test_one_look_up_at_a_time(self):
        async def story():
            host = net.Host("pi.lab", 3240)
            for _ in range(3):
                await self.fails(host, "no name server knows it in time")
            self.assertEqual(self.asked, ["pi.lab"])
            self.answer.set()
            await asyncio.sleep(0.1)
            await self.fails(host, "refused")
        self.play(story)

    def test_an_address_is_kept_until_there_is_another(self):
        async def story():
            self.answer.set()
            host = net.Host("pi.lab", 3240)
            await self.fails(host, "refused")
            await asyncio.sleep(0.1)
            self.answer.clear()
            await self.fails(host, "refused")
            server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
            self.port = server.sockets[0].getsockname()[1]
            await self.fails(host, "refused")
            self.answer.set()
            await asyncio.sleep(0.1)
            (await host.connect()).close()
            server.close()
        self.play(story)

    def test_they_take_no_thread_that_a_device_needs(self):
        async def story():
            loop = asyncio.get_running_loop()
            loop.set_default_executor(ThreadPoolExecutor(max_workers=1))
            lookup = asyncio.ensure_future(net.Host("pi.lab", 3240).connect())
            await asyncio.sleep(0.05)
            await asyncio.wait_for(loop.run_in_executor(None, lambda: None), 1)
            await asyncio.wait([lookup])
            self.assertIsInstance(lookup.exception(), net.NetError)
        self.play(story)

    def test_an_address_is_not_looked_up(self):
        async def story():
            for address in ("127.0.0.1", "::1"):
                await self.fails(net.Host(address, 1), "")
            self.assertEqual(self.asked, [])
        self.play(story)


class Strange(unittest.TestCase):
    def test_what_is_no_name(self):
        for name in ("pi..lab", ".pi", "x" * 64):
            with self.subTest(name):
                with self.assertRaisesRegex(net.NetError, "is no name"):
                    asyncio.run(net.Host(name, 3240).connect())

    def test_without_a_file_left(self):
        async def story():
            with mock.patch.object(net.socket, "socket", side_effect=OSError(24, "Too many files")):
                with self.assertRaisesRegex(net.NetError, "Too many files"):
                    await net.Host("127.0.0.1", 1).connect()
        asyncio.run(story())


if __name__ == "__main__":
    unittest.main()
