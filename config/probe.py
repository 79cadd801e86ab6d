"""Health checks of containers: `python config/probe.py web` or `… beat`. Exit code 0 = healthy.

A plain script: it imports neither Django nor Celery, so that asking often costs little.
"""

import http.client
import os
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

# Beat writes its schedule every three minutes.
OLDEST_SCHEDULE_SECONDS = 600


def web_is_ready(port: int) -> bool:
    host = urlsplit(os.environ.get("SITE_URL", "")).hostname or "127.0.0.1"
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz", headers={"Host": host})
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def beat_is_alive(folder: Path) -> bool:
    written = [file.stat().st_mtime for file in folder.glob("celerybeat-schedule*")]
    return bool(written) and time.time() - max(written) < OLDEST_SCHEDULE_SECONDS


def main(what: str) -> int:
    if what == "beat":
        return 0 if beat_is_alive(Path(os.environ["BALLAST_VAR"])) else 1
    return 0 if web_is_ready(int(os.environ.get("PORT", "8000"))) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
