# SPDX-License-Identifier: GPL-2.0-only
"""A hundred devices on ten servers, which are killed and started again: hundred.py SECONDS SEED
SIM COMMAND ROOT. Prints "key value" lines: how long things took, what the daemon used.

Called by kselftests/soak-fleet-100.sh, which judges the values. Needs vhci-hcd with ports for all.
The daemon's own words tell what is attached: to look costs nothing then.
"""
import os
import random
import re
import select
import signal
import subprocess
import sys
import time

SERVERS, DEVICES, PORT = 10, 10, 3300
LIMIT = 240  # seconds for whatever is waited for


def configuration():
    lines = []
    for s in range(SERVERS):
        lines.append("[server s%d]\nhost = 127.0.0.1\nport = %d\n" % (s, PORT + s))
        for d in range(1, DEVICES + 1):
            lines.append("[device s%d-%d]\nserver = s%d\nbusid = 1-%d\n" % (s, d, s, d))
    return "\n".join(lines)


class Server:
    def __init__(self, sim, number):
        self.command = [sim, "-p", str(PORT + number), "int:count=%d" % DEVICES]
        self.names = {"s%d-%d" % (number, d) for d in range(1, DEVICES + 1)}
        self.back = 0  # when it is to be started again
        self.started = 0
        self.waited = False  # for its devices

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE)
        os.set_blocking(self.process.stdout.fileno(), True)
        while b"ready" not in self.process.stdout.readline():
            pass
        os.setpriority(os.PRIO_PROCESS, self.process.pid, -5)
        self.started, self.waited = time.monotonic(), True

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Daemon:
    def __init__(self, command, root):
        self.process = subprocess.Popen([command, "-r", root, "daemon"], stderr=subprocess.PIPE)
        self.rest = b""
        self.attached = set()
        self.lines = []

    def listen(self, seconds):
        """To its words, for so long at most."""
        if not select.select([self.process.stderr], [], [], max(0, seconds))[0]:
            return
        data = os.read(self.process.stderr.fileno(), 1 << 16)
        if not data:
            sys.exit("the daemon has ended:\n" + "\n".join(self.lines[-20:]))
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            line = line.decode()
            self.lines.append(line)
            name = line.split(":")[0]
            if " is on port " in line:
                self.attached.add(name)
            elif re.search(r": port \d+: |, port \d+ is detached", line):
                self.attached.discard(name)

    def until(self, condition):
        end = time.monotonic() + LIMIT
        while not condition() and time.monotonic() < end:
            self.listen(0.5)
        return condition()

    def cpu(self):
        with open("/proc/%d/stat" % self.process.pid) as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self):
        with open("/proc/%d/status" % self.process.pid) as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1])

    def quiet(self, seconds):
        """Share of a CPU that it takes, in percent."""
        begin, cpu = time.monotonic(), self.cpu()
        while time.monotonic() < begin + seconds:
            self.listen(begin + seconds - time.monotonic())
        return 100 * (self.cpu() - cpu) / (time.monotonic() - begin)


def random_kills(daemon, servers, seconds, dice):
    """The longest time that a server's devices took to be back."""
    worst, kills = 0.0, 0
    end = time.monotonic() + seconds
    following = time.monotonic()
    while True:
        now = time.monotonic()
        for server in servers:
            if server.back and now >= server.back:
                server.back = 0
                server.start()
            if server.waited and server.names <= daemon.attached:
                worst = max(worst, time.monotonic() - server.started)
                server.waited = False
            elif server.waited and now > server.started + LIMIT:
                print("missing", sorted(server.names - daemon.attached))
                return LIMIT, kills
        up = [s for s in servers if not s.back and not s.waited]
        if now < end and now >= following and len(up) > SERVERS - 2:
            victim = dice.choice(up)
            victim.kill()
            kills += 1
            victim.back = now + dice.uniform(0.2, 6)
            following = now + dice.uniform(1, 6)
        elif now >= end and len(up) == len(servers):
            return worst, kills
        daemon.listen(0.1)


def measure(servers, daemon, seconds, dice):
    begin = time.monotonic()
    every = set().union(*(s.names for s in servers))
    done = daemon.until(lambda: daemon.attached == every)
    print("attached", len(daemon.attached))
    print("seconds_to_attach %.1f" % (time.monotonic() - begin))
    if not done:
        print("missing", sorted(every - daemon.attached), "\n".join(daemon.lines[-20:]))
        return
    # What it needs for the first that are lost, its threads and their memory, it keeps.
    random_kills(daemon, servers, seconds / 3, dice)
    daemon.quiet(5)
    before = daemon.memory()
    print("cpu_percent %.1f" % daemon.quiet(15))
    cpu, begin = daemon.cpu(), time.monotonic()
    worst, kills = random_kills(daemon, servers, seconds, dice)
    print("kills", kills)
    print("cpu_percent_meanwhile %.1f" % (100 * (daemon.cpu() - cpu) / (time.monotonic() - begin)))
    print("worst_seconds_to_return %.1f" % worst)
    daemon.quiet(5)
    print("cpu_percent_after %.1f" % daemon.quiet(15))
    print("memory_kib", daemon.memory())
    print("memory_growth_kib", daemon.memory() - before)
    print("attached_after", len(daemon.attached))
    # What a loop of a million steps takes here, to compare machines.
    begin = time.process_time()
    for _ in range(1000000):
        pass
    print("loop_milliseconds %d" % (1000 * (time.process_time() - begin)))
    daemon.process.send_signal(signal.SIGTERM)
    print("exit", daemon.process.wait(), flush=True)
    # The kernel still has the connections: let the caller look, then servers and devices go.
    sys.stdin.readline()


def main(seconds, seed, sim, command, root):
    with open(root + "/etc/usbip/fleet.conf", "w") as file:
        file.write(configuration())
    servers = [Server(sim, n) for n in range(SERVERS)]
    for server in servers:
        server.start()
        server.waited = False
    daemon = Daemon(command, root)
    try:
        measure(servers, daemon, float(seconds), random.Random(int(seed)))
    finally:
        daemon.process.kill()
        for server in servers:
            if not server.back:
                server.kill()


main(*sys.argv[1:])
