# client.py KIND PORT: a client of a server that joins this container's network.
#   silent    has connected, and says nothing
#   kept      has had one answer, and keeps the connection
#   waiting   waits for the answer to a request that takes 1000 s
#   unread    has asked for /big, and reads nothing of it
#   fastcgi   as waiting, in php-fpm's protocol
import signal
import socket
import struct
import sys
import time


def connect(port):
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port))
        except OSError:
            time.sleep(0.1)


def get(path):
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


def fastcgi():
    def record(kind, content):
        return struct.pack(">BBHHBB", 1, kind, 1, len(content), 0, 0) + content

    params = {"SCRIPT_FILENAME": "/forecast/slow.php", "REQUEST_METHOD": "GET"}
    pairs = b"".join(struct.pack("BB", len(k), len(v)) + (k + v).encode() for k, v in params.items())
    return record(1, struct.pack(">HB5x", 1, 0)) + record(4, pairs) + record(4, b"") + record(5, b"")


kind, port = sys.argv[1], int(sys.argv[2])
connection = connect(port)
if kind == "kept":
    connection.sendall(get("/"))
    connection.recv(65536)
elif kind != "silent":
    connection.sendall({"waiting": lambda: get("/slow"), "unread": lambda: get("/big"), "fastcgi": fastcgi}[kind]())
print("client has asked", flush=True)
signal.pause()
