#!/usr/bin/env bash
# Write a kustomization that puts a release's images into one of deploy/k8s/overlays:
#   deploy/release/overlay.sh cpu ghcr.io/someone/moma-lisa 1.0.0 build/rollout
set -euo pipefail
overlay=$1 registry=$2 version=$3 target=$4
root=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$target"
worker=$version
if [ "$overlay" = gpu ]; then worker=$version-cuda; fi
{
  echo "apiVersion: kustomize.config.k8s.io/v1beta1"
  echo "kind: Kustomization"
  echo "resources: [$(realpath --relative-to="$target" "$root/deploy/k8s/overlays/$overlay")]"
  echo "images:"
  echo "  - {name: registry.example.org/moma/web, newName: $registry/web, newTag: \"$version\"}"
  echo "  - {name: registry.example.org/moma/worker, newName: $registry/worker, newTag: \"$worker\"}"
} > "$target/kustomization.yaml"
