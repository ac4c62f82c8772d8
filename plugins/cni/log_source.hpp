// SPDX-License-Identifier: Apache-2.0
// Follows the logs in pieces that end soon, and keeps how far it has come: a position is saved a while after the lines
// before it were published, so that a crash repeats lines and loses none. While nobody listens, nothing is read. Used
// by the data thread.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <poll.h>

#include <sonde/collecting/file_follower/follower.hpp>
#include <sonde/collecting/position_store/keeper.hpp>
#include <sonde/host.hpp>

#include "cni/log_line.hpp"
#include "cni/meters.hpp"
#include "cni/options.hpp"
#include "cni/pods.hpp"
#include "cni/publisher.hpp"
#include "common/part_state.hpp"

namespace sonde::cni {

class log_source {
public:
    log_source(const host& on, const log_options& of, const meters& counted, publisher& out, const pod_table& pods);

    void start();
    // Reads a piece of each file if there is somebody to read it for.
    void turn();
    // Saves the exact positions.
    void finish();

    void add_descriptors(std::vector<pollfd>& to) const;
    [[nodiscard]] std::chrono::nanoseconds due() const noexcept;
    [[nodiscard]] const common::part_state& state() const noexcept { return state_; }

private:
    struct log {
        collecting::file_follower::follower follower;
        std::string key;     // in the store
        std::string family;  // by its path
        collecting::file_follower::follower_counts counted;
    };

    void begin();
    void follow();
    [[nodiscard]] bool tell(log& from, const collecting::file_follower::line& of);
    void count(log& of);
    void tell_positions(const std::function<void(std::string_view, std::string)>& take) const;
    void judge();

    host host_;
    const log_options* of_;
    const meters* meters_;
    publisher* out_;
    const pod_table* pods_;
    log_parser parser_;
    event event_;
    std::vector<log> logs_;
    collecting::position_store::keeper positions_;
    bool has_more_ = false;
    bool is_in_use_ = false;  // another instance has the file of positions
    std::chrono::nanoseconds asks_again_at_{};
    common::part_state state_;
};

}  // namespace sonde::cni
