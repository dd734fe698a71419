# The handler runs in the main thread alone, which waits for another one.
import signal
import sys
import threading
import time

signal.signal(signal.SIGTERM, lambda *_: sys.exit())
worker = threading.Thread(target=time.sleep, args=(1000,))
worker.start()
worker.join()
