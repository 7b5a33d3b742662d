variables {
  package_url    = "https://files.example.com/tocsin-cli-0.1.0.tgz"
  package_sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
  unit           = "[Service]\nType=notify\n"
  config         = { sources = [{ type = "file", path = "/var/log/app.log" }], state = { dir = "/var/lib/tocsin/state" } }
  environment    = { KAFKA_PASSWORD = "one that is long" }
}

run "is_cloud_init" {
  command = plan
  assert {
    condition     = startswith(nonsensitive(output.user_data), "#cloud-config\n")
    error_message = "it does not begin as cloud-init wants"
  }
  assert {
    condition     = yamldecode(nonsensitive(output.user_data)).write_files[1].permissions == "0600"
    error_message = "secrets can be read by others"
  }
  assert {
    condition     = length(regexall("sha256sum --check", nonsensitive(output.user_data))) == 1
    error_message = "the package is not checked"
  }
}

run "refuses_a_package_without_tls" {
  command = plan
  variables { package_url = "http://files.example.com/tocsin-cli-0.1.0.tgz" }
  expect_failures = [var.package_url]
}

run "refuses_a_hash_that_is_none" {
  command = plan
  variables { package_sha256 = "abc" }
  expect_failures = [var.package_sha256]
}
