include "root" {
  path = find_in_parent_folders("root.hcl")
}
locals {
  env    = "prod"
  labels = { team = upper(local.env) }
}
dependency "vpc" {
  config_path = "../vpc"
}
terraform {
  source = "${get_terragrunt_dir()}/more//?ref=v1"
}
inputs = merge(
  { types = ["ecs.g8i.8xlarge"], name = "pool-${local.env}" },
  { zones = dependency.vpc.outputs.zones },
)
