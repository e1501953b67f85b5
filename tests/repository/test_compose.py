"""The compose file: what it names is there, what it passes on is taken, and every service is bounded and asked."""

import fnmatch
import re

import pytest
import yaml

from app.core.config import DEFAULTS, ROOT
from tests.support.compose import COMPOSE, OF_THE_MODEL, WITH_BUCKET, filled, services
from tests.support.dockerfile import build_arguments, stages
from tests.support.nginx import BUCKET

WORKERS = ("worker", "worker-gpu", "worker-gpu-2", "worker-gpu-3", "worker-gpu-4")
HUB = {"HF_TOKEN"}
OF_THE_ADDRESS = {"MOMA_TRUSTED_HOSTS", "MOMA_PUBLIC_ORIGIN"}
"""What the libraries of the Hugging Face hub read, beside our settings."""


def test_compose_file_and_nginx_know_the_same_names() -> None:
    template = (ROOT / "deploy" / "nginx" / "moma.conf.template").read_text("utf-8")
    asked = set(re.findall(r"\$\{(MOMA_[A-Z_]+)\}", template))
    assert asked <= set(services()["nginx"]["environment"])
    for name in ("migrate", "web", *WORKERS):
        given = set(services()[name]["environment"]) - (OF_THE_MODEL | HUB if name in WORKERS else set())
        assert given <= {f"MOMA_{setting}" for setting in DEFAULTS}, name


def test_compose_file_names_only_targets_and_files_that_are_there() -> None:
    compose = COMPOSE.read_text("utf-8") + WITH_BUCKET.read_text("utf-8")
    builds = [service["build"] for service in services(with_bucket=True).values() if "build" in service]
    assert {build["target"] for build in builds} == {"web", "worker"}
    assert all(set(build["args"]) <= build_arguments(build["target"]) for build in builds)
    for path in re.findall(r"^ +- (\.{1,2}/[^:]+):", compose, re.MULTILINE):
        assert (ROOT / "deploy" / path).exists(), path
    asked = set(re.findall(r"\$\{([A-Z_]+)[:}]", compose)) | set(re.findall(r"\$\{([A-Z_]+):[-?]", compose))
    asked |= {secret["environment"] for secret in yaml.safe_load(COMPOSE.read_text("utf-8"))["secrets"].values()}
    asked |= {name for name in services(with_bucket=True)["web"]["environment"] if name.startswith("AWS_")}
    asked |= OF_THE_MODEL | OF_THE_ADDRESS | HUB | {"COMPOSE_PROFILES"}  # which compose reads itself
    example = (ROOT / "deploy" / "example.env").read_text("utf-8")
    assert asked == set(re.findall(r"^#?([A-Z_]+)=", example, re.MULTILINE))
    assert not fnmatch.filter(example.splitlines(), "MOMA_SECRET_KEY=?*")


def test_compose_file_keeps_what_the_web_process_writes_beyond_a_restart() -> None:
    named = yaml.safe_load(COMPOSE.read_text("utf-8"))["volumes"]
    web = filled({})["web"]
    kept = dict(volume.split(":", 1) for volume in web["volumes"])
    assert kept == {"forms": "/tmp", "instance": "/data", "media": "/data/media", "weights": "/weights:ro"}
    assert set(kept) <= set(named)


def test_bodies_of_uploads_are_kept_on_disk_where_they_count_as_no_memory() -> None:
    everything = filled({})
    assert everything["web"]["tmpfs"] == []
    assert "uploads:/var/cache/nginx" in everything["nginx"]["volumes"]
    assert not [folder for folder in everything["nginx"]["tmpfs"] if folder.startswith("/var/cache")]


def test_every_service_is_bounded_and_its_logs_turn() -> None:
    for name, service in services().items():
        assert service["mem_limit"], name
        assert service["logging"]["options"]["max-size"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert "image" not in service or re.fullmatch(r".+:[\w.-]*\d[\w.-]*", service["image"]), name
        assert service.get("read_only") or name == "grafana", name


@pytest.mark.slow
def test_every_service_that_stays_is_asked_whether_it_is_well() -> None:
    """Those that are built have the check of their image."""
    for name, service in services().items():
        assert "healthcheck" in service or "build" in service, name
        for other, how in service.get("depends_on", {}).items():
            ends = services()[other]["restart"] == "no"
            assert how["condition"] == ("service_completed_successfully" if ends else "service_healthy")


def test_checks_by_http_ignore_a_proxy_that_containers_are_given() -> None:
    """Docker puts http_proxy of its client's settings into each container; busybox's wget obeys it even for itself."""
    checks = {name: service["healthcheck"]["test"] for name, service in services().items() if "healthcheck" in service}
    by_http = {name: command for name, command in checks.items() if "wget" in command}
    assert set(by_http) == {"nginx", "grafana"}
    assert all(command[:5] == ["CMD", "env", "-u", "http_proxy", "wget"] for command in by_http.values())


def test_profiles_add_to_the_site_and_take_nothing_from_it() -> None:
    by_profile = {name: service.get("profiles", []) for name, service in services().items()}
    assert {name for name, profiles in by_profile.items() if profiles == ["gpu"]} == {"worker-gpu"}
    assert all(by_profile[name] == [name.removeprefix("worker-")] for name in WORKERS[1:])
    assert {name for name, profiles in by_profile.items() if profiles == ["monitoring"]} == {"prometheus", "grafana"}
    plain = {name for name, profiles in by_profile.items() if not profiles}
    assert all(set(services()[name].get("depends_on", {})) <= plain for name in plain)


@pytest.mark.slow
def test_each_gpu_worker_has_a_gpu_of_its_own() -> None:
    for number, name in enumerate(WORKERS[1:]):
        service = services()[name]
        (device,) = service["deploy"]["resources"]["reservations"]["devices"]
        assert device == {"driver": "nvidia", "device_ids": [str(number)], "capabilities": ["gpu"]}
        assert service["build"]["args"]["DEVICE"] == "cuda"
        differs = {key for key in service if service[key] != services()["worker-gpu"][key]}
        assert differs <= {"profiles", "deploy"}
    assert filled({})["worker"]["deploy"] == {"replicas": "1"}
    assert filled({"WORKERS": "0"})["worker"]["deploy"] == {"replicas": "0"}


def test_model_is_the_same_for_web_and_workers_and_set_in_one_place() -> None:
    plain, own = filled({}), filled({"MODEL": "/weights/mine", "MODELS": '["some/other"]'})
    for name in ("web", *WORKERS):
        assert plain[name]["environment"]["MOMA_MODEL"] == DEFAULTS["MODEL"]
        assert plain[name]["environment"]["MOMA_MODELS"] == "[]"
        assert own[name]["environment"]["MOMA_MODEL"] == "/weights/mine"
        assert own[name]["environment"]["MOMA_MODELS"] == '["some/other"]'
    assert "HF_TOKEN" not in plain["web"]["environment"]
    for name in WORKERS:
        unset = {key for key, value in plain[name]["environment"].items() if value is None}
        assert unset == OF_THE_MODEL | HUB  # as deploy/.env has them


@pytest.mark.slow
def test_weights_are_a_volume_or_a_folder_that_workers_write_and_web_reads() -> None:
    for source in ("weights", "/srv/weights"):
        values = {} if source == "weights" else {"WEIGHTS": source}
        for name in WORKERS:
            assert f"{source}:/weights" in filled(values)[name]["volumes"]
            assert filled(values)[name]["read_only"] is True
        assert f"{source}:/weights:ro" in filled(values)["web"]["volumes"]
    assert "weights" in yaml.safe_load(COMPOSE.read_text("utf-8"))["volumes"]


def test_memory_of_workers_is_settable_and_holds_sdxl_with_a_gpu() -> None:
    assert filled({})["worker"]["mem_limit"] == "3g"
    for name in WORKERS[1:]:
        assert int(filled({})[name]["mem_limit"].removesuffix("g")) >= 21  # SDXL, loading: own-model.md
    assert {filled({"WORKER_MEMORY": "30g"})[name]["mem_limit"] for name in WORKERS} == {"30g"}


def test_prometheus_asks_the_web_service_with_the_token_that_both_are_given() -> None:
    document = yaml.safe_load((ROOT / "deploy" / "monitoring" / "prometheus.yml").read_text("utf-8"))
    web, workers = document["scrape_configs"]
    (discovery,) = workers["http_sd_configs"]
    (secret,) = services()["prometheus"]["secrets"]
    for asking in (web, discovery):
        assert asking["authorization"]["credentials_file"] == f"/run/secrets/{secret}"
    variable = yaml.safe_load(COMPOSE.read_text("utf-8"))["secrets"][secret]["environment"]
    assert services()["web"]["environment"]["MOMA_METRICS_TOKEN"] == f"${{{variable}:-}}"
    (port,) = stages()["web"].all("EXPOSE")
    assert web["static_configs"] == [{"targets": [f"web:{port}"]}]
    assert discovery["url"] == f"http://web:{port}/metrics/workers"
    beside = {volume.split(":")[1] for volume in services()["prometheus"]["volumes"]}
    assert {f"/etc/prometheus/{name}" for name in ["prometheus.yml", *document["rule_files"]]} <= beside


def test_web_alone_is_given_the_hosts_and_the_address_of_the_site() -> None:
    assert {name for name, each in services().items() if OF_THE_ADDRESS & {*each.get("environment", ())}} == {"web"}
    assert services()["web"]["environment"].keys() >= OF_THE_ADDRESS


def test_file_for_a_bucket_gives_nginx_what_fetches_and_all_who_read_or_write_the_same_place() -> None:
    assert set(yaml.safe_load(WITH_BUCKET.read_text("utf-8"))["services"]) <= set(services())
    whole, template = services(with_bucket=True), BUCKET.read_text("utf-8")
    assert (
        "./nginx/moma-bucket.conf.template:/etc/nginx/templates/moma.d/bucket.conf.template:ro"
        in (whole["nginx"]["volumes"])
    )
    assert set(re.findall(r"\$\{(MOMA_[A-Z_]+)\}", template)) <= set(whole["nginx"]["environment"])
    assert f"location {whole['web']['environment']['MOMA_ACCEL_PREFIX']} {{" in template
    for name in ("web", *WORKERS):
        given = whole[name]["environment"]
        assert given["MOMA_MEDIA_URL"] == "${MEDIA_URL:?see deploy/example.env}", name
        assert {each for each, value in given.items() if value is None} - HUB - OF_THE_MODEL - OF_THE_ADDRESS == {
            "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL"
        }  # fmt: skip
        assert whole[name]["build"]["args"]["EXTRAS"] == "${EXTRAS:-s3}", name
