// SPDX-License-Identifier: Apache-2.0
// A sonde.v1.KubernetesObject taken apart, and what is read out of the object's own JSON. Texts point into the message,
// or into the reader's memory until it reads the next object.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "enrich_context/store/numbers.hpp"
#include "enrich_context/store/records.hpp"

namespace sonde::enrich_context::store {

struct reference_view {
    std::string_view kind;
    std::string_view name;
    std::string_view uid;
};

struct object_message {
    numbers::object::object_action action{};
    numbers::object::object_origin origin{};
    std::string_view kind;
    std::string_view name_space;
    std::string_view name;
    std::string_view uid;
    std::uint64_t version = 0;  // 0: none, or one that is no number
    std::uint64_t created = 0;
    std::uint64_t deleted = 0;  // asked to go
    std::uint64_t object_count = 0;
    std::vector<std::pair<std::string_view, std::string_view>> labels;
    std::vector<std::pair<std::string_view, std::string_view>> annotations;
    reference_view controller;
    reference_view top_owner;
    std::string_view service;                // that the endpoints belong to
    std::vector<std::string_view> pod_uids;  // behind it
    std::span<const std::uint8_t> json;

    // False if the bytes are no such message.
    [[nodiscard]] bool read(std::span<const std::uint8_t> from);
};

// One state of an object, such as a condition.
struct told_state {
    std::string_view prefix{};  // of its name
    std::string_view name{};
    std::string_view value{};
    std::string_view reason{};         // that belongs to the value
    std::uint64_t since = 0;           // Unix ns; 0: not told
    std::uint64_t previous_since = 0;  // likewise, of the state before it
};

struct container_status {
    std::string_view id;       // without its scheme
    std::string_view runtime;  // its scheme
    std::string_view name;
    std::string_view image_name;
    std::string_view image_tag;
    std::string_view image_id;
    std::uint64_t started = 0;
    std::uint64_t finished = 0;
    std::uint32_t restarts = 0;
    std::optional<std::int32_t> exit_code;
    container_type type = container_type::none;
};

struct pod_facts {
    std::string_view node;
    std::string_view service_account;
    std::string_view phase;
    std::string_view config_hash;  // of a static pod: its cgroup's uid
    std::uint64_t started = 0;
    std::uint64_t finished = 0;  // the last of its containers
    bool is_host_network = false;
    std::vector<ip_address> addresses;
    std::vector<container_status> containers;
    std::vector<told_state> states;
};

struct service_facts {
    std::string_view type;
    std::vector<ip_address> addresses;
    std::vector<ip_address> others;
    std::vector<std::pair<std::string_view, std::string_view>> selector;
    std::vector<node_port> ports;
    std::vector<node_port> node_ports;
};

struct node_facts {
    std::string_view provider;
    std::string_view kubelet;
    std::vector<ip_address> addresses;
    std::vector<told_state> states;
};

// A number of something that an object should have, and has.
struct count_of {
    std::string_view field;
    std::int64_t desired = 0;
    std::int64_t actual = 0;
};

// See sonde.v1.ResourceState.
struct resource_facts {
    static constexpr std::size_t most_divergences = 6;

    count_of main;
    std::array<count_of, most_divergences> divergences{};
    std::size_t divergence_count = 0;
    std::uint64_t generation_lag = 0;
};

// Reads objects as the API server writes them. What is absent or of a wrong type counts as not said. Keeps its memory,
// but for very large objects.
class object_reader final {
public:
    object_reader();
    ~object_reader();
    object_reader(object_reader&&) noexcept;
    object_reader& operator=(object_reader&&) noexcept;

    // Nothing if it is no JSON object.
    [[nodiscard]] std::optional<pod_facts> read_pod(std::span<const std::uint8_t> json);
    [[nodiscard]] std::optional<service_facts> read_service(std::span<const std::uint8_t> json);
    [[nodiscard]] std::optional<node_facts> read_node(std::span<const std::uint8_t> json);
    // Nothing, too, of a kind that has no desired state here, or of an object that does not say it.
    [[nodiscard]] std::optional<resource_facts> read_resource(std::string_view kind,
                                                              std::span<const std::uint8_t> json);

private:
    struct parser;
    std::unique_ptr<parser> parser_;
};

// "registry:5000/shop/web:1.2@sha256:…" in name and tag.
[[nodiscard]] std::pair<std::string_view, std::string_view> split_image(std::string_view image) noexcept;
// "2026-11-21T02:43:29Z" in Unix nanoseconds; 0 for any other text.
[[nodiscard]] std::uint64_t parse_time(std::string_view from) noexcept;

}  // namespace sonde::enrich_context::store
