#!/bin/sh
# Two images from one Dockerfile, one after the other, as many CI jobs make them.
set -e
for target in alpha beta; do
  buildctl build --progress=plain --frontend dockerfile.v0 --local context=. --local dockerfile=. --opt target=$target \
    --export-cache "type=registry,ref=$REGISTRY/$target:cache,mode=max" \
    --import-cache "type=registry,ref=$REGISTRY/$target:cache"
done
