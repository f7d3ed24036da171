variable "types" {}
variable "name" {}

resource "alicloud_cs_kubernetes_node_pool" "more" {
  node_pool_name = "${var.name}-more"
  instance_types = var.types
  desired_size   = 1

  labels {
    key   = "k8s.aliyun.com/exclusive-mode-eni-type"
    value = "eniOnly"
  }
}

output "name" {
  value = var.name
}
