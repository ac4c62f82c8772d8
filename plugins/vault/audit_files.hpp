// SPDX-License-Identifier: Apache-2.0
// Follows audit logs, each entry at least once and in order, over rotations and restarts: an entry's position is kept
// only once it has been published. While nobody listens, nothing is read. Used by the data thread.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <poll.h>

#include <sonde/collecting/file_follower/follower.hpp>
#include <sonde/collecting/position_store/keeper.hpp>
#include <sonde/host.hpp>

#include "common/part_state.hpp"
#include "vault/audit_sink.hpp"

namespace sonde::vault {

class audit_files {
public:
    audit_files(const host& on, const audit_options& of, const meters& counted, audit_sink& to);

    void start();
    void turn();
    // Saves the exact positions.
    void finish();

    [[nodiscard]] std::chrono::nanoseconds due() const;
    void add_descriptors(std::vector<pollfd>& to) const;
    [[nodiscard]] const common::part_state& state() const noexcept { return state_; }

private:
    struct followed {
        std::string key;
        std::unique_ptr<collecting::file_follower::follower> file;
        collecting::file_follower::follower_counts counted;
        bool has_more = false;
    };

    void open_files();
    void read(followed& from);
    void count(followed& of);
    void visit(const std::function<void(std::string_view, std::string)>& take) const;
    void judge();

    host host_;
    const audit_options* of_;
    const meters* meters_;
    audit_sink* to_;
    collecting::position_store::keeper positions_;
    std::vector<followed> files_;
    bool is_in_use_ = false;
    std::chrono::nanoseconds opens_at_ = std::chrono::nanoseconds::max();
    common::part_state state_;
};

}  // namespace sonde::vault
