# Values of the chart that follow from the variables. They need no provider, so that they can be looked at without one.
locals {
  secret = "${var.name}-environment"
  values = concat([
    yamlencode({
      image        = { for key, value in var.image : key => value if value != null }
      config       = var.config
      createTopics = var.create_topics
      secretEnv    = [for key in nonsensitive(keys(var.secrets)) : { name = key, secret = local.secret, key = key }]
      monitoring = {
        serviceMonitor = { enabled = var.monitoring }
        prometheusRule = { enabled = var.monitoring }
        dashboards     = { enabled = var.dashboards }
      }
    })
  ], var.values)
}

output "values" {
  description = "Values that the chart is installed with, as `helm template --values` takes them."
  value       = local.values
}
