import time


def app(environ, start_response):
    if environ["PATH_INFO"] == "/slow":
        time.sleep(1000)
    start_response("200 OK", [])
    return [b"ok\n"]
