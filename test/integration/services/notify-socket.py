"""A service manager's end of sd_notify: prints each datagram as a line of JSON with the time, until standard input ends."""
import json
import os
import select
import socket
import sys
import time

server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
server.bind(sys.argv[1])
print(json.dumps({"at": time.time() * 1000, "lines": ["listening"]}), flush=True)
while True:
    readable, _, _ = select.select([server, sys.stdin], [], [])
    if sys.stdin in readable and not os.read(sys.stdin.fileno(), 1):
        break
    if server in readable:
        # Descriptors that come with it are closed, since no room is given to them: that is what a barrier waits for.
        text = server.recv(65536).decode()
        print(json.dumps({"at": time.time() * 1000, "lines": text.strip().split("\n")}), flush=True)
