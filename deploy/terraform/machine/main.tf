# Cloud-init for one machine with the package and the systemd unit: hand `user_data` to a virtual machine of any provider.
terraform {
  required_version = ">= 1.6"
}

variable "package_url" {
  description = "Where the packed tarball is fetched from: it is in no public registry."
  type        = string
  validation {
    condition     = startswith(var.package_url, "https://")
    error_message = "The package is fetched by https:// only."
  }
}

variable "package_sha256" {
  description = "SHA-256 of the tarball, in hex: another file is not installed."
  type        = string
  validation {
    condition     = can(regex("^[0-9a-f]{64}$", var.package_sha256))
    error_message = "package_sha256 is 64 hex digits: sha256sum prints them."
  }
}

variable "config" {
  description = "The configuration file as an object."
  type        = any
}

variable "environment" {
  description = "Secrets of the configuration, by name of the variable."
  type        = map(string)
  sensitive   = true
  default     = {}
}

variable "unit" {
  description = "Text of deploy/systemd/tocsin.service."
  type        = string
}

output "user_data" {
  description = "Cloud-init: Node from the distribution, the package in /opt/tocsin, the unit started."
  sensitive   = true
  value = join("\n", ["#cloud-config", yamlencode({
    package_update = true
    packages       = ["nodejs", "npm", "curl"]
    write_files = [
      { path = "/etc/tocsin/tocsin.yaml", permissions = "0644", content = yamlencode(var.config) },
      { path = "/etc/tocsin/environment", permissions = "0600", content = join("", [for name, value in var.environment : "${name}=${value}\n"]) },
      { path = "/etc/systemd/system/tocsin.service", permissions = "0644", content = var.unit },
    ]
    runcmd = [
      ["sh", "-ec", join("\n", [
        "curl -fsSL -o /root/tocsin.tgz '${var.package_url}'",
        "echo '${var.package_sha256}  /root/tocsin.tgz' | sha256sum --check --quiet",
        "npm install --global --prefix /opt/tocsin --ignore-scripts /root/tocsin.tgz",
        "node /opt/tocsin/lib/node_modules/@tocsin/cli/deploy/prune-runtime.mjs",
        "/opt/tocsin/bin/tocsin lint --config /etc/tocsin/tocsin.yaml",
        "systemctl daemon-reload",
        "systemctl enable --now tocsin",
      ])],
    ]
  })])
}
