// SPDX-License-Identifier: Apache-2.0
#include "k8s/options.hpp"

#include "common/optional_values.hpp"

namespace sonde::k8s {
namespace {

using common::list_or_none;
using common::text_or_none;

std::set<std::string, std::less<>> set_or_none(const settings& values, std::string_view key) {
    const auto items = list_or_none(values, key);
    return {items.begin(), items.end()};
}

result<std::map<kind_id, std::string>> read_selectors(const settings& values, const char* key) {
    std::map<kind_id, std::string> selectors;
    if (!values.has(key)) {
        return selectors;
    }
    for (const auto& [resource, selector] : values.map(key)) {
        const auto kind = parse_kinds({resource});
        if (!kind) {
            error cause = kind.error();
            cause.where = key;
            return std::unexpected(std::move(cause));
        }
        selectors[kind->front()] = selector;
    }
    return selectors;
}

result<void> read_scope(const settings& values, const environment& from, option_values& into) {
    const auto wanted = static_cast<scope>(values.choice("scope"));
    if (wanted == scope::cluster) {
        return {};
    }
    into.node_name = text_or_none(values, "node_name");
    if (into.node_name.empty()) {
        into.node_name = from("NODE_NAME");
    }
    if (into.node_name.empty() && wanted == scope::node) {
        return fail(errc::invalid, "the node has no name: set node_name, or NODE_NAME in the environment", "scope");
    }
    if (!into.node_name.empty() && !values.is_set("kinds")) {
        std::erase(into.kinds, kind_id::events);
    }
    return {};
}

void read_access(const settings& values, access_settings& into) {
    into.server = text_or_none(values, "server");
    into.token_file = text_or_none(values, "token_file");
    into.ca_file = text_or_none(values, "ca_file");
    into.certificate_file = text_or_none(values, "certificate_file");
    into.key_file = text_or_none(values, "key_file");
    into.kubeconfig = text_or_none(values, "kubeconfig");
    into.context = text_or_none(values, "context");
    into.service_account = text_or_none(values, "service_account");
    into.proxy = text_or_none(values, "proxy");
    into.no_proxy = text_or_none(values, "no_proxy");
}

void read_limits(const settings& values, option_values& into) {
    into.requests_per_second = values.number("requests_per_second");
    into.request_burst = static_cast<std::uint32_t>(values.integer("request_burst"));
    into.start_jitter = values.duration("start_jitter");
    into.page_size = static_cast<std::uint32_t>(values.integer("page_size"));
    into.page_limit = values.bytes("page_limit");
    into.frame_limit = values.bytes("frame_limit");
    into.object_json_limit = values.bytes("object_json_limit");
    into.object_limit = static_cast<std::size_t>(values.integer("object_limit"));
    into.list_timeout = values.duration("list_timeout");
    into.watch_duration = values.duration("watch_duration");
    into.watch_idle_limit = values.duration("watch_idle_limit");
    into.retry_first = values.duration("retry_first");
    into.retry_limit = values.duration("retry_limit");
    into.refused_retry = values.duration("refused_retry");
    into.resync_interval = values.duration("resync_interval");
}

}  // namespace

result<option_values> read_options(const settings& values, const environment& from) {
    option_values into;
    auto kinds = parse_kinds(list_or_none(values, "kinds"));
    if (!kinds) {
        return std::unexpected(kinds.error());
    }
    into.kinds = std::move(*kinds);
    if (auto read = read_scope(values, from, into); !read) {
        return std::unexpected(read.error());
    }
    for (const auto& [key, selectors] :
         {std::pair("field_selectors", &into.field_selectors), std::pair("label_selectors", &into.label_selectors)}) {
        auto read = read_selectors(values, key);
        if (!read) {
            return std::unexpected(read.error());
        }
        *selectors = std::move(*read);
    }
    into.namespaces = list_or_none(values, "namespaces");
    into.ignored_namespaces = set_or_none(values, "ignored_namespaces");
    into.ignored_event_namespaces = set_or_none(values, "ignored_event_namespaces");
    into.ignored_event_namespaces.insert(into.ignored_namespaces.begin(), into.ignored_namespaces.end());
    into.kept = {set_or_none(values, "annotations"), text_or_none(values, "trace_annotation"),
                 values.boolean("keep_environment")};
    read_access(values, into.access);
    read_limits(values, into);
    into.kubelet = {values.boolean("kubelet"),
                    text_or_none(values, "kubelet_url"),
                    text_or_none(values, "kubelet_ca_file"),
                    values.boolean("kubelet_verify"),
                    values.duration("kubelet_stats_interval"),
                    values.duration("kubelet_pods_interval")};
    return into;
}

}  // namespace sonde::k8s
