"""What the cases share: registration, the settings given by run.ts, and the two ways in (command and SDK)."""

import os
import subprocess
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

_cases: list[Callable[["Env"], None]] = []


class Skip(Exception):
    """Raised by a case that this release of the clients cannot run; its text says why."""


@dataclass(frozen=True)
class Env:
    url: str
    username: str
    password: str
    token: str
    clip: Path  # 40 pictures of 320 x 240
    images: list[Path]  # six PNGs of the same size
    scratch: Path
    version: tuple[int, int]  # of the clients

    def cli(self, *args: object, check: bool = True, with_token: bool = False, **more) -> subprocess.CompletedProcess:
        """Runs cvat-cli as the user; with `check`, a failure is an error that shows what it printed."""
        host, _, port = self.url.rpartition(":")
        auth = [] if with_token else ["--auth", f"{self.username}:{self.password}"]
        command = [sys.executable, "-m", "cvat_cli", "--server-host", host, "--server-port", port, *auth, *map(str, args)]
        environment = {**os.environ, **({"CVAT_ACCESS_TOKEN": self.token} if with_token else {})}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300, **more)
        if check and done.returncode != 0:
            raise AssertionError(f"cvat-cli {' '.join(map(str, args))}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def client(self):
        """The SDK, signed in as the user."""
        from cvat_sdk import Config, make_client

        client = make_client(self.url, credentials=(self.username, self.password))
        client.config = Config(status_check_period=0.2, cache_dir=self.scratch / "sdk-cache")
        return client

    def make_task(self, *files: Path, labels: str = '[{"name": "person"}]', options: tuple = ()) -> int:
        """A task with data, by the command; returns its id."""
        done = self.cli("task", "create", "a task", "--labels", labels, *options,
                        "--completion_verification_period", "0.2", "local", *files)
        return int(done.stdout.split()[-1])


def frame_number(image, count: int = 40) -> int:
    """Number that a picture of the clip or of the images says: the gray of its lower right corner, 4 levels a frame."""
    corner = image.convert("L").getpixel((image.width - 1, image.height - 1))
    number = round(corner / 4)
    assert 0 <= number < count and abs(corner - 4 * number) <= 1, f"gray {corner} is no frame"
    return number


def case(function: Callable[[Env], None]) -> Callable[[Env], None]:
    _cases.append(function)
    return function


def main() -> None:
    """Runs the cases of the file that calls it; exits 1 when one fails."""
    from cvat_cli.version import VERSION

    scratch = Path(os.environ["ROTO_SCRATCH"])
    env = Env(
        url=os.environ["ROTO_URL"],
        username=os.environ["ROTO_USER"],
        password=os.environ["ROTO_PASSWORD"],
        token=os.environ["ROTO_TOKEN"],
        clip=scratch / "walk.mp4",
        images=sorted((scratch / "images").iterdir()),
        scratch=scratch,
        version=tuple(int(part) for part in VERSION.split(".")[:2]),
    )
    failed = 0
    for function in _cases:
        start = time.monotonic()
        try:
            function(env)
            outcome = "ok  "
        except Skip as skip:
            outcome = f"skip ({skip})"
        except Exception:
            failed += 1
            outcome = "FAIL"
            traceback.print_exc()
        print(f"  {outcome} {function.__name__.replace('_', ' ')} ({time.monotonic() - start:.1f} s)", flush=True)
    sys.exit(1 if failed else 0)
