// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>

#include <netinet/in.h>

#include "enrich_context/store/address.hpp"
#include "enrich_context/store/object_json.hpp"

namespace sonde::enrich_context::store {
namespace {

void add_address(std::string_view from, std::vector<ip_address>& into) {
    const auto address = parse_address(from);
    if (address && std::ranges::find(into, *address) == into.end()) {
        into.push_back(*address);
    }
}

// "containerd://<id>" in the runtime's name and the id.
std::pair<std::string_view, std::string_view> split_id(std::string_view id) noexcept {
    constexpr std::string_view separator = "://";
    const std::size_t at = id.find(separator);
    return at == std::string_view::npos ? std::pair{std::string_view{}, id}
                                        : std::pair{id.substr(0, at), id.substr(at + separator.size())};
}

// What it has of anything beyond goes untold; pods and nodes have a handful.
constexpr std::size_t most_states = 64;

void add_state(const told_state& state, std::vector<told_state>& into) {
    constexpr std::size_t longest = 64;  // names of containers have up to 63 characters, reasons are words
    if (into.size() < most_states && !state.name.empty() && !state.value.empty() && state.name.size() < longest &&
        state.value.size() < longest && state.reason.size() < longest) {
        into.push_back(state);
    }
}

template <class Is>
void read_conditions(element status, std::vector<told_state>& into, Is&& is_wanted) {
    each_item(status, "conditions", [&](element item) {
        const std::string_view type = text(item, "type");
        if (is_wanted(type)) {
            add_state(
                {.name = type, .value = text(item, "status"), .since = parse_time(text(item, "lastTransitionTime"))},
                into);
        }
    });
}

// The time of a state before the current one is told with the run that both belong to.
void read_container_state(element status, std::vector<told_state>& into) {
    told_state one{.prefix = "container/", .name = text(status, "name")};
    with_object(status, "state", [&](element state) {
        with_object(state, "waiting", [&](element waiting) {
            one.value = "waiting";
            one.reason = text(waiting, "reason");
        });
        with_object(state, "running", [&](element running) {
            one.value = "running";
            one.since = parse_time(text(running, "startedAt"));
        });
        with_object(state, "terminated", [&](element terminated) {
            one.value = "terminated";
            one.reason = text(terminated, "reason");
            one.since = parse_time(text(terminated, "finishedAt"));
            one.previous_since = parse_time(text(terminated, "startedAt"));
        });
    });
    with_object(status, "lastState", [&](element state) {
        with_object(state, "terminated", [&](element terminated) {
            if (one.value == "running") {
                one.previous_since = parse_time(text(terminated, "finishedAt"));
            }
        });
    });
    add_state(one, into);
}

// One container of the pod as it is, and the one before it, which the same status remembers.
void read_status(element status, container_type type, pod_facts& into) {
    read_container_state(status, into.states);
    container_status one;
    std::tie(one.runtime, one.id) = split_id(text(status, "containerID"));
    one.name = text(status, "name");
    std::tie(one.image_name, one.image_tag) = split_image(text(status, "image"));
    one.image_id = split_id(text(status, "imageID")).second;
    one.restarts = static_cast<std::uint32_t>(std::clamp<std::int64_t>(integer(status, "restartCount"), 0, UINT32_MAX));
    one.type = type;
    container_status before = one;
    const auto read_end = [&](element terminated, container_status& of) {
        of.started = parse_time(text(terminated, "startedAt"));
        of.finished = parse_time(text(terminated, "finishedAt"));
        of.exit_code = static_cast<std::int32_t>(integer(terminated, "exitCode"));
    };
    with_object(status, "state", [&](element state) {
        with_object(state, "running", [&](element running) { one.started = parse_time(text(running, "startedAt")); });
        with_object(state, "terminated", [&](element terminated) { read_end(terminated, one); });
    });
    if (!one.id.empty()) {
        into.containers.push_back(one);
        into.finished = std::max(into.finished, one.finished);
    }
    with_object(status, "lastState", [&](element state) {
        with_object(state, "terminated", [&](element terminated) {
            std::tie(before.runtime, before.id) = split_id(text(terminated, "containerID"));
            read_end(terminated, before);
            // Its image may have been another.
            before.image_name = before.image_tag = before.image_id = {};
            before.restarts = before.restarts > 0 ? before.restarts - 1 : 0;
            if (!before.id.empty() && before.id != one.id) {
                into.containers.push_back(before);
            }
        });
    });
}

void read_pod_spec(element spec, pod_facts& into) {
    into.node = text(spec, "nodeName");
    into.service_account = text(spec, "serviceAccountName");
    into.is_host_network = common::json::boolean(spec, "hostNetwork");
}

void read_pod_status(element status, pod_facts& into) {
    into.phase = text(status, "phase");
    into.started = parse_time(text(status, "startTime"));
    read_conditions(status, into.states, [](std::string_view type) { return type == "Ready"; });
    add_address(text(status, "podIP"), into.addresses);
    each_item(status, "podIPs", [&](element item) { add_address(text(item, "ip"), into.addresses); });
    using enum container_type;
    each_item(status, "containerStatuses", [&](element item) { read_status(item, container, into); });
    each_item(status, "initContainerStatuses", [&](element item) { read_status(item, init, into); });
    each_item(status, "ephemeralContainerStatuses", [&](element item) { read_status(item, ephemeral, into); });
}

void read_ports(element spec, service_facts& into) {
    each_item(spec, "ports", [&](element item) {
        const std::string_view protocol = text(item, "protocol");
        const auto number = static_cast<std::uint8_t>(protocol == "UDP"    ? IPPROTO_UDP
                                                      : protocol == "SCTP" ? IPPROTO_SCTP
                                                                           : IPPROTO_TCP);
        const auto add = [&](std::string_view key, std::vector<node_port>& to) {
            const std::int64_t port = integer(item, key);
            if (port > 0 && port <= UINT16_MAX) {
                to.push_back({static_cast<std::uint16_t>(port), number});
            }
        };
        add("port", into.ports);
        add("nodePort", into.node_ports);
    });
}

void read_service_spec(element spec, service_facts& into) {
    into.type = text(spec, "type");
    add_address(text(spec, "clusterIP"), into.addresses);
    simdjson::dom::array items;
    for (const std::string_view key : {"clusterIPs", "externalIPs"}) {
        if (spec[key].get(items) != simdjson::SUCCESS) {
            continue;
        }
        for (const element item : items) {
            std::string_view address;
            if (item.get(address) == simdjson::SUCCESS) {
                add_address(address, key == "clusterIPs" ? into.addresses : into.others);
            }
        }
    }
    simdjson::dom::object selector;
    if (spec["selector"].get(selector) == simdjson::SUCCESS) {
        for (const auto [name, value] : selector) {
            std::string_view wanted;
            if (value.get(wanted) == simdjson::SUCCESS) {
                into.selector.emplace_back(name, wanted);
            }
        }
    }
    read_ports(spec, into);
}

int digits(std::string_view from, std::size_t at, std::size_t count) noexcept {
    int value = 0;
    for (std::size_t i = at; i < at + count; ++i) {
        if (i >= from.size() || from[i] < '0' || from[i] > '9') {
            return -1;
        }
        value = value * 10 + (from[i] - '0');
    }
    return value;
}

}  // namespace

object_reader::object_reader() : parser_(std::make_unique<parser>()) {}
object_reader::~object_reader() = default;
object_reader::object_reader(object_reader&&) noexcept = default;
object_reader& object_reader::operator=(object_reader&&) noexcept = default;

std::optional<pod_facts> object_reader::read_pod(std::span<const std::uint8_t> json) {
    const auto root = parser_->read(json);
    if (!root) {
        return std::nullopt;
    }
    pod_facts facts;
    with_object(*root, "spec", [&](element spec) { read_pod_spec(spec, facts); });
    with_object(*root, "status", [&](element status) { read_pod_status(status, facts); });
    with_object(*root, "metadata", [&](element metadata) {
        with_object(metadata, "annotations",
                    [&](element annotations) { facts.config_hash = text(annotations, "kubernetes.io/config.hash"); });
    });
    return facts;
}

std::optional<service_facts> object_reader::read_service(std::span<const std::uint8_t> json) {
    const auto root = parser_->read(json);
    if (!root) {
        return std::nullopt;
    }
    service_facts facts;
    with_object(*root, "spec", [&](element spec) { read_service_spec(spec, facts); });
    with_object(*root, "status", [&](element status) {
        with_object(status, "loadBalancer", [&](element balancer) {
            each_item(balancer, "ingress", [&](element item) { add_address(text(item, "ip"), facts.others); });
        });
    });
    return facts;
}

std::optional<node_facts> object_reader::read_node(std::span<const std::uint8_t> json) {
    const auto root = parser_->read(json);
    if (!root) {
        return std::nullopt;
    }
    node_facts facts;
    with_object(*root, "spec", [&](element spec) { facts.provider = text(spec, "providerID"); });
    with_object(*root, "status", [&](element status) {
        with_object(status, "nodeInfo", [&](element info) { facts.kubelet = text(info, "kubeletVersion"); });
        each_item(status, "addresses", [&](element item) {
            const std::string_view type = text(item, "type");
            if (type == "InternalIP" || type == "ExternalIP") {
                add_address(text(item, "address"), facts.addresses);
            }
        });
        read_conditions(status, facts.states, [](std::string_view type) {
            return type == "Ready" || type.ends_with("Pressure") || type == "NetworkUnavailable";
        });
    });
    return facts;
}

std::pair<std::string_view, std::string_view> split_image(std::string_view image) noexcept {
    image = image.substr(0, image.find('@'));
    if (image.starts_with("sha256:")) {
        return {};  // a container of an image without a name
    }
    const std::size_t colon = image.rfind(':');
    // A colon before the last slash belongs to the registry's port.
    if (colon == std::string_view::npos || image.find('/', colon) != std::string_view::npos) {
        return {image, {}};
    }
    return {image.substr(0, colon), image.substr(colon + 1)};
}

std::uint64_t parse_time(std::string_view from) noexcept {
    using namespace std::chrono;
    constexpr std::string_view form = "0000-00-00T00:00:00Z";
    if (from.size() != form.size() || from[4] != '-' || from[7] != '-' || from[10] != 'T' || from[13] != ':' ||
        from[16] != ':' || from[19] != 'Z') {
        return 0;
    }
    const auto date = year(digits(from, 0, 4)) / digits(from, 5, 2) / digits(from, 8, 2);
    const int hour = digits(from, 11, 2);
    const int minute = digits(from, 14, 2);
    const int second = digits(from, 17, 2);
    if (!date.ok() || date.year() < year(1970) || date.year() > year(2261) || hour < 0 || hour > 23 || minute < 0 ||
        minute > 59 || second < 0 || second > 60) {
        return 0;
    }
    const auto at = sys_days(date).time_since_epoch() + hours(hour) + minutes(minute) + seconds(second);
    return static_cast<std::uint64_t>(nanoseconds(at).count());
}

}  // namespace sonde::enrich_context::store
