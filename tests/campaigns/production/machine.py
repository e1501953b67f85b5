"""A machine for the commands of the operators' pages: its folders, and what stands for systemd, runuser and setpriv."""

import os
import shlex
import stat
import subprocess
import sys
import tempfile
import time

from app.core.config import ROOT
from tests.campaigns.production.production import Production
from tests.support import nginx, postgres
from tests.support.live import wait_until

FOLDERS = ("etc/nginx/conf.d", "etc/logrotate.d", "var/cache/nginx/moma", "var/log/moma", "var/backups/moma", "bin")
UNITS = {"moma-web": "web", "redis-server": "redis", "postgresql": "postgresql"}


class Machine:
    """A place where the site's paths are, and programs before the machine's own on the path."""

    def __init__(self, site: Production) -> None:
        self.site, self.place = site, site.place
        for folder in FOLDERS:
            (self.place / folder).mkdir(parents=True, exist_ok=True)
        (self.place / "asked").mkdir()
        for script in self.place.glob("releases/*/deploy/*moma.sh"):
            script.write_text(self.here(script.read_text("utf-8")), "utf-8")
        self._write("moma", (ROOT / "deploy/moma.sh").read_text("utf-8"))
        for name in ("runuser", "setpriv"):
            self._write(name, '#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done\nshift\nexec "$@"\n')
        # What is asked of systemctl is done by the test, which holds the programs; it waits until that is done.
        self._write(
            "systemctl",
            """#!/bin/sh
name=/srv/moma/asked/$$
echo "$@" > $name.part && mv $name.part $name.ask
while [ ! -e $name.done ]; do sleep 0.1; done
code=$(cat $name.done)
rm $name.done
exit "$code"
""",
        )
        (self.place / "nginx-check").mkdir()
        nginx.configuration(self.place / "nginx-check", site.port, site.back, site.instance / "media")
        main = self.place / "nginx-check/nginx.conf"
        load = f"load_module {nginx.BROTLI_MODULE};\n" if nginx.BROTLI_MODULE.exists() else ""
        own = main.read_text("utf-8").replace(
            f"include {main.parent}/moma.conf;", f"include {self.place}/etc/nginx/conf.d/*.conf;"
        )
        main.write_text(load + own, "utf-8")
        self._write("nginx", f'#!/bin/sh\nexec {shlex.join(nginx.command(main.parent))} "$@"\n')

    def run(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run a block as root's shell would, which stops at the first command that fails."""
        path = os.pathsep.join([str(self.place / "bin"), str(postgres.binaries() or ""), os.environ["PATH"]])
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MOMA_")}
        command = ["/bin/bash", "-euo", "pipefail", "-c", self.here(script)]
        with tempfile.TemporaryFile("w+") as said:
            process = subprocess.Popen(
                command, cwd=self.place, stdout=said, stderr=said, env={**environment, "PATH": path}
            )
            while process.poll() is None:
                self._serve()  # here, not in a thread: what a thread began ends with it
                time.sleep(0.05)
            said.seek(0)
            return subprocess.CompletedProcess(command, process.returncode, said.read(), "")

    def here(self, text: str) -> str:
        """Return a text whose paths lie in this place."""
        text = text.replace("/srv/moma", str(self.place))
        for folder in ("/etc/nginx", "/etc/logrotate.d", "/var/cache/nginx", "/var/log/moma", "/var/backups/moma"):
            text = text.replace(folder, f"{self.place}{folder}")
        return text

    def _write(self, name: str, text: str) -> None:
        path = self.place / "bin" / name
        path.write_text(text.replace("/srv/moma", str(self.place)), "utf-8")
        path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)

    def _serve(self) -> None:
        """Do what systemctl was asked since."""
        for asked in (self.place / "asked").glob("*.ask"):
            words = asked.read_text("utf-8").split()
            asked.unlink()
            code = 0
            try:
                for unit in words[1:]:
                    self._do(words[0], unit)
            except (AssertionError, KeyError, OSError) as error:
                code = 1
                sys.stderr.write(f"systemctl {' '.join(words)}: {error!r}\n")
            aside = asked.with_suffix(".code")
            aside.write_text(str(code), "utf-8")
            aside.replace(asked.with_suffix(".done"))

    def _do(self, verb: str, unit: str) -> None:
        """Do to one of the programs what systemd would, which of a painter waits for its end and not for its beginning.

        None is stopped before it gave a sign of life, so that each that was started is seen to paint.
        """
        name = UNITS.get(unit) or f"worker{unit.rpartition('@')[2]}"
        if name == "postgresql":
            assert verb == "start"
            if self.site.database._process.poll() is not None:  # type: ignore[union-attr]
                self.site.database.start()
            return
        if verb == "start" and name not in self.site.parts:
            self.site.add_worker(name.removeprefix("worker"))
        part = self.site.parts[name]
        if verb == "stop" and name.startswith("worker") and part.process and part.process.poll() is None:
            self.site.wait_alive(name)
        {"start": part.ensure, "stop": part.stop, "restart": part.restart, "reload": part.reload}[verb]()
        if verb != "stop" and name == "web":
            wait_until(self.site.is_open, what="the site")
