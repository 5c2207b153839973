#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Does in a guest what faults asks for: agent NAME

Called by faults through tests/vm/run, in both VMs; tests/vm/story.py is made from it. Needs the
tree made by tests/vm/build as /usbip-ext. A question is a method of Agent; all times are by the guest's own clock.
"""
import ctypes
import glob
import json
import os
import queue
import re
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
KINDS = {"disk": ("46f4", "0001"), "serial": ("0403", "6001"), "sound": ("46f4", "0002")}
DEVICES = "/sys/bus/usb/devices"
END = re.compile(r"vhci_hcd \S+: port \d+: (?!attached)|usbip-host \S+: client disconnected")
MOUNT = "/mnt"
GROUPS = "/sys/fs/cgroup"
GROUP_MEMORY = 48 << 20  # half of what that load needs
AT_ONCE = 16  # questions
GADGET = "/sys/kernel/config/usb_gadget/flap"
SERVER, RELAY_PORT = "10.0.0.1", 3241


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read().strip()


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def run(*command, timeout=60):
    """A command that must succeed. Return: its words."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=timeout, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def until(timeout, what, *arguments):
    """Waits for a true value. Return: it, or the last one when there is none in time."""
    end = time.monotonic() + timeout
    while True:
        late = time.monotonic() > end  # before it looks: it may not run for a while
        value = what(*arguments)
        if value or late:
            return value
        time.sleep(0.1)


def must(timeout, what, *arguments):
    """Same, for what has to come."""
    value = until(timeout, what, *arguments)
    if not value:
        words = " ".join(str(argument) for argument in arguments)
        raise RuntimeError(f"not within {timeout} s: {what.__name__} {words}")
    return value


def go_first():
    """This thread, but no process that it starts, does not wait for a CPU or, when a load takes all
    there is, for memory: the kernel has some that only real-time tasks get."""
    os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(1))


class Watch(threading.Thread):
    """Looks for tasks in state D, and how long each has been there without running."""

    def __init__(self):
        super().__init__(daemon=True)
        self.asleep = {}
        self.worst = (0, "", "")

    @staticmethod
    def tasks():
        for process in os.listdir("/proc"):
            if not process.isdigit():
                continue
            try:
                stat = read(f"/proc/{process}/stat")
                fields = stat[stat.rindex(")") + 2:].split()
                if fields[17] == "1":
                    yield process, fields[0]
                    continue
                for task in os.listdir(f"/proc/{process}/task"):
                    stat = read(f"/proc/{process}/task/{task}/stat")
                    yield f"{process}/task/{task}", stat[stat.rindex(")") + 2]
            except (OSError, ValueError):
                pass  # it has ended

    @staticmethod
    def peek(task, what):
        try:
            return read(f"/proc/{task}/{what}")
        except OSError as why:
            return str(why)

    def look(self):
        now = time.monotonic()
        asleep = {}
        for task, state in self.tasks():
            if state != "D":
                continue
            try:
                status = read(f"/proc/{task}/status")
                runs = tuple(re.findall(r"ctxt_switches:\s*(\d+)", status))
                before = self.asleep.get(task)
                since = before[0] if before and before[1] == runs else now
                asleep[task] = (since, runs)
            except OSError:
                continue  # it has ended
            if now - since > self.worst[0]:
                self.worst = (now - since, self.peek(task, "comm"), self.peek(task, "stack"))
        self.asleep = asleep

    def run(self):
        while True:
            self.look()
            time.sleep(0.2)


class Load:
    """A load.py that is running."""

    def __init__(self, kind, path):
        self.moved, self.last, self.ended = 0, {}, None
        python = sys.executable if kind != "root" else glob.glob(f"{MOUNT}/python*")[0]
        self.process = subprocess.Popen([python, f"{HERE}/load.py", kind, path],
                                        stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        go_first()
        for line in self.process.stdout:
            self.last = json.loads(line)
            self.moved = self.last["moved"]
        self.process.wait()
        self.ended = time.monotonic()

    def moves(self):
        """Something since this was asked last."""
        before, self.seen = getattr(self, "seen", 0), self.moved
        return self.moved > before


class Agent:
    """What can be asked for."""

    def __init__(self):
        self.watch = Watch()  # not started: what it reads in /proc stays there for a while
        self.since = time.monotonic()
        self.log = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
        self.marks = 0
        self.count = 3  # devices that the server exports
        self.stock = False
        self.relay = None
        self.loads = {}
        self.others = {}

    # --- both -------------------------------------------------------------------

    def prepare(self, stock, modules):
        """The drivers under test, and others."""
        self.stock = stock
        if not stock:
            run("sh", "-c", ". /usbip-ext/tests/vm/guest-lib.sh; use_ours")
        run("modprobe", "-a", "usbcore", "usb_storage", "sd_mod", "ftdi_sio", "snd_usb_audio",
            "sch_netem")
        write("/sys/module/usb_storage/parameters/delay_use", "0")
        run("modprobe", "-a", *modules, timeout=120)

    def timeout(self, seconds):
        """peer_timeout, for connections from now on."""
        if not self.stock:
            write("/sys/module/usbip_ext_core/parameters/peer_timeout", str(seconds))

    def mark(self):
        """A fault begins: times, sleepers and the kernel's words count from here."""
        self.marks += 1
        write("/dev/kmsg", f"usbip-ext: fault {self.marks} begins\n")
        os.lseek(self.log, 0, os.SEEK_END)
        self.watch.worst = (0, "", "")
        self.since = time.monotonic()

    def asleep(self):
        """The longest that a task was in state D: seconds, name, stack."""
        return self.watch.worst

    def words(self, broken_off=False):
        """The kernel's words since the mark: those that known has no pattern for (nor, if devices
        went while they were enumerated, known-broken-off), and how many say that a port has lost
        its device, or a device its client."""
        files = ["known", "known-broken-off"] if broken_off else ["known"]
        known = [line for file in files for line in read(f"{HERE}/{file}").splitlines()
                 if line and not line.startswith("#")]
        pattern = re.compile("|".join(f"(?:{line})" for line in known))
        lines = []
        while True:
            try:  # a read is one message: "level,number,time,flags;text", more lines about it
                record = os.read(self.log, 8192).decode(errors="replace")
            except BlockingIOError:
                break
            lines.append(record.split(";", 1)[1].split("\n", 1)[0])
        return ([line for line in lines if not pattern.fullmatch(line)],
                sum(bool(END.match(line)) for line in lines))

    def network(self, netem):
        """What tc's netem does to packets on their way out; nothing when empty."""
        run("tc", "qdisc", "replace", "dev", "eth0", "root",
            *(["netem"] + netem.split() if netem else ["pfifo"]))

    def shell(self, command, timeout=60):
        return run("sh", "-c", command, timeout=timeout)

    def begin(self, name, command):
        """A command in the background."""
        self.others[name] = subprocess.Popen(
            ["sh", "-c", f"exec {command}"], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def ended(self, name, timeout, stop=False):
        """How it ended: exit code and words."""
        if stop:
            self.others[name].terminate()
        words = self.others[name].communicate(timeout=timeout)[0]
        return self.others[name].returncode, words

    # --- server -----------------------------------------------------------------

    @staticmethod
    def devices(remote):
        """busid of each kind, of those that sit on vhci-hcd or of the others."""
        found = {}
        for path in glob.glob(f"{DEVICES}/*/idVendor"):
            device = os.path.dirname(path)
            try:
                which = (read(path), read(f"{device}/idProduct"))
            except OSError:
                continue
            if ("/vhci_hcd." in os.path.realpath(device)) != remote:
                continue
            for kind, number in KINDS.items():
                if which == number:
                    found[kind] = os.path.basename(device)
        return found

    @staticmethod
    def node(kind, busid):
        """What a program opens; None when it is not there."""
        base = f"{DEVICES}/{busid}/{busid}:1.0"
        for path in glob.glob({"disk": f"{base}/host*/target*/*/block/*",
                               "serial": f"{base}/ttyUSB*",
                               "sound": f"{base}/sound/card*"}[kind]):
            name = os.path.basename(path)
            if kind == "sound":
                return name[4:] if os.path.exists(f"/dev/snd/pcmC{name[4:]}D0p") else None
            return f"/dev/{name}" if os.path.exists(f"/dev/{name}") else None
        return None

    def usable(self, remote):
        """Every device has its file. Return: those files by kind, or None."""
        nodes = {kind: self.node(kind, busid) for kind, busid in self.devices(remote).items()}
        return nodes if len(nodes) == 3 and all(nodes.values()) else None

    def export(self):
        """Binds all that is not bound. Return: busids."""
        must(20, lambda: len(self.devices(False)) == 3)
        busids = self.devices(False)
        for busid in busids.values():
            if not os.path.exists(f"{DEVICES}/{busid}/usbip_status"):
                run("usbip", "bind", "-b", busid)
        return busids

    def serve(self):
        run("modprobe", "xhci_pci")
        busids = self.export()
        run("usbipd", "-D")
        must(20, self.taken, "usbip", "list", "-r", "127.0.0.1")  # it listens a little later
        return busids

    def state(self, kinds=tuple(KINDS)):
        """usbip_status of each device that is bound."""
        states = {}
        for kind, busid in self.devices(False).items():
            try:
                states[kind] = int(read(f"{DEVICES}/{busid}/usbip_status"))
            except OSError:
                states[kind] = None
        return {kind: states[kind] for kind in states if kind in kinds}

    def released(self, want, timeout, afresh):
        """Until no device is in use: "available", "local" (with its driver) or "gone".
        Return: seconds since the mark, or with afresh since now, or None."""
        since = time.monotonic() if afresh else self.since

        def done():
            states = self.state()
            if want == "gone":
                return not states
            if want == "local":
                return len(states) == self.count and not any(states.values()) and self.usable(False)
            return len(states) == self.count and set(states.values()) == {1}
        good = until(since + timeout - time.monotonic(), done)
        return round(time.monotonic() - since, 1) if good else None

    def local(self):
        """Unbinds what is bound; every device must work here. Then it is exported again."""
        for kind, busid in self.devices(False).items():
            if self.state([kind])[kind] is not None:
                run("usbip", "unbind", "-b", busid)
        nodes = must(20, self.usable, False)
        run("dd", f"if={nodes['disk']}", "of=/dev/null", "bs=64k", "count=16", "iflag=direct")
        run("stty", "-F", nodes["serial"], "raw")
        run("amixer", "-c", nodes["sound"])
        return self.export()

    def gadget(self):
        """Makes one, not plugged in. Return: where it can be."""
        run("modprobe", "-a", "libcomposite", "usb_f_ss_lb", "dummy_hcd")
        if not os.path.ismount("/sys/kernel/config"):
            run("mount", "-t", "configfs", "configfs", "/sys/kernel/config")
        for folder in ("", "strings/0x409", "configs/c.1", "functions/SourceSink.0"):
            os.makedirs(f"{GADGET}/{folder}", exist_ok=True)
        write(f"{GADGET}/idVendor", "0x0525")
        write(f"{GADGET}/idProduct", "0xa4a0")
        write(f"{GADGET}/strings/0x409/serialnumber", "flap")
        os.symlink(f"{GADGET}/functions/SourceSink.0", f"{GADGET}/configs/c.1/SourceSink.0")
        if not self.stock:
            write("/sys/module/usbip_host/parameters/autobind", "0525:a4a0")

    def plug(self):
        """Plugs it in and waits until it is exported. Return: busid."""
        if not read(f"{GADGET}/UDC"):
            write(f"{GADGET}/UDC", "dummy_udc.0")
        device = must(20, glob.glob, "/sys/devices/platform/dummy_hcd.0/usb*/*-1")[0]
        if self.stock:
            run("usbip", "bind", "-b", os.path.basename(device))
        must(20, os.path.exists, f"{device}/usbip_status")
        return os.path.basename(device)

    def unplug(self):
        write(f"{GADGET}/UDC", "\n")
        must(20, lambda: not glob.glob("/sys/devices/platform/dummy_hcd.0/usb*/*-1"))

    def flap(self, times, period):
        """Plugs it out and in, once a period. Return: seconds that took."""
        began = time.monotonic()
        for _ in range(times):
            due = time.monotonic() + period
            write(f"{GADGET}/UDC", "\n")
            time.sleep(period / 4)
            write(f"{GADGET}/UDC", "dummy_udc.0")
            time.sleep(max(0, due - time.monotonic()))
        return round(time.monotonic() - began, 1)

    # --- client -----------------------------------------------------------------

    @staticmethod
    def status():
        """Of every port: number, state, busid, kind of hub."""
        ports = []
        for path in glob.glob("/sys/devices/platform/vhci_hcd.*/status*"):
            try:
                lines = read(path).splitlines()[1:]
            except OSError:
                continue  # its controller has just gone, with its module
            for line in lines:
                words = line.split()
                ports.append((int(words[1]), int(words[2]), words[6], words[0]))
        return sorted(ports)

    def used(self):
        return [port[0] for port in self.status() if port[1] != 4]

    def settled(self, ports):
        """Until no other ports than those are in use. Return: which are."""
        until(10, lambda: self.used() == ports)
        return self.used()

    def relayed(self, on):
        """Starts a relay, or ends the one there is."""
        if self.relay:
            self.relay.kill()
            self.relay.wait()
            self.relay = None
        if on:
            self.relay = subprocess.Popen(
                [sys.executable, f"{HERE}/relay.py", str(RELAY_PORT), SERVER, "3240"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            self.relay.stdout.readline()

    def treat(self, how):
        """What the relay does from now on: its own words, or the name of a signal."""
        if how.isupper():
            run("kill", "-s", how, str(self.relay.pid))
        else:
            self.relay.stdin.write(how + "\n")
            self.relay.stdin.flush()

    @staticmethod
    def taken(*command):
        """Does a command that may fail succeed?"""
        return not subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True,
                                  check=False).returncode

    def attach(self, busids):
        """Attaches all, through the relay when there is one. Return: their ports."""
        where = (["usbip", "--tcp-port", str(RELAY_PORT), "attach", "-r", "127.0.0.1", "-b"]
                 if self.relay else ["usbip", "attach", "-r", SERVER, "-b"])
        for busid in busids.values():
            if self.stock: # it shows a device as used before the tools find it, and they fail
                must(20, self.taken, *where, busid)
            else:
                run(*where, busid)
        must(30, self.usable, True)
        return self.used()

    def detach(self):
        for port in self.used():
            run("usbip", "detach", "-p", str(port))
        must(20, lambda: not self.used())

    def work(self, disk, patience):
        """All devices are busy when this returns; the disk is put to that use. For "swap" only the
        disk: the memory of players is swapped out, too, and sound does not wait. patience: seconds
        that a load may take for its first turn."""
        nodes = must(20, self.usable, True)
        if disk in ("swap", "group"):
            run("mkswap", nodes["disk"])
            run("swapon", nodes["disk"])
        elif disk == "root":
            run("mkfs.ext4", "-q", "-F", nodes["disk"], timeout=100)
            run("mount", nodes["disk"], MOUNT)
            run("cp", os.path.realpath(sys.executable), MOUNT)
        self.loads = {disk: Load(disk, nodes["disk"])}
        if disk != "swap":
            self.loads["serial"] = Load("serial", nodes["serial"])
            self.loads["sound"] = Load("sound", nodes["sound"])
        if disk == "group":
            self.confine(self.loads[disk].process.pid)
        self.moving(patience)

    @staticmethod
    def confine(process):
        """Only that one has to use the swap space, so that only it can lose memory there."""
        if not os.path.ismount(GROUPS):
            run("mount", "-t", "cgroup2", "cgroup2", GROUPS)
        write(f"{GROUPS}/cgroup.subtree_control", "+memory")
        os.mkdir(f"{GROUPS}/load")
        write(f"{GROUPS}/load/memory.high", str(GROUP_MEMORY))
        write(f"{GROUPS}/load/cgroup.procs", str(process))

    def clean(self, disk):
        """Ends that use of the disk. Only when the loads have ended."""
        node = self.usable(True)["disk"]
        if disk == "swap":
            run("swapoff", node, timeout=200)
        elif disk == "root":
            run("umount", MOUNT, timeout=200)
            run("e2fsck", "-fn", node, timeout=200)

    def moving(self, timeout=20):
        """Every load goes on."""
        for kind, load in self.loads.items():
            load.seen = load.moved
            if not until(timeout, load.moves):
                raise RuntimeError(f"{kind} does not move: {load.last}")

    def lost(self, timeout):
        """Until every port is free and every load has ended. Return: seconds since the mark
        for either, None for never, and what the loads said."""
        end = self.since + timeout
        free = until(end - time.monotonic(), lambda: not self.used())
        free = round(time.monotonic() - self.since, 1) if free else None
        until(end - time.monotonic(),
              lambda: all(load.ended for load in self.loads.values()))
        ends = {kind: round(load.ended - self.since, 1) if load.ended else None
                for kind, load in self.loads.items()}
        return free, ends, {kind: load.last for kind, load in self.loads.items()}

    def rest(self):
        """Ends the loads. Return: what they said."""
        for load in self.loads.values():
            if not load.ended:
                load.process.terminate()
        for kind, load in self.loads.items():
            if not until(100, lambda load=load: load.ended):
                raise RuntimeError(f"the load of {kind} does not end")
        return {kind: load.last for kind, load in self.loads.items()}

    def attach_often(self, busid, seconds):
        """Attaches, again and again. Return: how often that was taken."""
        end = time.monotonic() + seconds
        taken = 0
        while time.monotonic() < end:
            taken += self.taken("usbip", "attach", "-r", SERVER, "-b", busid)
        return taken

    def gadget_works(self, busid):
        """Attaches the gadget and sends data to it."""
        run("modprobe", "usbtest")

        def node():
            for path in glob.glob(f"{DEVICES}/*/serial"):
                device = os.path.dirname(path)
                if read(path) == "flap" and os.path.exists(f"{device}:1.0/driver".replace(
                        device, f"{device}/{os.path.basename(device)}")):
                    return "/dev/bus/usb/%03d/%03d" % (int(read(f"{device}/busnum")),
                                                       int(read(f"{device}/devnum")))
            return None
        run("usbip", "attach", "-r", SERVER, "-b", busid)
        run("/usbip-ext/tests/testusb", "-D", must(20, node), "-t", "1", "-c", "20")

    def simulated(self, port):
        """A device of the simulator works on that port."""
        kind = {entry[0]: entry[3] for entry in self.status()}[port]
        speed = {"ss": "super", "hs": "full"}[kind]
        sim = subprocess.Popen(["/usbip-ext/tests/sim/usbip-sim", "--attach", str(port), "--tcp",
                                f"int:speed={speed}"], stdout=subprocess.DEVNULL)
        try:
            must(20, lambda: (port, 6) in [entry[:2] for entry in self.status()])
        finally:
            sim.kill()
            sim.wait()
        must(20, lambda: port not in self.used())


def answer(agent, name, number, question):
    what, arguments = question
    try:
        result = [True, getattr(agent, what)(**arguments)]
    except Exception as why:  # pylint: disable=broad-except
        result = [False, f"{what}: {type(why).__name__}: {why}"]
    path = f"/out/{name}.answer.{number}"
    write(path + ".tmp", json.dumps(result))
    os.rename(path + ".tmp", path)


def answer_all(agent, name, questions):
    go_first()
    while True:
        answer(agent, name, *questions.get())


def serve(agent, name):
    """Answers, until it may go."""
    write("/proc/sys/kernel/sched_rt_runtime_us", "-1")  # that it is busy at times is no news
    go_first()
    # Each by itself: one that never ends stops no other. Now, while there is memory for them.
    questions = queue.SimpleQueue()
    for _ in range(AT_ONCE):
        threading.Thread(target=answer_all, args=(agent, name, questions), daemon=True).start()
    number = 1
    while True:
        path = f"/out/{name}.ask.{number}"
        if not os.path.exists(path):
            time.sleep(0.05)
            continue
        question = json.loads(read(path))
        if question[0] == "bye":
            answer(agent, name, number, ["asleep", {}])
            return
        questions.put((number, question))
        number += 1


def main():
    # Its own memory does not go to a swap space that is about to be lost.
    threading.stack_size(1 << 20)
    ctypes.CDLL(None).mlockall(3)
    agent = Agent()
    agent.watch.start()
    serve(agent, sys.argv[1])


if __name__ == "__main__":
    main()
