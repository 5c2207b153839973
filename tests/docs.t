#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The documentation: what it tells to type is what tests do, and what it names is there; TAP.

Called by tests/check through prove, or by hand; takes a second. "docs.t --tools FILE..." looks in these
programs of the distribution for what is quoted of them, in a VM by vm/systemd.guest. Needs Python 3,
and git unless --tools.

Blocks of code are fenced, and the fence says what they are: sh, commands; log, lines that one may
see; ini, nft, text. A block of commands either has a name, "```sh NAME", and a test does what
"document NAME" prints, or does NAME; or each of its lines is in such a block, or in the table below. So is each
command within a sentence, but for those that are themselves tests: tests/check GROUP.
"""
import glob
import os
import re
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
LANGUAGES = {"sh", "log", "ini", "nft", "text"}

# COMMAND | the test that does it | what stands there
ELSEWHERE = """
make demo | tests/vm/demo.t | make -C "$here/../.." demo
make check | .ci/run | make check
make uninstall | tests/vm/install.t | make -C /root/usbip-ext uninstall
make modules_install && depmod | tests/vm/install.t | machine depmod "$kernel"
apt install ./build/deb/usbip-ext-dkms_*.deb ./build/deb/usbip-ext_*.deb | tests/vm/debs | apt-get install -y "/root/$1/usbip-ext-dkms_
apt install openssl mokutil | tests/vm/signed.t | openssl mokutil
mokutil --import /var/lib/dkms/mok.pub | tests/vm/signed.guest | mokutil --import $certificate
reboot | tests/vm/signed.t | enrol() {
mokutil --test-key /var/lib/dkms/mok.pub | tests/vm/signed.guest | mokutil --test-key $certificate
mokutil --sb-state | tests/vm/signed.guest | mokutil --sb-state
modinfo -F signer vhci-hcd | tests/vm/signed.t | -F signer "$module"
scripts/cross-build arm64 | tests/pi/pi.t | "-k", kernel, "arm64"
usbip bind | tests/kselftests/host-bind-unbind.sh | usbip bind -b
usbip bind -b BUSID | tests/kselftests/host-bind-unbind.sh | usbip bind -b
usbip unbind | tests/kselftests/host-bind-unbind.sh | usbip unbind -b
usbip port | tests/kselftests/client-stock-usbip-port.sh | usbip port
usbip-export add 0403:6001 | tests/export.t | run add 0403:6001
journalctl -u 'usbip-bind@*' | tests/vm/systemd.guest | journalctl -u "usbip-bind@
systemctl edit usbipd | tests/vm/systemd.guest | usbipd.service.d/override.conf
systemctl restart usbipd | tests/vm/systemd.guest | systemctl restart usbipd
systemctl enable --now nftables | tests/vm/systemd.guest | nft -f /etc/nftables.conf
modprobe -r vhci-hcd usbip-host | tests/vm/systemd.guest | modprobe -r vhci-hcd usbip-host
dd bs=1M | tests/bench/wan.guest | bs=1M count=
usbip-export add 0403 | tests/export.t | run add 0403
usbip-export add '!0403:6001:A50285BI' | tests/export.t | run add '!0403:6001:A50285BI'
usbip-fleet check && systemctl enable --now usbip-fleet | tests/fleet/test_command.py | self.run_it("check")
usbip-fleet up scope && sigrok-cli -d fx2lafw --scan | tests/fleet/test_command.py | self.run_it("up"
usbip-fleet status --watch | tests/fleet/test_command.py | "status", "--watch"
usbip-fleet status | tests/fleet/test_command.py | self.run_it("status")
usbip-fleet logs | tests/vm/fleet.guest | usbip-fleet logs
usbip-fleet status --json | jq '.devices[] | select(.state != "attached")' | tests/fleet/test_command.py | --json
make -C tests/unit check | tests/unit/Makefile | check: all
tests/export.t | tests/check | ./export.t
tests/docs.t | tests/check | ./docs.t
tests/vm/kselftests client-unlink | tests/vm/client.t | kselftests" 'client-*'
tests/vm/kselftests -d client-unlink | tests/vm/debug-client.t | kselftests" -d 'client-*'
make -C tests run_tests | tests/vm/kselftests | /usbip-ext/tests/run_tests.sh -s 4
tests/vm/faults.t $(scripts/debug-kernel/kernel) | tests/vm/faults.t | ${1
root=$(tests/vm/root) | tests/check | root=$(vm/root)
tests/vm/root -a arm64 | tests/pi/dkms.t | vm/root" -a arm64
tests/vm/build $root /tmp/tree | tests/vm/test-lib.sh | "$here/build" "$root" "$log/tree"
tests/vm/run -s /tmp/tree $root /usbip-ext/tests/run_tests.sh client-unlink | tests/vm/kselftests | /usbip-ext/tests/run_tests.sh -s 4
HAMMER_SEED=4711 tests/vm/hammer.t | tests/vm/hammer.t | "${HAMMER_SEED:-
tests/vm/run -m 2048M -s /tmp/tree $root /usr/bin/env RANDOM_SEED=4711 /usbip-ext/tests/run_tests.sh -s 4 client-random | tests/kselftests/client-random.sh | seed=${RANDOM_SEED:-
make -C tests/sim | tests/Makefile | $(MAKE) -C sim
tests/sim/usbip-sim -p 3240 serial storage | tests/kselftests/client-stock-usbip-port.sh | start_sim server -p 3240 serial
"""

# Words that begin a command when they stand in a sentence, with more behind them.
COMMANDS = re.compile(r"(sudo|echo|mokutil|modprobe|modinfo|systemctl|journalctl|dkms|dmesg|apt|git|ssh|dd|prove|"
                      r"usbip|usbip-export|usbip-fleet|usbip-pi-check|usbipd|document|"
                      r"(tests|scripts)/\S+|[A-Z_]+=\S+) +\S")
# Not in the PATH that Debian gives a user: they stand in folders named sbin.
ROOTS = re.compile(r"(?:^|[|;&] *)((?:usbipd?|dkms|modinfo|modprobe|depmod|insmod|rmmod)(?: .*|$))", re.M)
PATHS = re.compile(r"(tests|scripts|docs|core|compat|vhci-ext|usbip-host-ext|debian|\.ci)/[\w./*@{},-]*")
# In front of what a driver or a program says.
SPEAKERS = re.compile(r"^(vhci_hcd vhci_hcd\.N|usbip-host BUSID|usbip-host|vhci_hcd|usbip-export|install|"
                      r"usbip-ext VERSION|usbip): ")
SOURCES = ["core/*.c", "vhci-ext/*.c", "usbip-host-ext/*.c", "scripts/usbip_fleet/*.py", "scripts/usbip-*",
           "scripts/install", "scripts/whose-modules"]

number = failed = 0


def result(what, wrong):
    """wrong: a line for each mistake."""
    global number, failed
    number += 1
    failed += bool(wrong)
    print("%sok %d - %s" % ("not " if wrong else "", number, what))
    for line in wrong:
        print("# %s" % line)


def read(name):
    with open(os.path.join(TOP, name), encoding="utf-8", errors="replace") as file:
        return file.read()


def names(*patterns):
    found = [p for pattern in patterns for p in glob.glob(os.path.join(TOP, pattern))]
    return sorted(os.path.relpath(p, TOP) for p in found if os.path.isfile(p))


class Block:
    def __init__(self, place, info, lines):
        self.place = place
        self.language, _, self.name = info.partition(" ")
        self.lines = lines

    def commands(self):
        """One line each, without what does not matter here; what a command reads is its own."""
        text = "\n".join(self.lines).replace("\\\n", " ")
        text = re.sub(r"<<'?END'?\n.*?\nEND$", "<<END", text, flags=re.S | re.M)
        return [c for c in map(plain, text.split("\n")) if c]


def plain(command):
    command = re.sub(r"(^|\s+)#.*", "", command).strip()
    command = re.sub(r"(^|\| |&& )sudo ", r"\1", command)
    return re.sub(r" +", " ", command)


class Page:
    """One file: its blocks, its sentences, and what is wrong with its fences."""

    def __init__(self, name):
        self.name, self.blocks, self.wrong = name, [], []
        prose, block, blank = [], None, True
        for at, line in enumerate(read(name).split("\n"), 1):
            place = "%s:%d" % (name, at)
            if line.startswith("```"):
                if block:
                    self.blocks.append(block)
                    block = None
                else:
                    block = Block(place, line[3:], [])
                    if block.language not in LANGUAGES:
                        self.wrong.append('%s: a block of "%s"' % (place, block.language))
            elif block:
                block.lines.append(line)
            else:
                if blank and re.match("    |\t", line):
                    self.wrong.append("%s: a block without a fence" % place)
                prose.append(line)
            blank = not line
        if block:
            self.wrong.append("%s: the block does not end" % block.place)
        self.prose = "\n".join(prose)
        self.spans = [" ".join(s.split()) for s in re.findall("`([^`]+)`", self.prose)]

    def anchors(self):
        """As GitHub makes them."""
        heads = re.findall("^#+ (.*)$", self.prose, re.M)
        return {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in heads}


# --- commands -----------------------------------------------------------------------


def elsewhere():
    return [[part.strip() for part in line.rsplit(" | ", 2)] for line in ELSEWHERE.strip().splitlines()]


def examples(page):
    """The one of a man page, as text."""
    match = re.search(r"^\.Sh EXAMPLES\n.*?^\.Bd -literal.*?\n(.*?)^\.Ed$", read(page), re.M | re.S)
    return match.group(1).replace("\\&", "").replace("\\-", "-") if match else ""


def executed(pages):
    blocks = [b for page in pages for b in page.blocks if b.language == "sh"]
    blocks += [Block(page, "sh", examples(page).split("\n")) for page in names("docs/man/*.8")]
    asked = {}
    for test in git("tests"):
        if "/document" in read(test) and test not in ("tests/docs.t", "tests/document"):
            words = re.sub(r"(^|\s)#.*|\b(check|ok) (\"[^\"]*\"|'[^']*')", " ", read(test))
            for name in re.findall(r"(?:document\"?|does) ([a-z][a-z0-9.-]*)", words):
                asked.setdefault(name, test)
    there = [b.name for page in pages for b in page.blocks if b.name and b.language != "log"]
    result("no two blocks have the same name", sorted({n for n in there if there.count(n) > 1}))
    result("each block that has a name is what a test does",
           ["%s: no test asks for \"document %s\"" % (b.place, b.name)
            for page in pages for b in page.blocks if b.name in there and b.name not in asked])
    result("what tests ask for is there", ["%s: document %s" % (asked[n], n) for n in asked
                                           if n not in there])

    table = elsewhere()
    result("the other commands are where docs.t says",
           ["%s: not in %s: %s" % (c, f, t) for c, f, t in table
            if not os.path.exists(os.path.join(TOP, f)) or t not in read(f)])
    done = {plain(c) for c, _, _ in table}
    in_blocks = {c for b in blocks if b.name for c in b.commands()}
    used = set()

    def is_done(command):
        if command in done:
            used.add(command)
            return True
        return command in in_blocks or any(c.startswith(command + " ") for c in in_blocks)

    result("each command in a block is executed by a test",
           ["%s: %s" % (b.place, c) for b in blocks if not b.name for c in b.commands() if not is_done(c)])
    result("so is each in a sentence",
           ["%s: %s" % (page.name, s) for page in pages for s in page.spans
            if COMMANDS.match(s) and not s.startswith("tests/check ") and not is_done(plain(s))])
    result("what a user's PATH has not got is done with sudo",
           ["%s: %s" % (b.place, c) for b in blocks for c in ROOTS.findall("\n".join(b.lines))])
    result("docs.t lists none that is not documented", sorted(done - used))


def git(*paths):
    out = subprocess.run(["git", "-C", TOP, "ls-files", "-zco", "--exclude-standard", "--"] + list(paths),
                         stdout=subprocess.PIPE, check=True).stdout.decode()
    return [f for f in out.split("\0") if f and os.path.isfile(os.path.join(TOP, f))
            and "corpus" not in f]


def make(pages):
    makefile = read("Makefile")
    targets = set(re.findall(r"^\.PHONY: (.*)$", makefile, re.M)[0].split())
    shown = subprocess.run(["make", "-s", "-C", TOP, "help"], stdout=subprocess.PIPE, check=True,
                           env=dict(os.environ, MAKEFLAGS="")).stdout.decode()
    helped = set(re.findall(r"^make (\S+)", shown, re.M)) | {"help"}
    result("make help shows every target", sorted(targets - helped))
    result("and no other", sorted(helped - targets))
    wrong = []
    for page in pages:
        words = page.spans + [c for b in page.blocks if b.language == "sh" for c in b.commands()]
        for word in words:
            match = re.match(r"make ([a-z][a-z-]*)", plain(word))
            if match and match.group(1) not in targets and match.group(1) != "check-":
                wrong.append("%s: make %s" % (page.name, match.group(1)))
    result("every target that is documented is one", wrong)
    groups = set(re.findall(r"^\t([a-z]+)\) ", read("tests/check"), re.M))
    result("so is every group of tests/check", [
        "%s: %s" % (page.name, s) for page in pages for s in page.spans
        if s.startswith("tests/check ") and not set(s.split()[1:]) <= groups])


# --- what is named ------------------------------------------------------------------


def links(pages):
    wrong = []
    anchors = {page.name: page.anchors() for page in pages}
    for page in pages:
        for target in re.findall(r"\]\(([^)\s]+)\)", page.prose):
            if re.match("[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            path = os.path.normpath(os.path.join(os.path.dirname(page.name), path)) if path else page.name
            if not os.path.exists(os.path.join(TOP, path)):
                wrong.append("%s: no %s" % (page.name, target))
            elif anchor and anchor not in anchors.get(path, ()):
                wrong.append("%s: no heading %s" % (page.name, target))
    result("every link leads somewhere", wrong)
    readme = read("README.md")
    result("README.md links every document", [p.name for p in pages if p.name.startswith("docs/") and
                                              "(%s)" % p.name not in readme])
    wrong = []
    for page in pages:
        for span in page.spans:
            if not PATHS.fullmatch(span) or re.search("[A-Z]{3}", span):
                continue
            for path in braces(span.rstrip(".")):
                if not glob.glob(os.path.join(TOP, path)):
                    wrong.append("%s: no %s" % (page.name, path))
    result("every path that is named is there", wrong)


def braces(text):
    match = re.match(r"(.*)\{(.*)\}(.*)", text)
    return [match.group(1) + word + match.group(3) for word in match.group(2).split(",")] if match else [text]


def kernels():
    changes = re.search(r"^Kernels: (.*)$", read("CHANGELOG.md"), re.M).group(1)
    conf = re.search(r'^(?:KERNELS|BUILD_EXCLUSIVE_KERNEL_MIN)="(.*)"$', read("dkms.conf"), re.M).group(1)
    result("CHANGELOG.md leads with the kernels that dkms.conf takes",
           [] if (changes + " ").startswith(conf + " ") else ["%s, and %s in dkms.conf" % (changes, conf)])


def man_pages(pages):
    there = {os.path.basename(f).rpartition(".")[0]: f for f in names("docs/man/*")}
    words = " ".join(page.prose for page in pages)
    result("every man page is mentioned", [f for name, f in there.items()
                                           if not re.search(r"man %s\b" % re.escape(name), words)])
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
        file.write(examples("docs/man/fleet.conf.5"))
        file.flush()
        check = subprocess.run([sys.executable, "-B", TOP + "/scripts/usbip-fleet", "check", file.name],
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    result("the example of fleet.conf(5) is one", check.stdout.decode().splitlines() if check.returncode else [])
    result("every man page that is mentioned is there", [
        "%s: %s" % (page.name, s) for page in pages for s in page.spans
        if s.startswith("man ") and s[4:] not in there])


# --- what one may see ---------------------------------------------------------------


def phrases(line):
    """The parts of a line that stand in a source, as regular expressions."""
    line = SPEAKERS.sub("", line)
    for part in re.split(r": |, | - ", line):
        pieces = re.split(r"\b(?:[A-Z]+|N)\b|[/-]?\b[0-9]+\b|0x[A-Z]+", part)
        pieces = [re.escape(p) for p in pieces]
        if any(re.search("[a-z]{3}", p) for p in pieces):
            yield part, ".{0,60}?".join(pieces)


def unsaid(pages, kind, texts):
    wrong = []
    for page in pages:
        for block in page.blocks:
            if block.language != "log" or block.name != kind:
                continue
            for line in filter(None, block.lines):
                for part, pattern in phrases(line):
                    if not any(re.search(pattern, text) for text in texts):
                        wrong.append('%s: nobody says "%s"' % (block.place, part))
    return wrong


def main():
    pages = [Page(name) for name in names("README.md", "CHANGELOG.md", "docs/*.md")]
    if sys.argv[1:2] == ["--tools"]:
        wrong = unsaid(pages, "tools", [read(f) for f in sys.argv[2:]])
        print("\n".join(wrong))
        return bool(wrong)
    result("every block has a fence that says what it is", [w for page in pages for w in page.wrong])
    executed(pages)
    make(pages)
    links(pages)
    man_pages(pages)
    kernels()
    result("what is said to be in the log is in a source", unsaid(pages, "", [read(f) for f in names(*SOURCES)]))
    print("1..%d" % number)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
