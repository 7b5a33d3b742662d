variable "name" {
  description = "Name of the release."
  type        = string
  default     = "tocsin"
}

variable "namespace" {
  description = "Namespace, which is created."
  type        = string
  default     = "tocsin"
}

variable "chart" {
  description = "Folder of the chart: deploy/helm/tocsin of a clone, or of the installed package."
  type        = string
}

variable "image" {
  description = "Where you pushed the image, as the chart's `image`."
  type        = object({ repository = string, tag = optional(string), digest = optional(string) })
  validation {
    condition     = var.image.digest == null || can(regex("^sha256:[0-9a-f]{64}$", var.image.digest))
    error_message = "image.digest is sha256: and 64 hex digits."
  }
}

variable "config" {
  description = "The configuration file as an object: kafka, sources, state, respond and so on."
  type        = any
}

variable "secrets" {
  description = "Variables of the configuration, by name: KAFKA_PASSWORD and so on."
  type        = map(string)
  sensitive   = true
  default     = {}
}

variable "create_topics" {
  description = "Whether the topics between the parts are created where they are missing."
  type        = bool
  default     = true
}

variable "dashboards" {
  description = "Whether the dashboards are made, as ConfigMaps for Grafana's sidecar."
  type        = bool
  default     = false
}

variable "monitoring" {
  description = "Whether a ServiceMonitor and a PrometheusRule are made: the Prometheus operator is needed."
  type        = bool
  default     = false
}

variable "values" {
  description = "More values of the chart, each as YAML."
  type        = list(string)
  default     = []
}
