# tocsin on Kubernetes by its chart, with the secrets that its configuration names. The chart makes the topics between the
# parts, and the dashboards, where they are asked for.
terraform {
  required_version = ">= 1.6"
  required_providers {
    helm       = { source = "hashicorp/helm", version = "~> 3.0" }
    kubernetes = { source = "hashicorp/kubernetes", version = "~> 2.30" }
  }
}

resource "kubernetes_namespace_v1" "this" {
  metadata {
    name = var.namespace
  }
}

resource "kubernetes_secret_v1" "environment" {
  metadata {
    name      = local.secret
    namespace = kubernetes_namespace_v1.this.metadata[0].name
  }
  data = var.secrets
}

resource "helm_release" "this" {
  name       = var.name
  namespace  = kubernetes_namespace_v1.this.metadata[0].name
  chart      = var.chart
  atomic     = true
  timeout    = 900
  values     = local.values
  depends_on = [kubernetes_secret_v1.environment]
}
