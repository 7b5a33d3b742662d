# With providers: tofu init && tofu test. No cluster is asked, since they are mocked.
mock_provider "helm" {}
mock_provider "kubernetes" {}

variables {
  chart   = "../../helm/tocsin"
  image   = { repository = "registry.example.com/tocsin", tag = "0.1.0" }
  config  = { kafka = { brokers = ["kafka:9092"] }, sources = [{ topics = ["logs"] }], state = { redis = { url = "redis://redis:6379" } } }
  secrets = { KAFKA_PASSWORD = "one that is long" }
}

run "names_the_secret_that_it_makes" {
  command = plan
  assert {
    condition     = yamldecode(helm_release.this.values[0]).secretEnv[0].secret == kubernetes_secret_v1.environment.metadata[0].name
    error_message = "the pods would look for another secret"
  }
  assert {
    condition     = length(regexall("one that is long", join("", helm_release.this.values))) == 0
    error_message = "a secret is in the values"
  }
}

run "refuses_a_digest_that_is_none" {
  command = plan
  variables { image = { repository = "registry.example.com/tocsin", digest = "sha256:abc" } }
  expect_failures = [var.image]
}
