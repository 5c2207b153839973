# SPDX-License-Identifier: GPL-2.0-only
"""Configuration: text into servers and devices, or every mistake with file and line.

Called by cli.py and daemon.py. Reads files below root, and nothing else. Its own few lines of
INI, as Python's do not tell on which line a value stands.
"""
import fnmatch
import os
import re
from collections import namedtuple

from .protocol import PORT

FILE = "/etc/usbip/fleet.conf"
FOLDER = "/etc/usbip/fleet.d"

Server = namedtuple("Server", "name host port interval")
# ids: tuple of "vid:pid" or "vid:*"; port None: any; read_ahead, request_size in KiB or None
Device = namedtuple("Device", "name server busid ids serial product port "
                              "on_attach on_detach read_ahead request_size")
Config = namedtuple("Config", "servers devices")  # by name, in the order of the files


class ConfigError(Exception):
    """mistakes: a line each."""

    def __init__(self, mistakes):
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


class _Wrong(Exception):
    pass


def _text(value):
    if not value.isprintable():
        raise _Wrong("has characters that cannot be printed")
    return value


def _word(value):
    if len(_text(value).split()) != 1:
        raise _Wrong("must be one word")
    return value


def _host(value):
    try:
        _word(value).encode("idna")  # as who looks it up will
    except UnicodeError:
        raise _Wrong("is neither a name nor an address") from None
    return value


def _number(low, high):
    def parse(value):
        if not re.fullmatch("[0-9]{1,9}", value) or not low <= int(value) <= high:
            raise _Wrong("must be a number from %d to %d" % (low, high))
        return int(value)
    return parse


def _busid(value):
    if not re.fullmatch(r"[0-9A-Za-z_.:-]{1,31}", value):
        raise _Wrong("must be a bus ID such as 1-1.2")
    return value


def _ids(value):
    ids = value.lower().replace(",", " ").split()
    for one in ids:
        if not re.fullmatch(r"[0-9a-f]{4}:([0-9a-f]{4}|\*)", one):
            raise _Wrong("%s: must be VID:PID or VID:*, four hexadecimal digits each" % one)
    return tuple(ids)


# Key in the file: name of the field, how to read it.
_SERVER_KEYS = {
    "host": ("host", _host),
    "port": ("port", _number(1, 65535)),
    "interval": ("interval", _number(1, 60)),
}
_DEVICE_KEYS = {
    "server": ("server", _word),
    "busid": ("busid", _busid),
    "id": ("ids", _ids),
    "serial": ("serial", _text),
    "product": ("product", _text),
    "port": ("port", _number(0, 9999)),
    "on-attach": ("on_attach", _text),
    "on-detach": ("on_detach", _text),
    "read-ahead": ("read_ahead", _number(0, 65536)),
    "request-size": ("request_size", _number(4, 32767)),
}
_KINDS = {"server": _SERVER_KEYS, "device": _DEVICE_KEYS}
# A name is a part of paths and links.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class _Section:
    def __init__(self, kind, name, place):
        self.kind = kind
        self.name = name
        self.place = place
        self.values = {}
        self.places = {}

    def get(self, field, default=None):
        return self.values.get(field, default)


class _Reader:
    """Collects sections and mistakes over all files."""

    def __init__(self):
        self.mistakes = []
        self.sections = {}

    def wrong(self, place, words):
        self.mistakes.append("%s:%d: %s" % (place[0], place[1], words))

    def read(self, name, text):
        section = None
        for number, line in enumerate(text.split("\n"), 1):
            place = (name, number)
            bare = line.strip()
            if not bare or bare[0] in "#;":
                continue
            if bare[0] == "[":
                section = self._section(bare, place)
            elif section is None:
                self.wrong(place, '"%s" stands before any section' % _shown(bare))
            else:
                self._value(section, bare, place)

    def _section(self, bare, place):
        """Also of what is wrong: its keys are looked at, it is not used."""
        inside = re.fullmatch(r"\[\s*(\S+)\s+(\S+)\s*\]", bare)
        if not inside or inside[1] not in _KINDS:
            self.wrong(place, '"%s": want [server NAME] or [device NAME]' % _shown(bare))
            return _Section(None, None, place)
        section = _Section(inside[1], inside[2], place)
        if not _NAME.fullmatch(section.name):
            self.wrong(place, '"%s": a name is letters, digits and ._-, 64 at most' %
                       _shown(section.name))
            return section
        key = (section.kind, section.name)
        if key in self.sections:
            self.wrong(place, "[%s %s] is in %s:%d already" % (key + self.sections[key].place))
            return section
        self.sections[key] = section
        return section

    def _value(self, section, bare, place):
        key, equals, value = (part.strip() for part in bare.partition("="))
        if not equals:
            self.wrong(place, '"%s": want KEY = VALUE' % _shown(bare))
            return
        if section.kind is None:
            return
        keys = _KINDS[section.kind]
        if key not in keys:
            self.wrong(place, 'no key "%s" in [%s …]; there are: %s' %
                       (_shown(key), section.kind, ", ".join(keys)))
            return
        field, parse = keys[key]
        if field in section.places:
            self.wrong(place, '"%s" is in line %d already' % (key, section.places[field][1]))
            return
        section.places[field] = place
        if not value:
            self.wrong(place, '"%s" has no value' % key)
            return
        try:
            section.values[field] = parse(value)
        except _Wrong as error:
            self.wrong(place, "%s = %s: %s" % (key, _shown(value), error))

    def finish(self):
        """What can only be told from the whole."""
        servers, devices = {}, {}
        for (kind, name), section in self.sections.items():
            if kind == "server":
                if "host" not in section.places:
                    self.wrong(section.place, "[server %s] has no host" % name)
                servers[name] = Server(name, section.get("host"), section.get("port", PORT),
                                       section.get("interval", 1))
        ports, matches = {}, {}
        for (kind, name), section in self.sections.items():
            if kind != "device":
                continue
            device = Device(name, *(section.get(field, () if field == "ids" else None)
                                    for field in Device._fields[1:]))
            devices[name] = device
            self._check_device(section, device, servers)
            self._check_twice(section, "port", device.port, ports, "has port %s, too" % device.port)
            match = (device.server, device.busid, device.ids, device.serial, device.product)
            if any(match[1:]):
                self._check_twice(section, None, match, matches, "matches the same")
        return Config(servers, devices)

    def _check_device(self, section, device, servers):
        if "server" not in section.places:
            self.wrong(section.place, "[device %s] has no server" % device.name)
        elif device.server and device.server not in servers:
            self.wrong(section.places["server"], "there is no [server %s]" % device.server)
        if not any(field in section.places for field in ("busid", "ids", "serial", "product")):
            self.wrong(section.place, "[device %s] matches any device: give it busid, id, "
                       "serial or product" % device.name)

    def _check_twice(self, section, field, value, seen, words):
        if value is None:
            return
        if value in seen:
            self.wrong(section.places.get(field, section.place),
                       "[device %s] %s" % (seen[value], words))
        seen.setdefault(value, section.name)


def _shown(text):
    """Fit for one line of a message."""
    text = text if len(text) <= 60 else text[:57] + "..."
    return "".join(c if c.isprintable() else "?" for c in text)


def files(root=""):
    """The files there are, in the order in which they are read. Not those that an editor hides."""
    found = [FILE] if os.path.exists(root + FILE) else []
    if os.path.isdir(root + FOLDER):
        found += [os.path.join(FOLDER, name) for name in
                  sorted(fnmatch.filter(os.listdir(root + FOLDER), "*.conf"))
                  if not name.startswith(".")]
    return found


def parse(texts):
    """texts: pairs of name and text. The configuration; ConfigError when there is a mistake."""
    reader = _Reader()
    for name, text in texts:
        reader.read(name, text)
    config = reader.finish()
    if reader.mistakes:
        raise ConfigError(reader.mistakes)
    return config


def load(root="", names=None):
    """From the files, or from those named."""
    texts, mistakes = [], []
    if names is None:
        names = files(root)
        if not names:
            raise ConfigError(["%s: there is no such file, nor any in %s" % (FILE, FOLDER)])
        paths = [root + name for name in names]
    else:
        paths = names
    for name, path in zip(names, paths):
        try:
            with open(path, encoding="utf-8") as file:
                texts.append((name, file.read()))
        except UnicodeDecodeError as error:
            with open(path, "rb") as file:
                line = file.read(error.start).count(b"\n") + 1
            mistakes.append("%s:%d: is not UTF-8 text" % (name, line))
        except OSError as error:
            mistakes.append("%s:1: %s" % (name, error.strerror))
    try:
        config = parse(texts)
    except ConfigError as error:
        raise ConfigError(mistakes + error.mistakes) from None
    if mistakes:
        raise ConfigError(mistakes)
    return config


# What a new configuration means for the devices of the old one, by name:
#   gone       no longer there, or of another server: detached
#   new        waits for its device
#   rematched  what it matches or its port is another: kept only if that still fits
#   adjusted   commands or disk settings: nobody notices
Diff = namedtuple("Diff", "servers_gone servers_new gone new rematched adjusted")


def diff(old, new):
    def elsewhere(these, others):
        return {name for name, server in these.servers.items()
                if name not in others.servers or others.servers[name][:3] != server[:3]}
    changed, fresh = elsewhere(old, new), elsewhere(new, old)
    result = Diff(changed, fresh, set(), set(), set(), set())
    for name, device in old.devices.items():
        other = new.devices.get(name)
        if other is None or other.server != device.server or device.server in changed:
            result.gone.add(name)
        elif other[1:7] != device[1:7]:
            result.rematched.add(name)
        elif other != device:
            result.adjusted.add(name)
    result.new.update(n for n in new.devices if n not in old.devices or n in result.gone)
    return result
