variable "types" {
  type = list(string)
}
locals {
  size = 3
}
component "ack" {
  for_each = toset(["a"])
  source   = "./more"
  inputs = {
    types = var.types
    size  = local.size
    name  = "pool-${each.key}"
  }
}
