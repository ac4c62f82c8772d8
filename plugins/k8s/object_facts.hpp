// SPDX-License-Identifier: Apache-2.0
// What is read out of one object of the API. The texts point into the document that it was read from.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace simdjson::dom {
class element;
}

namespace sonde::k8s {

using text_pairs = std::vector<std::pair<std::string_view, std::string_view>>;

struct owner_facts {
    std::string_view api_version;
    std::string_view kind;
    std::string_view name;
    std::string_view uid;
    bool is_controller = false;
};

struct reference_facts {
    std::string_view api_version;
    std::string_view kind;
    std::string_view in_namespace;
    std::string_view name;
    std::string_view uid;
    std::string_view field_path;
};

// sonde.v1.KubernetesRelation.Type
enum class relation_type : std::uint32_t {
    mounts = 1,
    uses = 2,
    scheduled_on = 3,
    selects = 4,
    created_by = 5,
    endpoint_for = 6,
    event_for = 7,
    creates = 8,
    applies_to = 9,
};

// Of one object; a record on the bus has a limit, and a very large service or replica set has many.
inline constexpr std::size_t most_relations = 1000;

struct relation_facts {
    relation_type type;
    std::string_view kind;
    std::string_view in_namespace;
    std::string_view name;
    std::string_view uid;
    std::string selector{};  // instead of a name: the pods that it selects
    bool operator==(const relation_facts&) const = default;
};

struct event_facts {
    std::string_view type;
    std::string_view reason;
    std::string_view message;
    reference_facts involved;
    std::uint32_t count = 1;
    std::chrono::nanoseconds first{};  // Unix; zero: not said
    std::chrono::nanoseconds last{};
    std::string_view component;
    std::string_view instance;
    std::string_view action;
};

struct object_facts {
    std::string_view api_version;
    std::string_view kind;
    std::string_view in_namespace;
    std::string_view name;
    std::string_view uid;
    std::string_view resource_version;
    std::int64_t generation = 0;
    std::chrono::nanoseconds created{};  // Unix; zero: not said
    std::chrono::nanoseconds deleted{};  // asked to go
    text_pairs labels;
    text_pairs annotations;  // those that are kept
    std::string_view trace_override;
    std::string_view node_name;  // of a pod
    std::vector<owner_facts> owners;
    std::vector<relation_facts> relations;
    bool are_relations_truncated = false;
    std::optional<event_facts> event;
    const simdjson::dom::element* source = nullptr;  // for render()

    // The controller among the owners, or null.
    [[nodiscard]] const owner_facts* controller() const noexcept {
        for (const owner_facts& each : owners) {
            if (each.is_controller) {
                return &each;
            }
        }
        return nullptr;
    }
};

}  // namespace sonde::k8s
