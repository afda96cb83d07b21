variable "REGISTRY" {}

group "default" {
  targets = ["first", "second"]
}

target "first" {
  target     = "alpha"
  cache-to   = ["type=registry,ref=${REGISTRY}/alpha:cache,mode=max"]
  cache-from = ["type=registry,ref=${REGISTRY}/alpha:cache"]
}

target "second" {
  target     = "beta"
  cache-to   = ["type=registry,ref=${REGISTRY}/beta:cache,mode=max"]
  cache-from = ["type=registry,ref=${REGISTRY}/beta:cache"]
}
