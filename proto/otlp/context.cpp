// SPDX-License-Identifier: Apache-2.0
#include "otlp/context.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <iterator>
#include <utility>

namespace sonde::schema::otlp {
namespace {

enum class form : std::uint8_t {
    as_is,
    time,     // nanoseconds become RFC 3339
    in_list,  // a list of one
    labels,   // the key is the end of the name
};

struct naming {
    std::string_view path;
    std::string_view attribute;
    form as = form::as_is;
};

// The names of docs/formats/event.md. Where two fields have one name, the section that it belongs to comes first.
constexpr std::array namings{
    naming{"host.id", "host.id"},
    naming{"host.name", "host.name"},
    naming{"host.arch", "host.arch"},
    naming{"host.os_type", "os.type"},
    naming{"host.os_name", "os.name"},
    naming{"host.os_version", "os.version"},
    naming{"pod.uid", "k8s.pod.uid"},
    naming{"pod.name", "k8s.pod.name"},
    naming{"pod.namespace", "k8s.namespace.name"},
    naming{"pod.node_name", "k8s.node.name"},
    naming{"pod.start_time_unix_nano", "k8s.pod.start_time", form::time},
    naming{"pod.labels", "k8s.pod.label.", form::labels},
    naming{"pod.workload.namespace", "k8s.namespace.name"},
    naming{"container.id", "container.id"},
    naming{"container.name", "container.name"},  // k8s.container.name in a pod
    naming{"container.runtime", "container.runtime.name"},
    naming{"container.image_name", "container.image.name"},
    naming{"container.image_tag", "container.image.tags", form::in_list},
    naming{"container.image_id", "container.image.id"},
    naming{"container.pod_uid", "k8s.pod.uid"},
    naming{"container.restart_count", "k8s.container.restart_count"},
    naming{"container.labels", "container.label.", form::labels},
    naming{"process.pid", "process.pid"},
    naming{"process.create_time_unix_nano", "process.creation.time", form::time},
    naming{"process.parent_pid", "process.parent_pid"},
    naming{"process.executable_path", "process.executable.path"},
    naming{"process.command_args", "process.command_args"},
    naming{"process.user_id", "process.user.id"},
    naming{"process.container_id", "container.id"},
    naming{"process.service_name", "service.name"},
    naming{"node.name", "k8s.node.name"},
    naming{"node.uid", "k8s.node.uid"},
    naming{"node.zone", "cloud.availability_zone"},
    naming{"node.region", "cloud.region"},
};

constexpr std::array<std::string_view, 5> section_order{"host", "pod", "container", "process", "node"};

// Kinds of workloads whose name and uid have attributes of their own.
constexpr std::array<std::string_view, 7> workload_kinds{
    "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "ReplicaSet", "ReplicationController"};

pb::AnyValue* member_of(pb::KeyValueList& list, std::string_view key) {
    const auto found = std::ranges::find(*list.mutable_values(), key, &pb::KeyValue::key);
    return found == list.mutable_values()->end() ? nullptr : found->mutable_value();
}

pb::AnyValue text_of(std::string_view text) {
    pb::AnyValue made;
    made.mutable_string_value()->assign(text);
    return made;
}

class writer final {
public:
    writer(attribute_list* resource, attribute_list& subject, attribute_list& record, std::string_view prefix,
           std::string_view own_prefix)
        : resource_(resource), subject_(&subject), record_(&record), prefix_(prefix), own_prefix_(own_prefix) {}

    void write(pb::KeyValueList& context) {
        const pb::AnyValue* const container = member_of(context, "container");
        is_in_pod_ =
            member_of(context, "pod") != nullptr ||
            (container != nullptr && std::ranges::any_of(container->kvlist_value().values(),
                                                         [](const auto& each) { return each.key() == "pod_uid"; }));
        for (const std::string_view section : section_order) {
            if (pb::AnyValue* const value = member_of(context, section)) {
                flatten(std::string(section), *value);
            }
        }
        for (pb::KeyValue& each : *context.mutable_values()) {
            if (each.key() == "services") {
                name_first_service(each.value());
            }
            if (std::ranges::find(section_order, each.key()) == section_order.end()) {
                put_unnamed(each.key(), *each.mutable_value());
            }
        }
    }

private:
    void flatten(const std::string& path, pb::AnyValue& value) {
        const auto* const known = std::ranges::find(namings, path, &naming::path);
        if (known != namings.end()) {
            put_named(*known, value);
            return;
        }
        if (!value.has_kvlist_value()) {
            put_unnamed(path, value);
            return;
        }
        if (path == "pod.workload" && write_workload(*value.mutable_kvlist_value())) {
            return;
        }
        for (pb::KeyValue& each : *value.mutable_kvlist_value()->mutable_values()) {
            flatten(path + '.' + each.key(), *each.mutable_value());
        }
    }

    void put_named(const naming& known, pb::AnyValue& value) {
        if (known.as == form::labels) {
            for (pb::KeyValue& each : *value.mutable_kvlist_value()->mutable_values()) {
                put(std::string(known.attribute) + each.key(), std::string(known.path) + '.' + each.key(),
                    *each.mutable_value());
            }
            return;
        }
        if (known.as == form::time && value.has_int_value()) {
            std::string text;
            time_text().append(static_cast<std::uint64_t>(value.int_value()), text);
            value = text_of(text);
        }
        if (known.as == form::in_list) {
            pb::AnyValue list;
            *list.mutable_array_value()->add_values() = std::move(value);
            value = std::move(list);
        }
        const bool is_renamed = is_in_pod_ && known.path == "container.name";
        put(is_renamed ? "k8s.container.name" : std::string(known.attribute), std::string(known.path), value);
    }

    // False if the kind has no attributes of its own.
    bool write_workload(pb::KeyValueList& workload) {
        const pb::AnyValue* const kind = member_of(workload, "kind");
        if (kind == nullptr || std::ranges::find(workload_kinds, kind->string_value()) == workload_kinds.end()) {
            return false;
        }
        std::string base = "k8s.";
        std::ranges::transform(kind->string_value(), std::back_inserter(base),
                               [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        for (pb::KeyValue& each : *workload.mutable_values()) {
            const std::string path = "pod.workload." + each.key();
            if (each.key() == "name" || each.key() == "uid") {
                put(base + '.' + each.key(), path, *each.mutable_value());
            } else if (each.key() != "kind") {
                flatten(path, *each.mutable_value());
            }
        }
        return true;
    }

    void name_first_service(const pb::AnyValue& services) {
        for (const auto& each : services.array_value().values(0).kvlist_value().values()) {
            if (each.key() == "name" || each.key() == "uid") {
                pb::AnyValue copy = each.value();
                put("k8s.service." + each.key(), "services." + each.key(), copy);
            }
        }
    }

    void put_unnamed(const std::string& path, pb::AnyValue& value) {
        target_of(path).put(own_prefix_ + path, own_prefix_ + path, std::move(value));
    }
    void put(const std::string& name, const std::string& path, pb::AnyValue& value) {
        target_of(path).put(prefix_ + name, own_prefix_ + path, std::move(value));
    }
    attribute_list& target_of(std::string_view path) {
        const bool is_of_resource = path.starts_with("host.") || path == "process.service_name";
        if (is_of_resource && resource_ != nullptr) {
            return *resource_;
        }
        return path == "missing" ? *record_ : *subject_;
    }

    attribute_list* resource_;
    attribute_list* subject_;
    attribute_list* record_;
    std::string prefix_;      // of names of OpenTelemetry
    std::string own_prefix_;  // of paths
    bool is_in_pod_ = false;
};

}  // namespace

void write_context(pb::KeyValueList& context, attribute_list& resource, attribute_list& subject,
                   attribute_list& record) {
    writer(&resource, subject, record, "", "sonde.").write(context);
}

void write_peer(pb::KeyValueList& peer, attribute_list& record) {
    writer(nullptr, record, record, "sonde.peer.", "sonde.peer.").write(peer);
}

}  // namespace sonde::schema::otlp
