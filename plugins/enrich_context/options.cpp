// SPDX-License-Identifier: Apache-2.0
#include "enrich_context/options.hpp"

#include <cstdlib>

namespace sonde::enrich_context {
namespace {

std::size_t size_of(const settings& values, std::string_view key) {
    return static_cast<std::size_t>(values.integer(key));
}

std::string root_of(const settings& values, std::string_view key, const char* variable) {
    const char* from_environment = std::getenv(variable);
    if (values.is_set(key) || from_environment == nullptr || *from_environment == '\0') {
        return std::string(values.text(key));
    }
    return from_environment;
}

std::vector<std::string> list_of(const settings& values, std::string_view key) {
    return values.has(key) ? values.list(key) : std::vector<std::string>{};
}

}  // namespace

option_values read_options(const settings& values) {
    option_values read;
    read.pipeline = {.hold_back = values.duration("hold_back"),
                     .amend_within = values.duration("amend_within"),
                     .held_events = size_of(values, "held_events"),
                     .held_bytes = values.bytes("held_bytes"),
                     .remembered_events = size_of(values, "amend_events"),
                     .remembered_bytes = values.bytes("amend_bytes"),
                     .raw_limit = values.bytes("raw_limit"),
                     .expected_tags = values.duration("expected_tags_duration"),
                     .filters_docker_proxy = values.boolean("docker_proxy_filter"),
                     .span_ratio = values.number("span_sampling_ratio")};
    read.store.limits.processes = size_of(values, "process_limit");
    read.store.limits.containers = size_of(values, "container_limit");
    read.store.limits.pods = size_of(values, "pod_limit");
    read.store.limits.services = size_of(values, "service_limit");
    read.store.limits.hosts = size_of(values, "node_limit");
    read.store.labels = {list_of(values, "pod_labels"), list_of(values, "container_labels"),
                         list_of(values, "namespace_labels")};
    read.store.tells_processes = values.boolean("process_entities");
    read.roots = {root_of(values, "etc_root", "HOST_ETC"), root_of(values, "proc_root", "HOST_PROC")};
    read.service_context = values.boolean("service_context");
    return read;
}

}  // namespace sonde::enrich_context
