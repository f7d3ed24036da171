terraform {
  required_version = ">= 1.5"
}

variable "types" {
  type    = list(string)
  default = ["ecs.g8i.8xlarge"]
}

variable "pools" {
  type = map(object({ size = optional(number, 3), zone = string }))
  default = {
    a = { size = 3, zone = "j" }
    b = { zone = "k" }
  }
}

locals {
  label = { key = "k8s.aliyun.com/exclusive-mode-eni-type", value = "eniOnly" }
  names = [for name, pool in var.pools : upper("${name}-${pool.zone}") if pool.size > 1]
  sizes = { for name, pool in var.pools : name => pool.size... }
  text  = <<-EOT
    %{for name in local.names~}
    ${name}
    %{endfor~}
  EOT
}

data "alicloud_vswitches" "all" {
  name_regex = "^pods"
}

resource "alicloud_cs_managed_kubernetes" "k" {
  version         = "1.34.3-aliyun.1"
  ip_stack        = "ipv4"
  pod_vswitch_ids = ["vsw-j"]

  addons {
    name    = "terway-eniip"
    version = "v1.16.4"
    config  = jsonencode({ ENITrunking = "true" })
  }
}

resource "alicloud_cs_kubernetes_node_pool" "eni" {
  for_each       = var.pools
  cluster_id     = alicloud_cs_managed_kubernetes.k.id
  node_pool_name = format("%s-%02d", each.key, length(local.names))
  instance_types = concat(var.types, try(each.value.types, []))
  vswitch_ids    = each.key == "a" ? ["vsw-j"] : data.alicloud_vswitches.all.ids
  desired_size   = max(each.value.size, 1) * 2 - 1

  labels {
    key   = local.label.key
    value = local.label["value"]
  }

  dynamic "taints" {
    for_each = toset(["exclusive-eni"])
    content {
      key    = taints.value
      value  = "true"
      effect = "NoSchedule"
    }
  }

  lifecycle {
    ignore_changes = [desired_size]
  }
}

module "more" {
  source = "./more"
  count  = 2
  types  = slice(var.types, 0, 1)
  name   = replace(local.names[0], "/[A-Z]/", "x")
}

resource "kubectl_manifest" "pn" {
  yaml_body = yamlencode({
    apiVersion = "network.alibabacloud.com/v1beta1"
    kind       = "PodNetworking"
    metadata   = { name = "trading-eni" }
    spec       = { eniOptions = { eniType = "ENI" }, vSwitchOptions = ["vsw-j"] }
  })
}

resource "kubernetes_deployment_v1" "web" {
  metadata {
    name = "web"
  }
  spec {
    replicas = length(var.types)
    template {
      metadata {
        labels = { app = "web" }
      }
      spec {
        node_selector = { "k8s.aliyun.com/exclusive-mode-eni-type" = "eniOnly" }
        toleration {
          key      = "exclusive-eni"
          operator = "Exists"
        }
        container {
          name = "web"
          resources {
            limits   = { "aliyun/eni" = 1 }
            requests = { "aliyun/eni" = 1 }
          }
        }
      }
    }
  }
}

output "id" {
  value = alicloud_cs_kubernetes_node_pool.eni[*].id
}

variable "level" {}

resource "kubectl_manifest" "agent" {
  yaml_body = <<-YAML
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: "${var.level}-agent", namespace: agents}
    spec:
      selector: {matchLabels: {app: a}}
      template:
        spec:
          tolerations: [{operator: Exists}]
          containers: [{name: a, image: "agent:${var.level}", args: ["--level=${var.level}"]}]
  YAML
}

resource "kubernetes_manifest" "web" {
  manifest = yamldecode(<<-YAML
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: ${var.level}}
    spec:
      selector: {matchLabels: {app: a}}
      replicas: ${var.level}
      template: {spec: {tolerations: [{operator: Exists}], containers: [{name: a, image: ${var.level}}]}}
  YAML
  )
}
