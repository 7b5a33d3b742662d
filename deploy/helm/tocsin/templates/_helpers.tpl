{{- define "tocsin.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- define "tocsin.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else if contains (include "tocsin.name" .) .Release.Name }}
{{- .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "tocsin.name" .) | trunc 40 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "tocsin.selector" -}}
app.kubernetes.io/name: {{ include "tocsin.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "tocsin.labels" -}}
{{ include "tocsin.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "tocsin.image" -}}
{{- if .Values.image.digest }}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) }}
{{- end }}
{{- end }}

{{- /* Names of the roles that run, as a list in JSON. `all` stands for the three of them. */}}
{{- define "tocsin.roles" -}}
{{- $roles := list }}
{{- range $role := list "ingest" "detect" "respond" "all" }}
{{- if (index $.Values.roles $role).enabled }}{{ $roles = append $roles $role }}{{ end }}
{{- end }}
{{- if and (has "all" $roles) (gt (len $roles) 1) }}
{{- fail "roles.all runs every role: disable ingest, detect and respond beside it" }}
{{- end }}
{{- if and (not (has "all" $roles)) (lt (len $roles) 3) }}
{{- fail "a fleet needs ingest, detect and respond, or roles.all instead of them" }}
{{- end }}
{{- $roles | toJson }}
{{- end }}

{{- /* The role whose pods answer people: alerts, verdicts, the console. */}}
{{- define "tocsin.front" -}}
{{- if .Values.roles.all.enabled }}all{{ else }}respond{{ end }}
{{- end }}

{{- /* What the chart sets is not to be set beside it. */}}
{{- define "tocsin.config" -}}
{{- $config := deepCopy .Values.config }}
{{- range $path, $given := dict "shutdown" (hasKey $config "shutdown") "kafka.session" (hasKey ($config.kafka | default dict) "session") "http.host" (hasKey ($config.http | default dict) "host") "http.port" (hasKey ($config.http | default dict) "port") "state.dir" (hasKey ($config.state | default dict) "dir") }}
{{- if $given }}{{ fail (printf "config.%s is set by the chart: see shutdownSeconds, sessionSeconds, service.port" $path) }}{{ end }}
{{- end }}
{{- if not (($config.kafka | default dict).brokers) }}{{ fail "config.kafka.brokers is needed: a fleet works on Kafka" }}{{ end }}
{{- if ne (($config.channels | default dict).backend | default "kafka") "kafka" }}{{ fail "config.channels.backend: pods share no disk, so it is kafka" }}{{ end }}
{{- $set := dict
  "channels" (dict "backend" "kafka")
  "kafka" (dict "session" (printf "%ds" (int .Values.sessionSeconds)))
  "state" (dict "dir" "/var/lib/tocsin/state")
  "http" (dict "host" "0.0.0.0" "port" (int .Values.service.port))
  "shutdown" (printf "%ds" (int .Values.shutdownSeconds)) }}
{{- mergeOverwrite $config $set | toYaml }}
{{- end }}

{{- define "tocsin.group" -}}
{{- $group := (.Values.config.kafka).group | default "tocsin" }}
{{- $group }}
{{- end }}
