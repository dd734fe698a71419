# Tasks for celery, kept in the redis of a container that it joins.
import time

import celery

app = celery.Celery("tasks", broker="redis://127.0.0.1/0")


@app.task
def work(seconds):
    time.sleep(seconds)
