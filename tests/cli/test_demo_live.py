"""``leadexec demo`` on the real platform, with the real plugins, over real HTTP."""

import json
import subprocess
import sys
from pathlib import Path


def demo(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "leadexec", "demo", "--exit", "--port", "0"]
    command += ["--data", str(folder / "data"), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def test_every_lead_and_cent_of_the_demonstration_is_accounted_for(tmp_path: Path) -> None:
    ended = demo(tmp_path, "--leads", "60", "--json")

    told = json.loads(ended.stdout)
    assert told["problems"] == []
    assert ended.returncode == 0, ended.stderr
    assert told["received"] == 60
    assert told["pending"] == 0
    assert told["sales"] > 0
    assert told["buyers"]["sales"] == told["sales"] - told["portal_sales"]
    assert told["buyers"]["doubled"] == 0

    further = demo(tmp_path, "--leads", "5")

    assert further.returncode == 0, further.stdout + further.stderr
    assert "agree to the cent" in further.stdout
    assert "65" in further.stdout.split("Received", 1)[1].split()[0]
