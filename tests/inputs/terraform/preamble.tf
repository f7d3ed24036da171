variable "texts" {
  type    = list(string)
  default = ["a", 1, true]
}
variable "sizes" {
  type    = map(number)
  default = { small = "1", large = 8 }
}
variable "names" {
  type    = set(string)
  default = ["b", "a", "b"]
}
variable "pool" {
  type = object({
    name  = string
    size  = optional(number, 3)
    zones = optional(list(string))
    disk  = optional(object({ size = optional(number, 120), category = string }), { category = "cloud_essd" })
  })
  default = { name = "trading", extra = "gone" }
}
variable "pools" {
  type = map(object({ types = list(string), exclusive = optional(bool, false) }))
  default = {
    eni  = { types = ["ecs.g8i.8xlarge"], exclusive = "true" }
    main = { types = [] }
  }
}
variable "pair" {
  type    = tuple([string, number])
  default = [1, "2"]
}
variable "anything" {
  type    = any
  default = [1, "a"]
}
variable "mixed" {
  type    = map(any)
  default = { a = 1, b = "x" }
}
variable "nothing" {
  type    = string
  default = null
}
variable "on" {
  type    = bool
  default = "true"
}
variable "prefix" {
  default = "prod"
}
locals {
  types   = ["ecs.g8i.8xlarge", "ecs.g7.2xlarge"]
  labels  = merge({ team = "a" }, { "k8s.aliyun.com/exclusive-mode-eni-type" = "eniOnly" })
  zones   = { j = "vsw-j", k = "vsw-k" }
  people  = [{ name = "ann", tags = ["x", "y"] }, { name = "bob", tags = [] }]
  by_zone = { for zone, id in local.zones : zone => { id = id, name = "${var.prefix}-${zone}" } }
}
