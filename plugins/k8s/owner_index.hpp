// SPDX-License-Identifier: Apache-2.0
// Who controls whom: follows the chain of controllers from an object to its end, the workload, and derives the trace id
// that all objects of a workload share on every node: a hash of the cluster's and the top owner's uid, or what an
// annotation says on the object or on the nearest of its controllers.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "k8s/object_facts.hpp"
#include "k8s/uid.hpp"

namespace sonde::k8s {

using trace_id = std::array<std::uint8_t, 16>;

struct owner_reference {
    std::string kind;
    std::string name;
    std::string uid;
};

// An object with a controller, for the relations of that.
struct created_object {
    std::string_view kind;  // static
    std::string name;
    std::string uid;
};

struct lineage {
    std::optional<owner_reference> top;  // none: the object is its own
    std::optional<trace_id> trace;       // none: not known
    uid_key waits_for;                   // the controller that has to become known first; else empty
    // What says that it was created by the object; null: nothing does. Valid until the index learns or forgets.
    const std::vector<created_object>* created = nullptr;
};

class owner_index {
public:
    // `is_watched`: objects of this kind are told of sooner or later.
    using kind_question = std::function<bool(std::string_view kind)>;
    explicit owner_index(kind_question is_watched) : is_watched_(std::move(is_watched)) {}

    struct learned {
        bool is_new = false;           // the object was not known
        bool is_new_to_owner = false;  // its controller was not known to have created it
    };
    learned learn(const object_facts& object);
    void forget(std::string_view uid);
    // For an event: of the object that it is about.
    [[nodiscard]] lineage resolve(const object_facts& object) const;

    void set_cluster(std::string_view uid) { cluster_ = uid; }
    [[nodiscard]] const std::string& cluster() const noexcept { return cluster_; }
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

private:
    struct entry {
        owner_reference controller;  // empty: none
        std::optional<trace_id> trace;
    };
    bool link(const owner_reference& controller, const object_facts& object);
    void unlink(const owner_reference& controller, std::string_view uid);
    [[nodiscard]] lineage follow(owner_reference controller, std::string_view own_uid,
                                 std::optional<trace_id> trace) const;

    kind_question is_watched_;
    std::string cluster_;
    std::unordered_map<uid_key, entry, uid_hash> entries_;
    std::unordered_map<uid_key, std::vector<created_object>, uid_hash> created_;  // by controller
};

// 16 bytes from 32 hexadecimal digits, as in a W3C trace context; nothing for any other text and for zero.
[[nodiscard]] std::optional<trace_id> parse_trace_id(std::string_view text) noexcept;

// The first 16 bytes of SHA-256 over "sonde.object_trace", the cluster's uid and the object's, each followed by a zero
// byte.
[[nodiscard]] trace_id derive_trace_id(std::string_view cluster_uid, std::string_view object_uid);

}  // namespace sonde::k8s
