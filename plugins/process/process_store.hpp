// SPDX-License-Identifier: Apache-2.0
// Where what was read meets what is known: facts are gathered in a draft, then kept in the table and published from
// there. Used by the data thread; `rows` by any.
#pragma once

#include <cstdint>
#include <vector>

#include <sonde/host.hpp>

#include "process/proc_tree.hpp"
#include "process/process_table.hpp"
#include "process/publisher.hpp"

namespace sonde::process {

class process_store {
public:
    process_store(const host& on, const meters& counted, publisher& out, proc_tree tree, std::size_t table_limit)
        : host_(on), meters_(&counted), out_(&out), tree_(std::move(tree)), limit_(table_limit), table_(table_limit) {}

    [[nodiscard]] proc_tree& tree() noexcept { return tree_; }
    [[nodiscard]] process_entry* find(std::uint32_t pid) noexcept { return table_.find(pid); }
    template <class Visit>
    void for_each(Visit&& visit) {
        table_.for_each(visit);
    }
    [[nodiscard]] std::vector<process_row> rows() const { return table_.rows(); }
    [[nodiscard]] std::size_t limit() const noexcept { return limit_; }

    // The draft as a copy of what is known of `pid`, or blank.
    process_facts& draft_of(std::uint32_t pid);
    process_facts& blank_draft(std::uint32_t pid);
    [[nodiscard]] process_facts& draft() noexcept { return draft_; }

    // Makes the draft what is known of its pid. An entry with another start time is replaced. Null when the table is
    // full: the draft then still holds the facts.
    process_entry* keep();
    void set_cpu_percent(process_entry& entry, std::optional<double> percent) {
        table_.change(entry, [&](process_facts& facts) { facts.cpu_percent = percent; });
    }
    void forget(std::uint32_t pid);
    // Looks up the parents of `parent`'s children anew, once it has exited.
    void refresh_children(std::uint32_t parent);

    void publish(schema::kind kind, const process_facts& facts, const event_details& details) {
        out_->publish(kind, facts, tree_.clock(), details);
    }
    void publish(const snapshot_mark& mark) { out_->publish(mark, host_.wall()); }
    // False if nobody listens to samples.
    [[nodiscard]] bool wants_samples() const { return out_->wants_samples(); }
    // For what was noticed just now and not stamped by the kernel.
    [[nodiscard]] event_details noticed_now() const {
        return {.time = host_.wall(), .quality = clock_quality::collector};
    }

    // Entries carry the number of the last scan that they were present in.
    void begin_scan() noexcept {
        ++scan_number_;
        is_full_ = false;
    }
    [[nodiscard]] std::uint64_t scan_number() const noexcept { return scan_number_; }
    // True if a process had to be left out since the last scan began.
    [[nodiscard]] bool is_full() const noexcept { return is_full_; }

private:
    // Re-parented processes that are looked up at once; a scan finds the others.
    static constexpr std::size_t most_refreshed_children = 256;

    host host_;
    const meters* meters_;
    publisher* out_;
    proc_tree tree_;
    std::size_t limit_;
    process_table table_;
    process_facts draft_;
    process_facts spare_;
    std::vector<std::uint32_t> pids_;
    std::uint64_t scan_number_ = 0;
    bool is_full_ = false;
};

}  // namespace sonde::process
