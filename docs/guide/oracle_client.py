# SPDX-License-Identifier: Apache-2.0
"""A client of 'synapic oracle': python3 oracle_client.py COMMAND [ARGUMENT...], such as ./synapic oracle."""
import json
import subprocess
import sys


class Oracle:
    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, op, **fields):
        """The result and the events; a fault or an error is an exception."""
        self.process.stdin.write(json.dumps({"op": op, **fields}) + "\n")
        self.process.stdin.flush()
        reply = json.loads(self.process.stdout.readline())
        if "result" not in reply:
            raise RuntimeError(reply.get("fault") or reply["error"])
        return reply["result"], reply["events"]


if __name__ == "__main__":
    oracle = Oracle(sys.argv[1:])
    oracle.ask("create", vcpus=2, svr=0x1FF)
    oracle.ask("mmio-write", vcpu=0, gpa=0xFEE00310, value=1 << 24)  # ICR, high half: APIC 1
    _, events = oracle.ask("mmio-write", vcpu=0, gpa=0xFEE00300, value=0x4041)
    print([event["event"] for event in events])
    print(oracle.ask("acknowledge", vcpu=1)[0], oracle.ask("eoi", vcpu=1)[0])
