// SPDX-License-Identifier: Apache-2.0
// Containers and pod sandboxes as a CRI runtime tells them over its socket. Lists, asks for the status of what is new
// or has changed, and follows the runtime's events; where it has none (before containerd 1.7 and CRI-O 1.26) it lists
// again after an interval, and soon after other sources saw something come or go. Used by the data thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "common/grpc/unary.hpp"
#include "container/cri_messages.hpp"
#include "container/grpc_session.hpp"
#include "container/proc_reader.hpp"
#include "container/source.hpp"
#include "container/state_files.hpp"

namespace sonde::container {

struct cri_settings {
    std::string socket;
    std::chrono::nanoseconds poll_interval{};
    std::size_t most_containers = 0;
    std::uint32_t seed = 0;
};

class cri_source final : private common::grpc::receiver {
public:
    cri_source(origin as, cri_settings settings, const proc_reader& processes, sink& to);
    cri_source(const cri_source&) = delete;
    cri_source& operator=(const cri_source&) = delete;
    ~cri_source();

    // Does what is due; to be called when fd() is readable or wait() is over.
    void turn(std::chrono::nanoseconds now);
    [[nodiscard]] std::chrono::nanoseconds due() const;
    [[nodiscard]] int fd() const noexcept { return session_.fd(); }
    // Another source saw a container come or go.
    void hint(std::chrono::nanoseconds now);

    [[nodiscard]] source_status status() const;
    [[nodiscard]] std::uint64_t failures() const noexcept { return session_.failures(); }
    [[nodiscard]] std::uint64_t requests() const noexcept { return requests_; }
    [[nodiscard]] std::uint64_t malformed() const noexcept { return malformed_; }
    [[nodiscard]] bool has_events() const noexcept { return has_events_; }

private:
    struct known {
        container_facts facts;
        bool is_told = false;
    };

    void on_message(std::span<const std::uint8_t> message) override;
    void on_end(const common::grpc::outcome& how) override;

    void ask(const char* what, std::string message, void (cri_source::*then)(cri::bytes));
    void take_version(cri::bytes answer);
    void take_sandboxes(cri::bytes answer);
    void take_containers(cri::bytes answer);
    void note(container_facts listed);
    void begin_list(std::chrono::nanoseconds now);
    void begin_detail();
    void take_detail(const std::string& id, const common::grpc::outcome& how, cri::bytes answer);
    void tell(known& of);
    void forget(const std::string& id);
    void lose(health_of_source how, std::string text);
    void close(std::chrono::nanoseconds now);

    origin as_;
    cri_settings settings_;
    const proc_reader* processes_;
    sink* sink_;
    grpc_session session_;
    state_file_reader reader_;
    cri::version version_;
    std::map<std::string, known, std::less<>> known_;
    std::set<std::string> listed_;
    std::deque<std::string> to_detail_;
    bool is_list_complete_ = false;
    bool is_synced_ = false;
    bool has_events_ = false;
    bool wants_list_ = false;
    std::chrono::nanoseconds now_{};
    std::chrono::nanoseconds list_due_{};
    std::chrono::nanoseconds last_list_{};
    std::optional<source_status> lost_;
    std::uint64_t requests_ = 0;
    std::uint64_t malformed_ = 0;
    common::grpc::call_id events_ = 0;
    common::grpc::unary call_;  // last: its answers use the rest
};

}  // namespace sonde::container
