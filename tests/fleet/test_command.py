# SPDX-License-Identifier: GPL-2.0-only
"""The command and the daemon as a person and systemd run them, on a sample root without a driver."""
import asyncio
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from unittest import mock

from usbip_fleet import control, daemon, notify

COMMAND = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../scripts/usbip-fleet")
BENCH = "[server pi]\nhost = 127.0.0.1\nport = 1\n[device scope]\nserver = pi\nbusid = 1-1\n"


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        os.makedirs(self.root + "/etc/usbip")
        self.write(BENCH)

    def write(self, text):
        with open(self.root + "/etc/usbip/fleet.conf", "w") as file:
            file.write(text)

    def run_it(self, *words):
        done = subprocess.run([sys.executable, "-B", COMMAND, "-r", self.root, *words],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        return done.returncode, done.stdout.decode(), done.stderr.decode()


class Command(Case):
    def test_check(self):
        self.assertEqual(self.run_it("check"), (0, "1 servers, 1 devices\n", ""))
        self.write(BENCH + "seriall = 1\nport = x\n")
        code, words, _ = self.run_it("check")
        self.assertEqual((code, [line[:25] for line in words.splitlines()]), (
            2, ["/etc/usbip/fleet.conf:7: ", "/etc/usbip/fleet.conf:8: "]))

    def test_without_a_daemon(self):
        for words in (["status"], ["up"], ["down", "scope"]):
            code, _, errors = self.run_it(*words)
            self.assertEqual(code, 3, words)
            self.assertIn("systemctl start usbip-fleet", errors)

    def test_wrong_words(self):
        for words in ([], ["nonsense"], ["status", "--jason"], ["up", "-w", "x"], ["list", "nobody"]):
            self.assertEqual(self.run_it(*words)[0], 2, words)

    def test_help_tells_exit_codes(self):
        for words in (["--help"], ["status", "--help"], ["logs", "--help"]):
            code, words, _ = self.run_it(*words)
            self.assertEqual(code, 0)
            self.assertIn("exit status:", words)

    def test_a_server_that_does_not_answer_is_listed_as_such(self):
        code, words, errors = self.run_it("list")
        self.assertEqual((code, words), (1, "SERVER  BUSID  ID  SPEED  DEVICE\n"))
        self.assertIn("server pi (127.0.0.1 port 1): Connection refused", errors)


class Daemon(Case):
    def setUp(self):
        super().setUp()
        self.notified = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.notified.close)
        self.notified.bind(self.root + "/notify")
        self.notified.settimeout(30)
        self.daemon = self.start()
        self.until_notified("READY=1")

    def start(self):
        daemon = subprocess.Popen(
            [sys.executable, "-B", COMMAND, "-r", self.root, "daemon"], stderr=subprocess.PIPE,
            env=dict(os.environ, NOTIFY_SOCKET=self.root + "/notify", WATCHDOG_USEC="1000000"))
        self.addCleanup(daemon.stderr.close)
        self.addCleanup(daemon.wait)
        self.addCleanup(daemon.kill)
        return daemon

    def until_notified(self, line):
        while line not in self.notified.recv(4096).decode().split("\n"):
            pass

    def end(self):
        self.daemon.send_signal(signal.SIGTERM)
        self.assertEqual(self.daemon.wait(30), 0)
        return self.daemon.stderr.read().decode()

    def test_status(self):
        code, words, _ = self.run_it("status")
        self.assertEqual(code, 0)
        self.assertRegex(words, "(?m)^scope +no driver +pi ")
        self.assertNotIn("\033", words)
        code, words, _ = self.run_it("status", "--json", "scope")
        self.assertEqual(json.loads(words)["devices"][0]["state"], "no driver")
        self.assertEqual(self.run_it("status", "nobody")[0], 2)

    def test_status_again_and_again(self):
        with subprocess.Popen([sys.executable, "-B", COMMAND, "-r", self.root, "status", "--watch"],
                              stdout=subprocess.PIPE) as watch:
            self.addCleanup(watch.kill)
            seen = 0
            while seen < 3:
                line = watch.stdout.readline().decode()
                self.assertNotEqual(line, "")
                seen += line.startswith("scope ")
            watch.kill()

    def test_up_and_down(self):
        self.assertEqual(self.run_it("down", "scope")[0], 0)
        self.assertRegex(self.run_it("status")[1], "(?m)^scope +down ")
        code, _, errors = self.run_it("up", "--wait", "0.3", "scope")
        self.assertEqual(code, 1)
        self.assertIn("scope: no driver", errors)
        self.assertEqual(self.run_it("down", "nobody")[0], 2)

    def test_systemd_is_told(self):
        self.until_notified("WATCHDOG=1")
        self.daemon.send_signal(signal.SIGHUP)
        self.until_notified("RELOADING=1")
        self.until_notified("READY=1")
        self.daemon.send_signal(signal.SIGTERM)
        self.until_notified("STOPPING=1")

    def test_a_reload_with_mistakes_changes_nothing(self):
        self.write(BENCH + "port = x\n")
        self.daemon.send_signal(signal.SIGHUP)
        self.until_notified("READY=1")
        self.assertRegex(self.run_it("status")[1], "(?m)^scope ")
        words = self.end()
        self.assertIn("/etc/usbip/fleet.conf:7: port = x: must be a number", words)
        self.assertIn("the configuration stays as it was", words)

    def test_a_second_one_is_refused(self):
        second = self.start()
        self.assertEqual(second.wait(30), 1)
        self.assertIn(b"another usbip-fleet daemon is running", second.stderr.read())
        self.assertEqual(self.run_it("status")[0], 0)

    def test_it_says_what_is_missing(self):
        words = self.end()
        self.assertIn("vhci-hcd is not loaded: modprobe vhci-hcd", words)
        self.assertIn("ends; what is attached stays attached", words)

    def test_clients_that_say_nonsense_or_nothing(self):
        for words in (b"", b"{\n", b"[]\n", b"[" * 60000 + b"\n", b'{"do": "up", "names": 5}\n', b'{"do": "x"}\n', b"x" * 100000):
            with socket.socket(socket.AF_UNIX) as sock:
                sock.connect(self.root + "/run/usbip-fleet/control")
                try:
                    sock.sendall(words)
                except BrokenPipeError:
                    pass
        with socket.socket(socket.AF_UNIX) as silent:
            silent.connect(self.root + "/run/usbip-fleet/control")
            begin = time.monotonic()
            self.assertEqual(self.run_it("status")[0], 0)
            self.assertLess(time.monotonic() - begin, 5)

    def test_its_socket_is_gone_when_it_ends(self):
        # As asyncio of Python 3.13 removes it by itself.
        os.unlink(self.root + "/run/usbip-fleet/control")
        self.end()


class Crowd(unittest.TestCase):
    """The control socket and users that keep silent; root is not among them."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        os.makedirs(self.root + "/run/usbip-fleet")
        self.fleet = mock.Mock(status=lambda: {"devices": []})
        self.users = itertools.repeat(1000)
        self.writers = []

    def play(self, coroutine):
        async def story():
            with mock.patch.object(control, "_user", lambda writer: next(self.users)):
                server = await control.serve(self.fleet, self.root)
                try:
                    await coroutine()
                finally:
                    server.close()
                    for writer in self.writers:
                        writer.close()
                    await asyncio.sleep(0.1)
        asyncio.run(asyncio.wait_for(story(), 20))

    async def ask(self, words=b'{"do": "status"}\n'):
        """The answer; b"" for one that was sent away."""
        reader, writer = await self.connect()
        try:
            writer.write(words)
            return await reader.read()
        except ConnectionError:
            return b""

    async def connect(self):
        reader, writer = await asyncio.open_unix_connection(self.root + control.SOCKET)
        self.writers.append(writer)
        return reader, writer

    def test_of_one_user_some_are_listened_to(self):
        async def story():
            silent = [await self.connect() for _ in range(control.EACH)]
            self.assertEqual(await self.ask(), b"")
            silent.pop()[1].close()
            await asyncio.sleep(0.1)
            self.assertIn(b"devices", await self.ask())
        self.play(story)

    def test_of_all_users_some_more_and_root(self):
        self.users = iter(list(range(1000, 1000 + control.MANY)) + [999, 0])

        async def story():
            silent = [await self.connect() for _ in range(control.MANY)]
            self.assertEqual(await self.ask(), b"")
            self.assertIn(b"devices", await self.ask())
            self.assertEqual(len(silent), control.MANY)
        self.play(story)

    def test_nonsense_of_any_depth_is_answered(self):
        async def story():
            self.assertIn(b"no request", await self.ask(b"[" * 60000 + b"\n"))
        self.play(story)


class Reload(unittest.TestCase):
    def test_a_folder_that_cannot_be_read_changes_nothing(self):
        said = []
        with mock.patch.object(daemon.config, "load", side_effect=OSError(5, "Input/output error")), \
                mock.patch.object(daemon, "log", lambda words, *_: said.append(words)), \
                mock.patch.object(daemon, "notify", said.append):
            daemon._reload(mock.Mock(), "")
        self.assertIn("Input/output error", said[1])
        self.assertEqual(said[2], "READY=1")


class Notify(unittest.TestCase):
    def test_without_a_file_left_it_goes_on(self):
        with mock.patch.dict(os.environ, NOTIFY_SOCKET="/nonexistent"), \
                mock.patch.object(notify.socket, "socket", side_effect=OSError(24, "Too many")), \
                mock.patch.object(notify.sys, "stderr"):
            notify.notify("READY=1")


if __name__ == "__main__":
    unittest.main()
