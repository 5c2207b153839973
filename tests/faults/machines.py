# SPDX-License-Identifier: GPL-2.0-only
"""Two VMs on one network, each with an agent inside that does what it is asked.

Called by faults, pi.t and story.t. Needs what tests/vm/run needs. Questions and answers are files in
the folder that the guests see as /out, so that they pass while the network is silent.
"""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

VM = pathlib.Path(__file__).resolve().parent.parent / "vm"
AGENT = "/usbip-ext/tests/faults/agent.py"
TELLS = "unknown_nmi_panic panic_print=3"  # where all tasks are and what memory there is
TOLD = 8000  # characters of that

# What the server has: each can be unplugged and plugged in again.
DEVICES = {
    "disk": "usb-storage,id=disk,drive=image,bus=xhci.0",
    "serial": "usb-serial,id=serial,chardev=echo,always-plugged=on,bus=xhci.0",
    "sound": "usb-audio,id=sound,audiodev=none,buffer=65536,bus=xhci.0",
}


class Failed(Exception):
    """An agent says so, or says nothing."""


class Echo(threading.Thread):
    """What is behind the serial converter: sends back what it receives."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen()

    def run(self):
        while True:
            connection = self.listener.accept()[0]
            with connection:
                while data := connection.recv(4096):
                    connection.sendall(data)


class Machine:
    """A VM: name, how it ended, questions to its agent."""

    agent = AGENT

    def __init__(self, name, address, log, tmp, limit, command):
        self.name, self.log, self.ended = name, log, None
        self.monitor_path = f"{tmp}/monitor.{name}"
        self.asked = 0
        self.words = open(f"{log}/{name}.words", "w", encoding="utf-8")
        self.process = subprocess.Popen(
            [VM / "run", "-n", name, "-t", str(limit), "-l", log,
             "-a", f"addr={address}/24 slab_nomerge {TELLS}"] + command[0] + [self.agent, name, "--",
             "-netdev", self.network(address, tmp),
             "-device", "virtio-net-pci,netdev=lan,romfile=,"
             f"mac=52:54:00:00:00:0{address[-1]}",
             "-chardev", "null,id=hole", "-object",
             "filter-redirector,id=silence,netdev=lan,queue=all,outdev=hole,status=off",
             "-monitor", f"unix:{self.monitor_path},server=on,wait=off"] + command[1],
            stdin=subprocess.DEVNULL, stdout=self.words, stderr=self.words)

    @staticmethod
    def network(address, tmp):
        """Its end of a cable, which is there once the first one has made the other."""
        server = "on" if address.endswith(".1") else "off"
        lan = f"{tmp}/lan"
        while server == "off" and not os.path.exists(lan):
            time.sleep(0.1)
        return f"stream,id=lan,server={server},addr.type=unix,addr.path={lan}"

    def start(self, what, **arguments):
        """Asks; the answer is fetched with result()."""
        self.asked += 1
        path = pathlib.Path(self.log, "out", f"{self.name}.ask.{self.asked}")
        path.with_suffix(".tmp").write_text(json.dumps([what, arguments]), encoding="utf-8")
        path.with_suffix(".tmp").rename(path)
        return self.asked

    def result(self, number, timeout=60):
        """The answer; Failed when there is none in time, or the agent failed."""
        path = pathlib.Path(self.log, "out", f"{self.name}.answer.{number}")
        end = time.monotonic() + timeout
        while not path.exists():
            if self.process.poll() is not None:
                raise Failed(f"{self.name}: the VM has ended")
            if time.monotonic() > end:
                raise Failed(f"{self.name}: no answer within {timeout} s\n{self.tell()}")
            time.sleep(0.05)
        good, answer = json.loads(path.read_text(encoding="utf-8"))
        if not good:
            raise Failed(f"{self.name}: {answer}")
        return answer

    def ask(self, what, timeout=60, **arguments):
        """Asks and waits for the answer."""
        return self.result(self.start(what, **arguments), timeout)

    def monitor(self, command):
        """One command for QEMU; Failed when it has anything to say."""
        prompt = b"(qemu) "
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10)
            connection.connect(self.monitor_path)
            said = b""
            while not said.endswith(prompt):
                said += connection.recv(4096)
            connection.sendall(command.encode() + b"\n")
            said = b""
            while not said.endswith(prompt):
                data = connection.recv(4096)
                if not data:
                    return
                said += data
        answer = said.decode().split("\n", 1)[1].removesuffix("(qemu) ").strip()
        if answer:
            raise Failed(f"QEMU: {command}: {answer}")

    def silence(self, on):
        """All packets from and to it are lost; nothing in the guest hears of it."""
        self.monitor(f"qom-set /objects/silence status {'on' if on else 'off'}")

    def power_off(self):
        """As if the plug were pulled: nothing in the guest hears of it."""
        self.monitor("quit")
        self.wait(30)

    def tell(self):
        """It hangs: its kernel ends with what it knows, on its console. Return: the tasks that run
        or are in state D, with their stacks."""
        try:
            self.monitor("nmi")
            self.process.wait(60)
        except (Failed, OSError, subprocess.TimeoutExpired) as why:
            return f"and it does not tell why: {why}"
        text = pathlib.Path(f"{self.log}/{self.name}.console").read_text(
            encoding="utf-8", errors="replace")
        text = re.sub(r"^\[[^]]*\] ", "", text, flags=re.M)
        tasks = re.findall(r"^task:\S+ +state:[RD].*\n(?:(?!task:).*\n)*", text, re.M)
        return "".join(tasks)[:TOLD]

    def wait(self, timeout):
        """Until the VM has ended; sets how."""
        self.ended = self.process.wait(timeout)
        self.words.close()

    def complaints(self):
        """What its kernel's console has that no kernel should say, the first of it."""
        scan = subprocess.run([VM / "scan-dmesg", f"{self.log}/{self.name}.console"],
                              capture_output=True, text=True, check=False)
        return "".join((scan.stdout + scan.stderr).splitlines(True)[:20])


class Machines:
    """server (pi) and client (workstation)."""

    def __init__(self, root, tree, log, limit):
        shutil.rmtree(log, ignore_errors=True)
        os.makedirs(f"{log}/out")
        self.tmp = tempfile.mkdtemp()
        image = f"{self.tmp}/image"
        with open(image, "wb") as file:
            file.write(os.urandom(8 << 20))
            file.truncate(256 << 20)
        Echo(f"{self.tmp}/echo").start()
        devices = ["-blockdev", f"driver=file,node-name=image,filename={image}",
                   "-chardev", f"socket,id=echo,path={self.tmp}/echo,reconnect=1",
                   "-audiodev", "none,id=none,out.frequency=48000"]
        for device in DEVICES.values():
            devices += ["-device", device]
        run = ["-s", tree, root]
        self.server = Machine("pi", "10.0.0.1", log, self.tmp, limit,
                              (["-m", "1024M"] + run, devices))
        self.client = Machine("workstation", "10.0.0.2", log, self.tmp, limit,
                              (["-m", "1024M"] + run, []))
        self.both = (self.server, self.client)

    def end(self):
        """Lets the agents end, as far as there are any. Return: complaints."""
        complaints = ""
        for machine in reversed(self.both):  # the client writes to the server's disk at its end
            if machine.ended is None:
                try:
                    machine.ask("bye", 20)
                    machine.wait(60)
                except (Failed, subprocess.TimeoutExpired) as why:
                    complaints += f"{machine.name} does not end: {why}\n"
                    machine.process.send_signal(signal.SIGTERM)
                    machine.wait(30)
            complaints += machine.complaints()
        shutil.rmtree(self.tmp)
        return complaints
