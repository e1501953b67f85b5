"""The plays of deploy/ansible: looked over, refused bad input, and what they call of Google's cloud and of an engine.

These are programs that write down what they are asked; no machine and no cluster is made.
"""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from app.core.config import ROOT
from tests.support.compose import services

pytestmark = pytest.mark.server

FOLDER = ROOT / "deploy" / "ansible"
BIN = Path(sys.executable).parent
PROGRAM = """#!/bin/sh
echo "$(basename "$0") $*" >> {calls}
case "$*" in {there}) exit 0 ;; {gone}) exit 1 ;; esac
"""
ENGINE = """#!/bin/sh
echo "$*" >> {folder}/calls
case "$*" in *version*) echo {compose} ;; *" up "*) touch {folder}/runs ;; *" ps "*) ls {folder}/runs || true ;; esac
"""
ASKED = '*describe*|*"manifest inspect"*|*status*|*diff*|*"image inspect"*|"get -k"*'


def run(program: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run one of Ansible's programs in the folder of the plays."""
    env = {**os.environ, "ANSIBLE_LOCALHOST_WARNING": "false", "ANSIBLE_NOCOLOR": "1", **environment}
    env["PATH"] = f"{environment.get('PATH', str(BIN))}{os.pathsep}{BIN}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run([BIN / program, *arguments], cwd=FOLDER, env=env, capture_output=True, text=True, check=False)


def play(folder: Path, name: str, *arguments: str, there: bool) -> tuple[list[str], str]:
    """Play with programs that say whether the thing is there; return what they were asked, and the recap."""
    calls = folder / "calls"
    calls.unlink(missing_ok=True)
    for program in ("gcloud", "docker", "helm", "kubectl"):
        kinds = {"there": ASKED, "gone": "-"} if there else {"there": "-", "gone": ASKED}
        (folder / program).write_text(PROGRAM.format(calls=calls, **kinds))
        (folder / program).chmod(0o755)
    done = run("ansible-playbook", "-i", "localhost,", f"{name}.yml", *arguments, PATH=str(folder))
    assert done.returncode == 0, done.stdout + done.stderr
    return calls.read_text().splitlines(), done.stdout


def release() -> str:
    """Return what a release of this commit is called."""
    line = ["git", "-C", ROOT, "describe", "--tags", "--always", "--abbrev=12", "HEAD"]
    return subprocess.run(line, capture_output=True, text=True, check=True).stdout.strip()


def test_plays_pass_ansible_lint_at_its_production_profile_and_yamllint() -> None:
    for program, arguments in (("ansible-lint", ["--offline", "--profile", "production"]), ("yamllint", ["."])):
        looked = run(program, *arguments)
        assert looked.returncode == 0, looked.stdout + looked.stderr


@pytest.mark.parametrize(
    ("name", "settings", "asked", "made"),
    [
        ("machine", [], 1, [
            "gcloud compute instances create moma --zone europe-west3-a --machine-type e2-standard-4"
            " --image-family debian-13 --image-project debian-cloud --boot-disk-size 40GB"
            " --tags http-server,https-server",
        ]),
        ("images", ["-e", "images_registry=example.org/a", "-e", "moma_version=HEAD"], 2, [
            "docker build --target web --tag example.org/a/moma-web:{release} .",
            "docker push example.org/a/moma-web:{release}",
            "docker build --target worker --tag example.org/a/moma-worker:{release} .",
            "docker push example.org/a/moma-worker:{release}",
        ]),
        ("cluster_deploy", ["-e", "cluster_deploy_overlay=gpu"], 1, ["kubectl apply -k deploy/k8s/overlays/gpu"]),
    ],
)  # fmt: skip
def test_what_is_missing_is_made_and_what_is_there_is_left_alone(
    tmp_path: Path, name: str, settings: list[str], asked: int, made: list[str]
) -> None:
    made = [call.format(release=release()) for call in made]
    calls, recap = play(tmp_path, name, *settings, there=False)
    assert [call for call in calls if call in made] == made
    assert len(calls) == asked + len(made)
    calls, recap = play(tmp_path, name, *settings, there=True)
    assert len(calls) == asked
    assert "changed=0" in recap


def test_cluster_grows_and_shrinks_and_gets_traefik_and_keda_once(tmp_path: Path) -> None:
    calls, _ = play(tmp_path, "cluster", there=False)
    made = next(call for call in calls if "clusters create" in call)
    assert "--enable-autoscaling --min-nodes 1 --max-nodes 10" in made
    assert [call.split()[3] for call in calls if call.startswith("helm upgrade --install")] == ["traefik", "keda"]
    calls, recap = play(tmp_path, "cluster", there=True)
    assert not [call for call in calls if "create" in call or "upgrade" in call]
    assert "changed=0" in recap


@pytest.mark.parametrize(
    ("name", "settings", "deleted"),
    [
        ("machine", [], "gcloud compute instances delete moma --zone europe-west3-a --quiet"),
        ("cluster", [], "gcloud container clusters delete moma --zone europe-west3-a --quiet"),
        ("cluster_deploy", [], "kubectl delete -k deploy/k8s/overlays/cpu --ignore-not-found"),
    ],
)
def test_absent_deletes_what_is_there_and_nothing_else(
    tmp_path: Path, name: str, settings: list[str], deleted: str
) -> None:
    assert deleted in play(tmp_path, name, *settings, "-e", "state=absent", there=True)[0]
    assert "changed=0" in play(tmp_path, name, *settings, "-e", "state=absent", there=False)[1]


def test_check_says_what_would_be_done_and_does_it_not(tmp_path: Path) -> None:
    calls, said = play(tmp_path, "machine", "--check", there=False)
    assert "gcloud compute instances create moma" in said
    assert not [call for call in calls if "create" in call]


def containers(folder: Path, compose: str, *settings: str) -> tuple[list[str], subprocess.CompletedProcess[str]]:
    """Play with an engine that writes down what it is asked; return that, and what was said."""
    (folder / "calls").unlink(missing_ok=True)
    (folder / "docker").write_text(ENGINE.format(folder=folder, compose=compose))
    (folder / "docker").chmod(0o755)
    (folder / "inventory").write_text("[moma]\nhere ansible_connection=local\n")
    variables = {
        "containers_packages": [], "containers_home": str(folder / "site"), "moma_secrets": str(folder / "secrets"),
        "ansible_python_interpreter": sys.executable,
    }  # fmt: skip
    arguments = ["-i", str(folder / "inventory"), "containers.yml", "-e", json.dumps(variables), *settings]
    done = run("ansible-playbook", *arguments, PATH=str(folder))
    calls = (folder / "calls").read_text().splitlines() if (folder / "calls").exists() else []
    return calls, done


def test_containers_are_built_and_started_once_and_taken_away(tmp_path: Path) -> None:
    calls, done = containers(tmp_path, "2.26.1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert calls[-2] == "compose --file deploy/compose.yaml up --build --detach"
    assert calls[-1] == "compose --file deploy/compose.yaml exec -T web flask --app wsgi doctor --wait 1800"
    written = tmp_path / "site/deploy/.env"
    assert written.stat().st_mode & 0o777 == 0o600
    secrets = dict(line.split("=", 1) for line in written.read_text().splitlines() if "=" in line)
    assert len(secrets["MOMA_SECRET_KEY"]) == len(secrets["POSTGRES_PASSWORD"]) == 64
    calls, done = containers(tmp_path, "2.26.1")
    assert "changed=0" in done.stdout
    assert not [call for call in calls if " up " in call or " exec " in call]
    calls, done = containers(tmp_path, "2.26.1", "-e", "state=absent")
    assert calls == ["compose --file deploy/compose.yaml down"]
    assert not (tmp_path / "site").exists()
    assert (tmp_path / "secrets/secret_key").exists()  # they go with the data only


def test_containers_get_their_model_and_a_worker_for_each_gpu(tmp_path: Path) -> None:
    variables = {
        "moma_model": "/weights/mine",
        "moma_gpus": 3,
        "moma_hub_token": "hf_x",
        "containers_weights": "/srv/weights",
    }
    _, done = containers(tmp_path, "2.26.1", "-e", json.dumps(variables))
    assert done.returncode == 0, done.stdout + done.stderr
    lines = (tmp_path / "site/deploy/.env").read_text().splitlines()
    assert {"MODEL=/weights/mine", "WEIGHTS=/srv/weights", "HF_TOKEN=hf_x", "WORKERS=0"} <= set(lines)
    (profiles,) = (line.partition("=")[2].split(",") for line in lines if line.startswith("COMPOSE_PROFILES="))
    assert profiles == ["gpu", "gpu-2", "gpu-3"]
    assert {service["profiles"][0] for name, service in services().items() if name.startswith("worker-gpu")} > set(
        profiles
    )
    _, done = containers(tmp_path, "2.26.1", "-e", '{"moma_gpus": 5}')
    assert "moma_gpus must be a whole number from 0 to 4 (it is 5)" in " ".join(done.stdout.split())


def written(folder: Path, role: str, template: str, *cases: dict[str, object]) -> list[str]:
    """Fill in a role's template with the defaults of the plays, once with what each of ``cases`` tells beside them."""
    roles = FOLDER / "roles"
    tasks = [
        {
            "ansible.builtin.template": {
                "src": str(roles / role / "templates" / template),
                "dest": str(folder / f"{template}.{number}"),
            },
            "vars": variables,
        }
        for number, variables in enumerate(cases)
    ]
    files = [str(roles / "moma" / part / "main.yml") for part in ("defaults", "vars")]
    page = {"hosts": "localhost", "gather_facts": False, "vars_files": files, "tasks": tasks}
    (folder / "play.yml").write_text(json.dumps([page]))
    more = json.dumps({"moma_source": str(ROOT), "ansible_python_interpreter": sys.executable})
    done = run("ansible-playbook", "-i", "localhost,", "-c", "local", str(folder / "play.yml"), "-e", more)
    assert done.returncode == 0, done.stdout + done.stderr
    return [(folder / f"{template}.{number}").read_text("utf-8") for number in range(len(cases))]


def test_model_of_a_machine_is_in_its_settings_once_and_the_token_in_its_environment(tmp_path: Path) -> None:
    secrets: dict[str, object] = {"settings_of": {"secret_key": "k", "metrics_token": "t"}}
    variables = secrets | {"moma_model": "/srv/models/mine"}
    texts = written(
        tmp_path,
        "settings",
        "settings.toml.j2",
        variables,
        variables | {"moma_settings": {"model": "an/other"}},
        secrets,
        variables | {"moma_vae": "/srv/models/vae", "moma_offload": "model"},
    )
    of_model, of_settings, of_neither, of_more = map(tomllib.loads, texts)
    assert of_model["model"] == "/srv/models/mine"
    assert of_settings["model"] == "an/other"
    assert "model" not in of_neither
    assert (of_more["vae"], of_more["offload"]) == ("/srv/models/vae", "model")
    with_token, without = written(tmp_path, "settings", "environment.j2", {"moma_hub_token": "hf_x"}, {})
    assert "HF_TOKEN=hf_x\n" in with_token
    assert "HF_TOKEN" not in without


def test_workers_under_supervisor_get_one_gpu_each(tmp_path: Path) -> None:
    worker = "/srv/moma/current/.venv/bin/python -m worker"
    plain, given = written(tmp_path, "service", "programs.conf.j2", {}, {"moma_gpus": 2, "moma_workers": 2})
    assert f"command=/bin/sh /srv/moma/current/deploy/as_moma.sh {worker}\n" in plain
    script = "/bin/sh /usr/local/bin/moma-one-gpu %(process_num)d"
    assert f"command=/bin/sh /srv/moma/current/deploy/as_moma.sh {script} {worker}\n" in given
    assert given.count("moma-one-gpu") == 1
    assert "numprocs=2\n" in given


def test_engine_that_cannot_read_the_compose_file_is_refused(tmp_path: Path) -> None:
    _, done = containers(tmp_path, "1.29.2")
    assert "must be 2.23.1 or newer (it is 1.29.2)" in " ".join(done.stdout.split())


@pytest.mark.parametrize(
    ("name", "setting", "message"),
    [
        ("machine", "machine_cloud=hcloud", "value of machine_cloud must be one of: gcloud, got: hcloud"),
        ("cluster", "cluster_cloud=eks", "value of cluster_cloud must be one of: gcloud, got: eks"),
        ("cluster", "cluster_nodes_min=0", "cluster_nodes_min must be at least 1 (it is 0)"),
        ("cluster_deploy", "cluster_deploy_overlay=moon", "cluster_deploy_overlay"),
        ("images", "images_engine=lorry", "images_engine"),
        ("images", "moma_version=nowhere", "moma_version must name a commit, tag or branch"),
        ("machine", "state=gone", "value of state must be one of: present, absent"),
    ],
)
def test_bad_input_is_refused_by_its_name_and_limit(name: str, setting: str, message: str) -> None:
    number = setting.split("=")
    value = f'{{"{number[0]}": {number[1]}}}' if number[1].isdigit() else setting
    settings = ["-e", value, "-e", "images_registry=example.org/a"]
    done = run("ansible-playbook", "-i", "localhost,", f"{name}.yml", *settings)
    assert done.returncode != 0
    assert message in " ".join((done.stdout + done.stderr).split())


def test_every_play_reads_well_and_stands_in_the_manual() -> None:
    pages = sorted(path.name for path in FOLDER.glob("*.yml") if "example" not in path.name)
    checked = run("ansible-playbook", "--syntax-check", "-i", "inventory.example.yml", *pages)
    assert checked.returncode == 0, checked.stderr
    manual = (ROOT / "docs/how-to/operators/ansible.md").read_text("utf-8")
    assert [page for page in pages if page not in manual] == []
