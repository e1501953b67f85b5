#!/usr/bin/env bash
# Write a kustomization that puts a release's images into one of deploy/k8s/overlays:
#   deploy/release/overlay.sh cpu ghcr.io/someone/moma-lisa 1.2.0 build/rollout
set -euo pipefail
overlay=$1 registry=$2 version=$3 target=$4
root=$(cd "$(dirname "$0")/../.." && pwd)
if [ ! -f "$root/deploy/k8s/overlays/$overlay/kustomization.yaml" ]; then
  echo "There is no overlay \"$overlay\" in deploy/k8s/overlays; ROLLOUT_OVERLAY names one of them." >&2
  exit 1
fi
mkdir -p "$target"
resource=$(realpath --relative-to="$target" "$root/deploy/k8s/overlays/$overlay")
worker=$version
case "$overlay" in gpu | own-model | hub-model) worker=$version-cuda ;; esac
cat > "$target/kustomization.yaml" <<END
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [$resource]
images:
  - {name: registry.example.org/moma/web, newName: $registry/web, newTag: "$version"}
  - {name: registry.example.org/moma/worker, newName: $registry/worker, newTag: "$worker"}
END
