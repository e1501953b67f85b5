"""What a cluster is given: deploy/k8s rendered, held against the schemas, and against what a cluster should ask."""

import re
from typing import Any

import pytest
import yaml

from app.core.config import DEFAULTS, ROOT
from app.storage import engines
from tests.support import manifests, needs
from tests.support.dockerfile import stages
from tests.support.manifests import FOLDER, OVERLAYS, Manifest, pods, rendered
from tests.support.nginx import BUCKET, TEMPLATE

pytestmark = pytest.mark.slow

GUIDES = [ROOT / "docs/how-to/operators" / name for name in ("kubernetes.md", "own-model.md")]
HUB_MODEL = "stabilityai/sdxl-turbo"


@pytest.fixture(autouse=True)
def _kubectl() -> None:
    needs.require("kubectl")


@pytest.fixture(params=OVERLAYS)
def overlay(request: pytest.FixtureRequest) -> tuple[Manifest, ...]:
    """Every overlay, rendered."""
    return rendered(request.param)


def one(found: tuple[Manifest, ...], kind: str, name: str) -> Manifest:
    (manifest,) = (each for each in found if (each["kind"], each["metadata"]["name"]) == (kind, name))
    return manifest


def containers(pod: Manifest) -> list[Manifest]:
    return [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]


def test_manifests_fit_their_schemas(overlay: tuple[Manifest, ...]) -> None:
    assert [(each["kind"], manifests.flaws(each)) for each in overlay if manifests.flaws(each)] == []


@pytest.mark.parametrize(
    ("kind", "spoilt"),
    [
        ("Deployment", {"replica": 2}),
        ("NetworkPolicy", {"podSelectors": {}}),
        ("ScaledObject", {"minReplicas": 1}),
        ("TriggerAuthentication", {"secretTargetRef": [{"parameter": "connection"}]}),
    ],
)
def test_schemas_find_what_is_wrong(kind: str, spoilt: dict[str, Any]) -> None:
    manifest = next(each for each in rendered("cpu") if each["kind"] == kind)
    assert manifests.flaws(manifest | {"spec": manifest["spec"] | spoilt}) != []


def test_pods_are_of_the_restricted_profile(overlay: tuple[Manifest, ...]) -> None:
    for name, pod in pods(overlay):
        spec, security = pod["spec"], pod["spec"]["securityContext"]
        assert security["runAsNonRoot"] is True, name
        assert security["runAsUser"] > 0, name
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec), name
        assert spec["automountServiceAccountToken"] is False, name
        assert not any("hostPath" in volume for volume in spec["volumes"]), name
        for container in containers(pod):
            own = container["securityContext"]
            assert own["allowPrivilegeEscalation"] is False, name
            assert own["readOnlyRootFilesystem"] is True, name
            assert own["capabilities"] == {"drop": ["ALL"]}, name
    namespace = one(overlay, "Namespace", "moma")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_containers_have_their_share_and_images_of_a_version(overlay: tuple[Manifest, ...]) -> None:
    for name, pod in pods(overlay):
        for container in containers(pod):
            assert {"cpu", "memory"} <= set(container["resources"]["requests"]), name
            assert "memory" in container["resources"]["limits"], name
            assert re.fullmatch(r"[\w./-]+:[\w.-]*\d[\w.-]*", container["image"]), container["image"]


def test_what_stays_is_asked_whether_it_is_ready(overlay: tuple[Manifest, ...]) -> None:
    for name, pod in pods(overlay):
        for container in pod["spec"]["containers"] if not name.startswith("Job") else []:
            assert {"startupProbe", "readinessProbe"} <= set(container), name
            assert "livenessProbe" in container or container["name"] == "worker", name  # which ends itself


def test_volumes_are_all_there_and_all_used(overlay: tuple[Manifest, ...]) -> None:
    claimed = {each["metadata"]["name"] for each in overlay if each["kind"] == "StatefulSet"}
    for name, pod in pods(overlay):
        mounted = {mount["name"] for container in containers(pod) for mount in container["volumeMounts"]}
        own = {volume["name"] for volume in pod["spec"]["volumes"]}
        assert mounted - own == ({"data"} if name.removeprefix("StatefulSet ") in claimed else set()), name
        assert own <= mounted, name
        for volume in pod["spec"]["volumes"]:
            assert len(volume) == 2, volume  # its name and one source


def test_references_lead_to_what_is_there_or_to_secrets_that_the_guide_makes(overlay: tuple[Manifest, ...]) -> None:
    names = {(each["kind"], each["metadata"]["name"]) for each in overlay}
    guide = "".join(page.read_text("utf-8") for page in GUIDES)
    for pod in (pod for _, pod in pods(overlay)):
        text = repr(pod)
        for name in re.findall(r"configMap(?:Ref)?': \{'name': '([\w-]+)'", text):
            assert ("ConfigMap", name) in names
        for name in re.findall(r"'claimName': '([\w-]+)'", text):
            assert ("PersistentVolumeClaim", name) in names
        for name in re.findall(r"secret(?:Ref|KeyRef)': \{(?:'key': '\w+', )?'name': '([\w-]+)'", text):
            assert f"create secret generic {name} " in guide
        if account := pod["spec"].get("serviceAccountName"):
            assert ("ServiceAccount", account) in names
    assert "create secret generic moma-keda " in guide
    assert not any(kind == "Secret" for kind, _ in names)


def test_scalers_and_budgets_and_services_select_what_is_there(overlay: tuple[Manifest, ...]) -> None:
    labels = [pod["metadata"]["labels"] for _, pod in pods(overlay)]
    deployments = {each["metadata"]["name"] for each in overlay if each["kind"] == "Deployment"}
    for each in overlay:
        if each["kind"] in ("HorizontalPodAutoscaler", "ScaledObject"):
            assert each["spec"]["scaleTargetRef"]["name"] in deployments
        if each["kind"] in ("PodDisruptionBudget", "Service"):
            wanted = each["spec"]["selector"].get("matchLabels", each["spec"]["selector"])
            assert any(wanted.items() <= found.items() for found in labels), each["metadata"]["name"]
    assert not any(
        "replicas" in each["spec"] for each in overlay if each["kind"] == "Deployment"
    )  # the scalers' to say


def test_settings_are_settings_and_nginx_gets_all_it_asks_for(overlay: tuple[Manifest, ...]) -> None:
    settings = one(overlay, "ConfigMap", "moma-settings")["data"]
    assert {name.removeprefix("MOMA_") for name in settings} <= {*DEFAULTS, "AWS_DEFAULT_REGION"}
    names = one(overlay, "ConfigMap", "moma-nginx-names")["data"]
    assert names["MOMA_LOG_VISITORS"] == settings["MOMA_LOG_VISITORS"]
    templates = nginx_templates(overlay)
    assert templates.pop("default.conf.template") == TEMPLATE.read_text("utf-8")
    assert set(re.findall(r"\$\{(MOMA_[A-Z_]+)\}", TEMPLATE.read_text("utf-8"))) <= set(names)
    if settings["MOMA_MEDIA_URL"].startswith("file:"):
        assert (templates, settings["MOMA_ACCEL_PREFIX"]) == ({}, "/_media/")
    else:
        bucket = BUCKET.read_text("utf-8")
        assert templates == {"moma.d/bucket.conf.template": bucket}
        assert set(re.findall(r"\$\{(MOMA_[A-Z_]+)\}", bucket)) <= set(names)
        assert f"location {settings['MOMA_ACCEL_PREFIX']} {{" in bucket


def nginx_templates(overlay: tuple[Manifest, ...]) -> dict[str, str]:
    """Return what nginx finds in its folder of templates: path and text."""
    pod = one(overlay, "Deployment", "moma-web")["spec"]["template"]["spec"]
    (volume,) = (volume["configMap"] for volume in pod["volumes"] if volume["name"] == "nginx")
    texts = one(overlay, "ConfigMap", volume["name"])["data"]
    return {item["path"]: texts[item["key"]] for item in volume["items"]}


def test_nothing_is_open_by_default_and_what_is_opened_is_distinguished(overlay: tuple[Manifest, ...]) -> None:
    policies = {each["metadata"]["name"]: each["spec"] for each in overlay if each["kind"] == "NetworkPolicy"}
    assert policies.pop("moma-nothing") == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    for name, policy in policies.items():
        for rule in [*policy.get("ingress", []), *policy.get("egress", [])]:
            assert rule.get("ports"), name
            assert rule.get("from") or rule.get("to"), name
    visitors = policies["moma-visitors"]["ingress"][0]
    nginx = one(overlay, "Service", "moma-web")["spec"]["ports"][0]
    assert (visitors["ports"][0]["port"], nginx["targetPort"]) == (8080, "http")


def test_worker_has_more_time_to_end_than_a_lease_lasts(overlay: tuple[Manifest, ...]) -> None:
    worker = one(overlay, "Deployment", "moma-worker")["spec"]["template"]["spec"]
    assert worker["terminationGracePeriodSeconds"] >= 2 * DEFAULTS["LEASE_SECONDS"]
    web = one(overlay, "Deployment", "moma-web")["spec"]["template"]["spec"]
    waits = int(web["containers"][0]["lifecycle"]["preStop"]["exec"]["command"][1])
    graceful = re.search(r"^graceful_timeout = (\d+)", (ROOT / "deploy/gunicorn.conf.py").read_text(), re.MULTILINE)
    assert graceful is not None
    assert web["terminationGracePeriodSeconds"] >= waits + int(graceful[1])


def test_web_pods_open_no_more_connections_than_the_scaler_says(overlay: tuple[Manifest, ...]) -> None:
    web = one(overlay, "Deployment", "moma-web")["spec"]["template"]["spec"]["containers"][0]
    (processes,) = (int(each["value"]) for each in web["env"] if each["name"] == "WEB_CONCURRENCY")
    most = one(overlay, "HorizontalPodAutoscaler", "moma-web")["spec"]["maxReplicas"]
    sentence = f"{most} pods × {processes} processes × {engines.CONNECTIONS} connections"
    assert sentence in (FOLDER / "base" / "web-scaling.yaml").read_text("utf-8")


def test_what_differs_between_overlays_is_where_media_are_and_what_paints() -> None:
    def media(name: str) -> Any:
        pod = one(rendered(name), "Deployment", "moma-worker")["spec"]["template"]["spec"]
        return next(volume for volume in pod["volumes"] if volume["name"] == "media")

    assert media("cpu")["persistentVolumeClaim"] == media("gpu")["persistentVolumeClaim"] == {"claimName": "moma-media"}
    assert "emptyDir" in media("buckets")
    assert one(rendered("buckets"), "ConfigMap", "moma-settings")["data"]["MOMA_MEDIA_URL"].startswith("s3://")
    worker = one(rendered("gpu"), "Deployment", "moma-worker")["spec"]["template"]["spec"]["containers"][0]
    assert worker["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert worker["image"].endswith("-cuda")
    assert worker_deployment("gpu")["spec"]["strategy"]["rollingUpdate"] == {"maxUnavailable": 1, "maxSurge": 0}


def worker_deployment(overlay: str) -> Manifest:
    return one(rendered(overlay), "Deployment", "moma-worker")


def mounts(overlay: str, deployment: str, container: str) -> dict[str, Manifest]:
    """Return where a container finds each of its volumes."""
    pod = one(rendered(overlay), "Deployment", deployment)["spec"]["template"]["spec"]
    (found,) = (each for each in pod["containers"] if each["name"] == container)
    return {mount["name"]: mount for mount in found["volumeMounts"]}


@pytest.mark.parametrize(("overlay", "model"), [("own-model", "/weights/my-model"), ("hub-model", HUB_MODEL)])
def test_own_model_is_set_once_and_its_volume_is_written_by_workers_alone(overlay: str, model: str) -> None:
    home = next(value for step in stages()["worker"].all("ENV") for value in step.split() if "HF_HOME" in value)
    assert home == "HF_HOME=/weights/huggingface"
    assert one(rendered(overlay), "ConfigMap", "moma-settings")["data"]["MOMA_MODEL"] == model
    assert mounts(overlay, "moma-worker", "worker")["weights"] == {"name": "weights", "mountPath": "/weights"}
    assert mounts(overlay, "moma-web", "web")["weights"]["readOnly"] is True
    claim = one(rendered(overlay), "PersistentVolumeClaim", "moma-weights")
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]


@pytest.mark.parametrize("overlay", ["own-model", "hub-model"])
def test_own_model_has_the_memory_and_the_time_to_load(overlay: str) -> None:
    deployment = worker_deployment(overlay)
    (worker,) = deployment["spec"]["template"]["spec"]["containers"]
    assert int(worker["resources"]["limits"]["memory"].removesuffix("Gi")) >= 21  # SDXL, loading: own-model.md
    assert worker["resources"]["limits"]["nvidia.com/gpu"] == "1"
    probe = worker["startupProbe"]
    assert probe["exec"] == {"command": ["test", "-s", "/data/device.json"]}
    assert probe["periodSeconds"] * probe["failureThreshold"] >= 3600
    assert deployment["spec"]["progressDeadlineSeconds"] >= 3600


def test_hub_is_open_to_workers_of_the_overlay_that_asks_for_it_and_to_nothing_else() -> None:
    def policies(overlay: str) -> dict[str, Manifest]:
        return {each["metadata"]["name"]: each["spec"] for each in rendered(overlay) if each["kind"] == "NetworkPolicy"}

    assert [name for name in OVERLAYS if "moma-hub" in policies(name)] == ["hub-model"]
    policy = policies("hub-model")["moma-hub"]
    assert policy["podSelector"] == {"matchLabels": {"app.kubernetes.io/component": "worker"}}
    assert policy["policyTypes"] == ["Egress"]
    assert [rule["ports"] for rule in policy["egress"]] == [[{"port": 443, "protocol": "TCP"}]]
    (worker,) = worker_deployment("hub-model")["spec"]["template"]["spec"]["containers"]
    assert {"secretRef": {"name": "moma-hub", "optional": True}} in worker["envFrom"]
    assert "moma-hub" not in repr(worker_deployment("own-model"))
    assert "moma-hub" not in repr(one(rendered("hub-model"), "Deployment", "moma-web"))


def test_pod_that_copies_weights_is_restricted_and_mounts_the_same_volume() -> None:
    pod = yaml.safe_load((FOLDER / "weights.yaml").read_text("utf-8"))
    assert manifests.flaws(pod) == []
    security, (container,) = pod["spec"]["securityContext"], pod["spec"]["containers"]
    assert security["runAsNonRoot"] is True
    assert str(security["runAsUser"]) == stages()["worker"].all("USER")[-1]
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    claim = one(rendered("own-model"), "PersistentVolumeClaim", "moma-weights")
    assert pod["metadata"]["namespace"] == claim["metadata"]["namespace"]
    assert [volume["persistentVolumeClaim"]["claimName"] for volume in pod["spec"]["volumes"]] == ["moma-weights"]
