"""Jobs: work in the background that is never lost (docs/jobs.md). Only `queue.py` knows huey and Redis."""
