{{- define "sluice.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 63 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" }}{{ end }}
{{- end }}
{{- define "sluice.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
{{- define "sluice.labels" -}}
{{ include "sluice.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}
{{- /* The seconds of a duration of the configuration, such as 90s or 5m. */ -}}
{{- define "sluice.seconds" -}}
{{- $n := regexFind "^[0-9]+" (toString .) | int64 }}
{{- if hasSuffix "ms" (toString .) }}{{ div $n 1000 }}{{ else if hasSuffix "m" (toString .) }}{{ mul $n 60 }}{{ else if hasSuffix "h" (toString .) }}{{ mul $n 3600 }}{{ else }}{{ $n }}{{ end }}
{{- end }}
{{- /* Fails if the values contradict each other. */ -}}
{{- define "sluice.check" -}}
{{- $drain := include "sluice.seconds" (dig "timeouts" "drain" "30s" .Values.config) | int64 }}
{{- $needed := add $drain .Values.preStopSeconds }}
{{- if le (int64 .Values.terminationGracePeriodSeconds) $needed }}
{{- fail (printf "terminationGracePeriodSeconds: %d (expected: over %d, which are config.timeouts.drain and preStopSeconds)" (int64 .Values.terminationGracePeriodSeconds) $needed) }}
{{- end }}
{{- if not (regexMatch "^(0\\.0\\.0\\.0|\\[::\\]):9090$" .Values.config.admin.address) }}
{{- fail (printf "config.admin.address: %s (expected: 0.0.0.0:9090 or [::]:9090, which the probes ask)" .Values.config.admin.address) }}
{{- end }}
{{- if not (or .Values.config.admin.token_file (dig "tls" "client_ca" "" .Values.config.admin)) }}
{{- fail "config.admin: neither token_file nor tls.client_ca (expected: one of them, because other machines reach the admin port)" }}
{{- end }}
{{- $first := index .Values.config.listeners 0 }}
{{- if not (regexMatch ":8080$" $first.address) }}
{{- fail (printf "config.listeners[0].address: %s (expected: port 8080, to which the Service sends)" $first.address) }}
{{- end }}
{{- end }}
