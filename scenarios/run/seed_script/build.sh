#!/bin/sh
# ./build.sh ATTRIBUTE: what a CI job calls. BUILDKIT_HOST says where the daemon is.
exec buildctl build --progress=plain --frontend dockerfile.v0 --local context=. --local dockerfile=. \
  --export-cache "type=registry,ref=$REGISTRY/app:cache,$1" --import-cache "type=registry,ref=$REGISTRY/app:cache"
