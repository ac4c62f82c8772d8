// SPDX-License-Identifier: Apache-2.0
// The status of the members: each endpoint is asked at intervals, and one for the list of members. Tells a status per
// endpoint when all have answered or could not. Used by the data thread.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <poll.h>

#include <sonde/host.hpp>

#include "common/grpc/client.hpp"
#include "common/grpc/unary.hpp"
#include "common/part_state.hpp"
#include "etcd/member_facts.hpp"
#include "etcd/meters.hpp"
#include "etcd/options.hpp"
#include "etcd/publisher.hpp"

namespace sonde::etcd {

class status_source {
public:
    // `token` is what the members are shown, if it is not empty.
    status_source(const host& on, const option_values& of, const meters& counted, publisher& out,
                  const std::string& token);

    void turn();
    // What was told last is told again, for somebody who has just begun to listen.
    void request_snapshot() noexcept { wants_snapshot_ = true; }

    // One descriptor per endpoint, -1 where there is no connection.
    void add_descriptors(std::vector<pollfd>& to) const;
    // While answers are awaited, their arrival is what is due.
    [[nodiscard]] std::chrono::nanoseconds due() const noexcept;
    [[nodiscard]] const common::part_state& state() const noexcept { return state_; }
    [[nodiscard]] const std::vector<member_facts>& facts() const noexcept { return facts_; }
    [[nodiscard]] const std::vector<member>& members() const noexcept { return members_; }

private:
    struct connection {
        std::optional<common::grpc::client> client;
        common::grpc::unary call;
        bool is_broken = false;  // to be given up, outside of its own callbacks
    };

    void begin();
    void ask(std::size_t i);
    void fail(std::size_t i, problem why);
    void take(std::size_t i, const common::grpc::outcome& how, bytes answer);
    void answered();
    void ask_members();
    void tell();
    void judge();
    [[nodiscard]] common::grpc::metadata headers() const;

    host host_;
    const option_values* of_;
    const meters* meters_;
    publisher* out_;
    const std::string* token_;
    std::vector<std::unique_ptr<connection>> connections_;  // calls stay where they are
    std::vector<member_meters> member_meters_;
    std::vector<member_facts> facts_;  // as told last
    std::vector<member_facts> asked_;  // of the look that is under way
    std::vector<member> members_;
    std::size_t open_ = 0;  // answers that are awaited
    bool wants_snapshot_ = false;
    std::chrono::nanoseconds due_{};
    common::part_state state_;
};

}  // namespace sonde::etcd
