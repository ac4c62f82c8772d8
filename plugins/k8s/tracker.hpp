// SPDX-License-Identifier: Apache-2.0
// Turns lists and watch frames of one kind into changes, each told once: it compares with what it remembers, so that a
// list after a gap tells only what differs, deletions included.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "k8s/documents.hpp"
#include "k8s/object_store.hpp"

namespace sonde::k8s {

// sonde.v1.KubernetesObject.Action and .Origin
enum class change_action : std::uint32_t { added = 1, modified = 2, deleted = 3, synced = 4 };
enum class change_origin : std::uint32_t { watch = 1, list = 2, relist = 3, snapshot = 4, amendment = 5 };

struct change {
    change_action action;
    change_origin origin;
    const object_facts* object = nullptr;  // null for synced
    std::string_view json{};
    std::uint64_t object_count = 0;  // for synced
};

struct tracker_counts {
    std::uint64_t duplicates = 0;    // frames that told what was known
    std::uint64_t ignored = 0;       // in a namespace that is left out
    std::uint64_t expired = 0;       // events that the cluster forgot
    std::uint64_t unremembered = 0;  // the store was full
};

class tracker {
public:
    using tell = std::function<void(const change&)>;

    tracker(const kind_info& kind, const filter_settings& kept, std::set<std::string, std::less<>> ignored_namespaces,
            std::size_t limit, tell told);

    // A list begins; pages follow; a list that breaks off is followed by another begin_list.
    void begin_list();
    void take_listed(const object_facts& object, const document_reader& from);
    // All pages have come: what was not among them is gone.
    void end_list();
    void take_frame(frame_type type, const object_facts& object, const document_reader& from);

    // Tells everything again with this origin, and a mark at the end. Events are no state: they are not told again.
    void tell_all(change_origin origin);
    // Tells one object again; does nothing if it is gone.
    void tell_again(const std::string& key, change_origin origin);

    [[nodiscard]] const object_store& store() const noexcept { return store_; }
    [[nodiscard]] const tracker_counts& counts() const noexcept { return counts_; }
    [[nodiscard]] bool is_synced() const noexcept { return is_synced_; }
    [[nodiscard]] const kind_info& kind() const noexcept { return *kind_; }

private:
    void tell_new(change_action action, change_origin origin, const std::string& key, const object_facts& object,
                  const document_reader& from);
    void tell_gone(const std::string& key, change_origin origin);
    void tell_stored(const object_store::entry& from, change_action action, change_origin origin);

    const kind_info* kind_;
    std::set<std::string, std::less<>> ignored_;
    object_store store_;
    tell told_;
    document_reader recall_;  // for objects out of the store, while the caller's reader holds a document
    tracker_counts counts_;
    bool is_synced_ = false;
    std::string json_;
    std::string recalled_;
};

}  // namespace sonde::k8s
