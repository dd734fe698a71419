# Says when it has a handler, when that begins, and when it has cleaned up.
import signal
import sys
import time


def clean_up(*_):
    print("handler begun", flush=True)
    time.sleep(0.5)
    print("handler ended", flush=True)
    sys.exit()


signal.signal(signal.SIGTERM, clean_up)
print("handler set", flush=True)
while True:
    signal.pause()
