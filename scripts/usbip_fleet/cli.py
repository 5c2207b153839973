# SPDX-License-Identifier: GPL-2.0-only
"""The command: arguments, what each command prints, exit codes. Called by scripts/usbip-fleet."""
import argparse
import asyncio
import json
import os
import sys
import time

from . import config, control, match, net, protocol, vhci
from .table import age, coloured, table

DONE, FAILED, WRONG, NOT_RUNNING = 0, 1, 2, 3
EXIT_CODES = """exit status:
  0  done
  1  not done, or only in part; the reason is on standard error
  2  the command line or the configuration is wrong
  3  the daemon is not running
"""
UNIT = "usbip-fleet.service"


def complain(words):
    print("usbip-fleet: %s" % words, file=sys.stderr)


# --- list ------------------------------------------------------------------------


def _whose(offer, server, the_config):
    """Which device of the configuration it would be; a ? when only its serial number tells."""
    names = []
    devices = [d for d in the_config.devices.values() if d.server == server.name]
    for device in sorted(devices, key=match.specific):
        if match.may_fit(device, offer):
            names.append(device.name + ("?" if match.must_ask(device) else ""))
    return " ".join(names)


async def _offers(servers):
    async def one(server):
        try:
            return await net.devlist(net.Host(server.host, server.port))
        except net.NetError as error:
            return error
    return await asyncio.gather(*map(one, servers))


def do_list(args):
    the_config = config.load(args.root)
    servers = list(the_config.servers.values())
    if args.server:
        unknown = [n for n in args.server if n not in the_config.servers]
        if unknown:
            complain("no server %s in the configuration" % ", ".join(unknown))
            return WRONG
        servers = [the_config.servers[n] for n in args.server]
    rows = [["SERVER", "BUSID", "ID", "SPEED", "DEVICE"]]
    code = DONE
    for server, answer in zip(servers, asyncio.run(_offers(servers))):
        if isinstance(answer, Exception):
            complain("server %s (%s port %d): %s" % (server[:3] + (answer,)))
            code = FAILED
            continue
        rows += [[server.name, o.busid, o.id, protocol.SPEEDS[o.speed],
                  _whose(o, server, the_config)] for o in answer]
    print(table(rows))
    return code


# --- status ------------------------------------------------------------------------


def _status(root):
    """The daemon's, and the device files, which anybody can look up."""
    status = control.ask({"do": "status"}, root)
    if "error" in status:
        raise control.NotRunning(status["error"])
    driver = vhci.Vhci(root)
    for device in status["devices"]:
        nodes = driver.nodes(device["busid"]) if device["state"] == "attached" else []
        device["nodes"] = ["/dev/" + name for kind, name, _ in nodes if kind != "usb"]
        device["usb_node"] = next(("/dev/" + name for kind, name, _ in nodes if kind == "usb"), None)
    return status


def _print_status(status, names, colours):
    rows = [["DEVICE", "STATE", "SERVER", "REMOTE", "PORT", "BUSID", "SINCE", "RECONNECTS",
             "FILES", "LAST ERROR"]]
    for d in status["devices"]:
        if names and d["name"] not in names:
            continue
        error = d["error"]
        if error and d["error_at"]:
            error = "%s (%s ago)" % (error, age(d["error_at"]))
        rows.append([d["name"], d["state"], d["server"], d["remote_busid"], d["port"], d["busid"],
                     age(d["since"]), d["reconnects"], " ".join(d["nodes"]), error])
    print(table(rows, colours))
    for server in status["servers"]:
        if server["error"] and not names:
            print("server %s (%s port %d): %s (since %s)" % (
                server["name"], server["host"], server["port"], server["error"],
                age(server["since"])))


def _check_names(names, status):
    known = {d["name"] for d in status["devices"]}
    unknown = [n for n in names if n not in known]
    if unknown:
        complain("no device %s in the configuration" % ", ".join(unknown))
    return not unknown


def do_status(args):
    colours = coloured(sys.stdout)
    while True:
        status = _status(args.root)
        if not _check_names(args.name, status):
            return WRONG
        if args.json:
            if args.name:
                status["devices"] = [d for d in status["devices"] if d["name"] in args.name]
            print(json.dumps(status, indent=None if args.watch else 2), flush=True)
        else:
            if args.watch and sys.stdout.isatty():
                print("\033[H\033[2J", end="")
            _print_status(status, args.name, colours)
        if not args.watch:
            return DONE
        sys.stdout.flush()
        time.sleep(1)


# --- up, down ------------------------------------------------------------------------


def _wait(args, done):
    """Until done(device) for each that was named; those for which it is not."""
    end = time.monotonic() + args.wait
    while True:
        status = control.ask({"do": "status"}, args.root)
        left = [d for d in status["devices"]
                if (not args.name or d["name"] in args.name) and not done(d)]
        if not left or time.monotonic() >= end:
            return left
        time.sleep(0.2)


def do_up_down(args):
    answer = control.ask({"do": args.command, "names": args.name}, args.root)
    if "error" in answer:
        complain(answer["error"])
        return WRONG if "configuration" in answer["error"] else FAILED
    if args.command == "down" or not args.wait:
        return DONE
    left = _wait(args, lambda d: d["state"] == "attached")
    for device in left:
        complain("%s: %s%s" % (device["name"], device["state"],
                               ", " + device["error"] if device["error"] else ""))
    return FAILED if left else DONE


# --- the rest ------------------------------------------------------------------------


def do_check(args):
    try:
        the_config = config.load(args.root, args.file or None)
    except config.ConfigError as error:
        for mistake in error.mistakes:
            print(mistake)
        return WRONG
    print("%d servers, %d devices" % (len(the_config.servers), len(the_config.devices)))
    return DONE


def do_logs(args):
    try:
        os.execvp("journalctl", ["journalctl", "--unit", UNIT] + args.rest)
    except OSError as error:
        complain("journalctl: %s" % error.strerror)
        return FAILED


def do_daemon(args):
    from . import daemon
    return daemon.main(args.root)


def _parser():
    parser = argparse.ArgumentParser(
        prog="usbip-fleet", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Keeps the USB devices of a bench of servers attached to this machine.",
        epilog=EXIT_CODES + "\nfiles: %s, %s/*.conf; see fleet.conf(5)" %
        (config.FILE, config.FOLDER))
    parser.add_argument("-r", "--root", default="", metavar="ROOT",
                        help="look there for /etc, /sys and /run (for tests)")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def command(name, run, words):
        sub = commands.add_parser(name, help=words, description=words[0].upper() + words[1:] + ".",
                                  formatter_class=argparse.RawDescriptionHelpFormatter,
                                  epilog=EXIT_CODES)
        sub.set_defaults(run=run)
        return sub

    sub = command("list", do_list, "print what each server offers, and which device it would be")
    sub.add_argument("server", nargs="*", metavar="SERVER", help="only of these")

    sub = command("status", do_status, "print the devices: state, port, device files, last error")
    sub.add_argument("name", nargs="*", metavar="NAME", help="only these")
    sub.add_argument("-j", "--json", action="store_true", help="as JSON")
    sub.add_argument("-w", "--watch", action="store_true", help="again each second, until Ctrl-C")

    sub = command("up", do_up_down, "attach devices as soon as their servers offer them")
    sub.add_argument("name", nargs="*", metavar="NAME", help="which; all when none is named")
    sub.add_argument("-w", "--wait", type=float, default=10, metavar="SECONDS",
                     help="wait so long until they are attached (10); 0: do not wait")

    sub = command("down", do_up_down, "detach devices, and leave them alone until up")
    sub.add_argument("name", nargs="*", metavar="NAME", help="which; all when none is named")

    sub = command("check", do_check, "check the configuration: a line for each mistake")
    sub.add_argument("file", nargs="*", metavar="FILE", help="these files instead")

    sub = command("logs", do_logs, "show the daemon's messages; what follows is for journalctl, "
                  "such as -f or -n 50")
    sub.usage = "usbip-fleet logs [-h] [ARGUMENT ...]"

    command("daemon", do_daemon, "attach devices and keep them attached; usbip-fleet.service runs it")
    return parser


def main(words):
    # What follows "logs" is journalctl's, with its dashes.
    own = words[:1] if words[:1] == ["logs"] and words[1:] not in (["-h"], ["--help"]) else words
    args = _parser().parse_args(own)
    args.rest = words[len(own):]
    try:
        return args.run(args)
    except config.ConfigError as error:
        for mistake in error.mistakes:
            complain(mistake)
        return WRONG
    except control.NotRunning as error:
        complain(error)
        return NOT_RUNNING
    except BrokenPipeError:
        # Whoever read has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except KeyboardInterrupt:
        return 130
