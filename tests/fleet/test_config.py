# SPDX-License-Identifier: GPL-2.0-only
"""Configuration: what is read, every mistake with its place, and what a reload changes."""
import os
import tempfile
import unittest

from usbip_fleet import config

BENCH = """\
[server pi]
host = pi.lab

[device scope]
server = pi
id = 0403:6001
"""


def mistakes(text, name="fleet.conf"):
    try:
        config.parse([(name, text)])
    except config.ConfigError as error:
        return error.mistakes
    return []


class Read(unittest.TestCase):
    def test_all_keys(self):
        result = config.parse([("a", """
# a bench
[server pi]
host = 192.168.7.1
port = 3241
interval = 5
; a board
[device scope]
server=pi
busid = 1-1.2
id = 0403:6001, 2341:* ABCD:00ef
serial = A50285BI
product = FT232* UART
port = 300
on-attach = echo "a = b" # $USBIP_FLEET_NAME
on-detach = true
read-ahead = 1024
request-size = 512
""")])
        self.assertEqual(result.servers["pi"], config.Server("pi", "192.168.7.1", 3241, 5))
        self.assertEqual(result.devices["scope"], config.Device(
            "scope", "pi", "1-1.2", ("0403:6001", "2341:*", "abcd:00ef"), "A50285BI",
            "FT232* UART", 300, 'echo "a = b" # $USBIP_FLEET_NAME', "true", 1024, 512))

    def test_what_may_be_left_out(self):
        result = config.parse([("a", BENCH)])
        self.assertEqual(result.servers["pi"], config.Server("pi", "pi.lab", 3240, 1))
        self.assertEqual(result.devices["scope"], config.Device(
            "scope", "pi", None, ("0403:6001",), None, None, None, None, None, None, None))

    def test_several_files_are_one_configuration(self):
        result = config.parse([("a", "[device x]\nserver = pi\nbusid = 1-1\n"), ("b", BENCH)])
        self.assertEqual(list(result.devices), ["x", "scope"])

    def test_files_in_order(self):
        with tempfile.TemporaryDirectory() as root:
            os.makedirs(root + config.FOLDER)
            for name in ("20.conf", "10.conf", "30.conf~", ".#40.conf", "README"):
                open(os.path.join(root + config.FOLDER, name), "w").close()
            open(root + config.FILE, "w").close()
            self.assertEqual(config.files(root), [
                config.FILE, config.FOLDER + "/10.conf", config.FOLDER + "/20.conf"])

    def test_no_file(self):
        with tempfile.TemporaryDirectory() as root:
            with self.assertRaisesRegex(config.ConfigError, "/etc/usbip/fleet.conf: there is no"):
                config.load(root)

    def test_not_text(self):
        with tempfile.TemporaryDirectory() as root:
            with open(root + "/x", "wb") as file:
                file.write(b"# one\n# \xff\n")
            with self.assertRaisesRegex(config.ConfigError, "x:2: is not UTF-8"):
                config.load(root, [root + "/x"])


class Mistakes(unittest.TestCase):
    def one(self, text, *words):
        found = mistakes(text)
        self.assertEqual(len(found), 1, found)
        for word in words:
            self.assertIn(word, found[0])

    def test_each_with_file_and_line(self):
        self.assertEqual(mistakes("x = 1\n[server pi]\nhost = pi\nhost = b\nprot = 1\nport = 0\n"), [
            'fleet.conf:1: "x = 1" stands before any section',
            'fleet.conf:4: "host" is in line 3 already',
            'fleet.conf:5: no key "prot" in [server …]; there are: host, port, interval',
            "fleet.conf:6: port = 0: must be a number from 1 to 65535"])

    def test_sections(self):
        for line in ("[servers x]", "[server]", "[server a b]", "[server x", "[]"):
            self.one(line, "fleet.conf:1: ", "want [server NAME] or [device NAME]")

    def test_names_are_fit_for_paths(self):
        for name in ("../x", "a/b", ".x", "-x", "ä", "x" * 65):
            self.one("[server %s]\nhost = a" % name, "a name is letters, digits")

    def test_hosts_can_be_looked_up(self):
        for host in ("pi..lab", ".pi", "x" * 64 + ".lab", "a b"):
            self.one("[server pi]\nhost = %s" % host, "fleet.conf:2: host = ")
        for host in ("pi", "pi.lab.", "127.0.0.1", "fe80::1%eth0", "bücher.lab"):
            self.assertEqual(mistakes("[server pi]\nhost = %s" % host), [])

    def test_values(self):
        for line, words in (
                ("busid = ../1", "bus ID"), ("id = 403:6001", "VID:PID"), ("id = *:6001", "VID:PID"),
                ("port = -1", "0 to 9999"), ("port = x", "0 to 9999"), ("port = 1 ", ""),
                ("read-ahead = 1M", "0 to 65536"), ("request-size = 3", "4 to 32767"),
                ("serial =", "no value"), ("serial", "KEY = VALUE"),
                ("product = a\033b", "cannot be printed")):
            with self.subTest(line):
                found = mistakes(BENCH.replace("id = 0403:6001\n", line + "\n") if line[:2] == "id"
                                 else BENCH + line + "\n")
                self.assertEqual(bool(found), bool(words), found)
                if words:
                    self.assertRegex(found[0], "^fleet.conf:[67]: ")
                    self.assertIn(words, found[0])
                    self.assertNotIn("\033", found[0])

    def test_what_is_missing(self):
        self.one("[server pi]", "fleet.conf:1: [server pi] has no host")
        self.one("[device x]\nbusid = 1-1", "[device x] has no server")
        self.one("[device x]\nserver = pi\nbusid = 1-1", "fleet.conf:2: there is no [server pi]")
        self.one(BENCH + "[device any]\nserver = pi", "[device any] matches any device")

    def test_a_wrong_value_is_no_missing_one(self):
        self.one("[server pi]\nhost = a b", "one word")
        self.one(BENCH + "[device x]\nserver = pi\nbusid = /", "bus ID")

    def test_twice(self):
        self.one(BENCH + BENCH.split("\n\n")[0], "fleet.conf:7: [server pi] is in fleet.conf:1 already")
        self.one(BENCH + "[device y]\nserver = pi\nid = 0403:6001",
                 "fleet.conf:7: [device scope] matches the same")
        self.one(BENCH + "port = 3\n[device y]\nserver = pi\nbusid = 1-1\nport = 3",
                 "fleet.conf:11: [device scope] has port 3, too")

    def test_those_of_all_files(self):
        with self.assertRaises(config.ConfigError) as caught:
            config.parse([("a", "x"), ("b", "[server pi]")])
        self.assertEqual([m[:4] for m in caught.exception.mistakes], ["a:1:", "b:1:"])


class Reload(unittest.TestCase):
    def diff(self, change, old=BENCH):
        before = config.parse([("a", old)])
        return config.diff(before, config.parse([("a", change(old))]))

    def empty_but(self, result, **fields):
        for name in result._fields:
            self.assertEqual(getattr(result, name), fields.get(name, set()), name)

    def test_nothing(self):
        self.empty_but(self.diff(lambda t: "# only a comment\n" + t))

    def test_a_device_more(self):
        self.empty_but(self.diff(lambda t: t + "[device x]\nserver=pi\nbusid=1-1"), new={"x"})

    def test_a_device_less(self):
        self.empty_but(self.diff(lambda t: t.split("[device")[0]), gone={"scope"})

    def test_another_match_or_port(self):
        self.empty_but(self.diff(lambda t: t + "serial = X"), rematched={"scope"})
        self.empty_but(self.diff(lambda t: t + "port = 7"), rematched={"scope"})

    def test_commands_and_disk_settings(self):
        self.empty_but(self.diff(lambda t: t + "on-attach = true"), adjusted={"scope"})
        self.empty_but(self.diff(lambda t: t + "read-ahead = 128"), adjusted={"scope"})

    def test_a_server_that_is_elsewhere_takes_its_devices_with_it(self):
        self.empty_but(self.diff(lambda t: t.replace("pi.lab", "pi2.lab")), servers_gone={"pi"},
                       servers_new={"pi"}, gone={"scope"}, new={"scope"})

    def test_how_often_a_server_is_asked_concerns_no_device(self):
        self.empty_but(self.diff(lambda t: t.replace("pi.lab", "pi.lab\ninterval = 5")))

    def test_a_device_of_another_server(self):
        two = BENCH + "[server b]\nhost = b\n"
        self.empty_but(self.diff(lambda t: t.replace("server = pi", "server = b"), two),
                       gone={"scope"}, new={"scope"})


if __name__ == "__main__":
    unittest.main()
