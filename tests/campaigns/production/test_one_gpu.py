"""The GPU of each worker under systemd: ``deploy/one_gpu.sh`` run on folders of device files, and its drop-in."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from app.core.config import ROOT
from tests.campaigns.production import units
from tests.support.needs import require

SCRIPT = ROOT / "deploy" / "one_gpu.sh"
DROP_IN = units.FOLDER / "gpu.conf"
TELL = ["/bin/sh", "-c", 'echo "${CUDA_VISIBLE_DEVICES-every GPU}"']


def chosen(folder: Path, number: str, **environment: str) -> tuple[str, str]:
    """Return the GPUs that a worker may use on a machine whose devices lie in ``folder``, and what its log says."""
    script = folder / "one_gpu.sh"
    script.write_text(SCRIPT.read_text("utf-8").replace("/dev/", f"{folder}/").replace("/srv/moma", str(folder)))
    env = {"PATH": os.environ["PATH"], **environment}
    ran = subprocess.run(["/bin/sh", script, number, *TELL], env=env, capture_output=True, text=True, check=True)
    return ran.stdout.strip(), ran.stderr.strip()


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """Make the device files of two GPUs, and what lies beside them."""
    for name in ("nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm", "nvidia-caps"):
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize(("number", "gpu"), [("1", "0"), ("2", "1"), ("3", "0"), ("4", "1"), ("9", "0")])
def test_one_gpu_gives_workers_gpus_in_turn(machine: Path, number: str, gpu: str) -> None:
    assert chosen(machine, number) == (gpu, f"worker {number}: GPU {gpu}, one of 2")


def test_one_gpu_counts_ten_gpus_in_numeric_order(tmp_path: Path) -> None:
    for number in range(11):
        (tmp_path / f"nvidia{number}").touch()
    assert [chosen(tmp_path, number)[0] for number in ("2", "3", "11", "12")] == ["1", "2", "10", "0"]


def test_one_gpu_without_a_gpu_starts_the_worker_all_the_same(tmp_path: Path) -> None:
    assert chosen(tmp_path, "1") == ("every GPU", "worker 1: no NVIDIA GPU found")


def test_one_gpu_deals_out_the_list_that_the_environment_gives(machine: Path) -> None:
    listed = [chosen(machine, number, CUDA_VISIBLE_DEVICES="3,GPU-8f2e")[0] for number in ("1", "2", "3")]
    assert listed == ["3", "GPU-8f2e", "3"]


@pytest.mark.parametrize("empty", ["", " ", "\r", ","])
def test_one_gpu_with_an_empty_list_deals_out_all_gpus(machine: Path, empty: str) -> None:
    assert chosen(machine, "2", CUDA_VISIBLE_DEVICES=empty, MOMA_DEVICE=empty.strip(","))[0] == "1"


def test_one_gpu_ignores_space_around_a_value(machine: Path) -> None:
    assert chosen(machine, "2", CUDA_VISIBLE_DEVICES=" 3, 4\r", MOMA_DEVICE="cuda\r")[0] == "4"


@pytest.mark.parametrize("device", ["cpu", "cuda:1", "cpu\r"])
def test_one_gpu_leaves_a_site_its_device(machine: Path, device: str) -> None:
    assert chosen(machine, "1", MOMA_DEVICE=device) == ("every GPU", "")
    (machine / "instance").mkdir()
    (machine / "instance" / "settings.toml").write_text(f'model = "x"\ndevice = "{device}"\n')
    assert chosen(machine, "1") == ("every GPU", "")
    assert chosen(machine, "2", MOMA_DEVICE="cuda")[0] == "1"


@pytest.mark.parametrize("number", ["0", "gpu", "08", ""])
def test_one_gpu_with_a_name_that_is_no_number_restricts_nothing(machine: Path, number: str) -> None:
    assert chosen(machine, number)[0] == "every GPU"


def test_drop_in_starts_the_same_worker_by_the_script() -> None:
    text = DROP_IN.read_text("utf-8")
    plain = units.read("moma-worker@.service").one("ExecStart")
    assert f"\nExecStart=\nExecStart=/bin/sh /usr/local/bin/moma-one-gpu %i {plain}\n" in text
    assert (
        "ExecStart=/srv/moma/current/.venv/bin/python -m worker" in (units.FOLDER / "moma-worker@.service").read_text()
    )


@pytest.mark.server
def test_unit_with_the_drop_in_is_valid_for_systemd(tmp_path: Path) -> None:
    (tmp_path / "current/.venv/bin").mkdir(parents=True)
    (tmp_path / "current/.venv/bin/python").symlink_to(shutil.which("true"))  # type: ignore[arg-type]
    folder = tmp_path / "moma-worker@.service.d"
    folder.mkdir()
    for source, target in (("moma-worker@.service", tmp_path), ("gpu.conf", folder)):
        text = (units.FOLDER / source).read_text("utf-8").replace(units.PLACE, str(tmp_path))
        (target / source).write_text(text, "utf-8")
    command = [
        require("systemd-analyze"),
        "verify",
        "--man=no",
        "--recursive-errors=no",
        tmp_path / "moma-worker@.service",
    ]
    env = {**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"}
    checked = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    assert (checked.returncode, [line for line in checked.stderr.splitlines() if "moma" in line]) == (0, [])
