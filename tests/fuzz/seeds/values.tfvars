types = ["ecs.g8i.8xlarge", "ecs.g8i.4xlarge"]
pools = {
  a = { size = 3, zone = "j" }
  "b" = { size = 2.5, zone = "k${1 + 1}" }
}
# a comment
unknown = null /* another */
