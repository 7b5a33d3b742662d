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

variable "values" {
  description = "More values of the chart, each as YAML."
  type        = list(string)
  default     = []
}
