#!/usr/bin/env bash
# Deploys Nuclio functions on a GPU of this machine: every function-gpu.yaml below the given folder, by default all of ours.
#   serverless/deploy_gpu.sh [FOLDER]
# Needs docker and nuctl. REDIS_HOST and REDIS_PORT say where states are kept; NETWORK is the network of CVAT's containers.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
functions=$(realpath "${1:-$root/serverless}")
if [ ! -d "$functions" ]; then echo "There is no folder $functions." >&2; exit 2; fi
for command in docker nuctl; do
  command -v "$command" >/dev/null || { echo "$command is not installed; it is needed to deploy functions." >&2; exit 1; }
done

found=$(find "$functions" -name function-gpu.yaml | sort)
if [ -z "$found" ]; then echo "No function-gpu.yaml below $functions." >&2; exit 2; fi

docker build --tag roto.function.base:gpu --file "$root/serverless/Containerfile.gpu" "$root"
nuctl create project cvat --platform local

echo "$found" | while read -r file; do
  folder=$(dirname "$file")
  echo "Deploying $folder"
  nuctl deploy --project-name cvat --path "$folder" --file "$file" --platform local \
    --env CVAT_FUNCTIONS_REDIS_HOST="${REDIS_HOST:-cvat_redis_ondisk}" \
    --env CVAT_FUNCTIONS_REDIS_PORT="${REDIS_PORT:-6666}" \
    ${REDIS_PASSWORD:+--env CVAT_FUNCTIONS_REDIS_PASSWORD="$REDIS_PASSWORD"} \
    --platform-config "{\"attributes\": {\"network\": \"${NETWORK:-cvat_cvat}\"}}" </dev/null
done

nuctl get function --platform local
