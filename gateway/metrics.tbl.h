/*
 * The metrics besides the protocol's counters (gateway/oidc/event.tbl.h): GAUGE(name, type, help,
 * function that writes the samples). Rendered in this order. No include guard on purpose.
 */
METRIC("lotse_build_info", "gauge", "Version of the program; always 1", build_info)
METRIC("lotse_http_requests_total", "counter", "Answered requests", http_requests)
METRIC("lotse_http_request_duration_seconds", "histogram",
       "From the complete request to the end of the reply", http_durations)
METRIC("lotse_http_connections", "gauge", "Open connections", http_connections)
METRIC("lotse_http_refused_total", "counter",
       "Malformed or oversize requests refused before any handler saw them", http_refused)
METRIC("lotse_http_shed_total", "counter", "Connections and requests turned away for want of room",
       http_shed)
METRIC("lotse_http_queue_length", "gauge", "Requests waiting for a worker", http_queue)
METRIC("lotse_audit_events_total", "counter", "Audit events by action", audit_events)
METRIC("lotse_config_last_reload_successful", "gauge", "1 when the last reload was taken over",
       reload_successful)
METRIC("lotse_config_last_reload_success_timestamp_seconds", "gauge",
       "When a configuration was last taken over", reload_time)
METRIC("lotse_signing_key_created_timestamp_seconds", "gauge",
       "When each published signing key was made", key_created)
METRIC("lotse_tls_certificate_not_after_timestamp_seconds", "gauge",
       "When the listener's certificate ends", certificate_end)
METRIC("lotse_store_healthy", "gauge", "1 when the store can be written", store_healthy)
METRIC("lotse_connector_healthy", "gauge", "1 when a login could be served, by connector",
       connector_healthy)
METRIC("process_cpu_seconds_total", "counter", "Processor time, user and system", cpu_seconds)
METRIC("process_resident_memory_bytes", "gauge", "Resident memory", resident_memory)
METRIC("process_open_fds", "gauge", "Open file descriptors", open_fds)
METRIC("process_max_fds", "gauge", "Most file descriptors that may be open", max_fds)
METRIC("process_threads", "gauge", "Threads", threads)
METRIC("process_start_time_seconds", "gauge", "Start of the process", start_time)
